"""Playing back what was said, unasked or asked: which messages, how many, and as which lines.

Never more than a client can take at once, nor what programs would act upon again (CTCP, but for actions).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from chatd.context import Context, Node
from chatd.core.accounts import StoreError
from chatd.core.archive import Cleared, Entry, Page, Part, Scope, Selector, messages, share_of
from chatd.core.caps import ECHO_MESSAGE, SELF_MESSAGE, SERVER_TIME
from chatd.core.names import CHANTYPES
from chatd.reading.access import Reading, settled
from chatd.reading.own import Own
from chatd.reading.showing import Showing
from chatd.wire.chunks import clip
from chatd.wire.formatting import is_action, is_ctcp
from chatd.wire.framing import BODY_BYTES

MESSAGES: Final = 2000
REPLAY_BYTES: Final = 262_144
"""What is played back at once, of all channels and conversations together."""
_ACTION: Final = "\x01ACTION "


class Piece(NamedTuple):
    """What of one channel or conversation is wanted: between two places, both excluded; None: from the beginning.

    Nothing that was ``cleared``.  ``own`` is for ``scope``.
    """

    reading: Reading
    since: Selector | None
    until: Selector
    scope: Scope
    cleared: Cleared | None = None
    own: Own | None = None

    def parts(self, node: Node) -> tuple[Part, ...]:
        """What of the logs that is, for a thread.  Raises StoreError."""
        if self.own is not None:
            self.own.settle(node.accounts)
        parts = settled(self.reading, node.accounts)
        return parts if self.cleared is None else tuple(map(self.cleared.rest, parts))


class Played(NamedTuple):
    """What was found, under the name of the channel or nickname."""

    name: str
    page: Page


def piece_of(ctx: Context, own: Own, reading: Reading, since: Selector | None, until: Selector) -> Piece:
    """What is played back of a channel or a conversation.

    Own private messages are only for who will know them for their own.
    """
    sees, fold, me = reading.sees, ctx.network.fold, ctx.user.folded
    hides_own = reading.name[:1] not in CHANTYPES and not ctx.session.caps & (ECHO_MESSAGE.bit | SELF_MESSAGE.bit)

    def wanted(entry: Entry) -> bool:
        text = entry.params[-1]
        if is_ctcp(text) and not is_action(text):
            return False
        if hides_own and fold(entry.params[0]) != me and own.said(entry):
            return False
        return sees is None or sees(entry)

    scope = Scope(frozenset(("PRIVMSG", "NOTICE")), wanted, ranked=reading.ranked, redactions="drop")
    return Piece(reading, since, until, scope, None, own if hides_own else None)


def sharing(pieces: list[Piece]) -> list[Piece]:
    """Pieces of which all together look through no more than one question may."""
    share = share_of(len(pieces))
    return [piece._replace(scope=replace(piece.scope, scan_bytes=share)) for piece in pieces]


def read_pieces(node: Node, pieces: list[Piece], limit: int) -> list[Played]:
    """Read the last messages of each, for a thread; what cannot be read is left out."""
    found = []
    for piece in sharing(pieces):
        try:
            page = read_piece(node, piece, max(1, min(limit, MESSAGES // len(pieces))))
        except (OSError, StoreError):
            continue
        if page.entries:
            found.append(Played(piece.reading.name, page))
    return found


def read_piece(node: Node, piece: Piece, limit: int) -> Page:
    """Read one; raises OSError and StoreError."""
    parts = piece.parts(node)
    if piece.since is None:
        return node.archive.before(parts, piece.until, limit, piece.scope)
    if piece.since[:2] >= piece.until[:2]:
        return Page([])
    return node.archive.between(parts, piece.until, piece.since, limit, piece.scope)


def lines_of(ctx: Context, played: list[Played], kind: str, caps: int) -> list[bytes]:
    """What was found as lines, in a batch for each channel or conversation, for a client of these capabilities.

    Of each the last ones, so many that all together keep within bounds.
    """
    session, lines = ctx.session, []
    sendq = ctx.config.connections.sendq_bytes
    share = min(REPLAY_BYTES, sendq // 4 or REPLAY_BYTES) // max(1, len(played))
    for name, page in played:
        kept = last_lines(ctx, page, caps, share)
        if kept:
            lines += session.batched(kept, kind, name)
    return lines


def last_lines(ctx: Context, page: Page, caps: int, room_bytes: int) -> list[bytes]:
    """The lines of the last messages that are not more than so many bytes."""
    showing, now_ms = Showing(caps, ctx.node.tags), ctx.now_ms()
    kept: list[list[bytes]] = []
    for message in reversed(messages(page.entries)):
        if not caps & SERVER_TIME.bit:
            message = [told(entry, message[0].time_ms, now_ms) for entry in message]
        lines = showing.lines(Page(message))
        room_bytes -= sum(map(len, lines))
        if room_bytes < 0:
            break
        kept.append(lines)
    return [line for lines in reversed(kept) for line in lines]


def told(entry: Entry, time_ms: int, now_ms: int) -> Entry:
    """A line whose text says when it was said, for who is not told otherwise."""
    text = entry.params[-1]
    if not text:
        return entry
    moment, now = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (time_ms, now_ms))
    when = f"[{moment:%H:%M:%S}]" if moment.date() == now.date() else f"[{moment:%Y-%m-%d %H:%M:%S}]"
    head = f":{entry.source} {entry.verb} {entry.params[0]} :"
    room = BODY_BYTES - len(head.encode())
    if is_action(text):
        inner = text.removeprefix(_ACTION.rstrip()).strip("\x01 ")
        shown = clip(f"{_ACTION}{when} {inner}", room - 1) + "\x01"
    else:
        shown = clip(f"{when} {text}", room)
    return entry._replace(params=[*entry.params[:-1], shown], body=head + shown)
