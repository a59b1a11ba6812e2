"""What was said before is shown to clients that cannot ask for it: with JOIN, and to who comes back to a user.

What is said meanwhile waits behind it, so that each message comes once and in order.  Who may read what is in
``reading.access``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatd.context import Context, Node
from chatd.core.accounts import StoreError
from chatd.core.archive import Left, Selector
from chatd.core.caps import CHATHISTORY, ZNC_PLAYBACK
from chatd.core.catalog import follows, observes
from chatd.core.channel import Channel
from chatd.core.commands import bits_of
from chatd.core.events import ChannelRenamed, Event, Joined, Kicked, Parted, SessionAttached
from chatd.delivery.gaps import Gap
from chatd.reading.access import names_of, of_channel, of_conversation, rule_of
from chatd.reading.everything import talked_with
from chatd.reading.heard import Heard, heard, memory_of
from chatd.reading.markers import names_read
from chatd.reading.own import Own
from chatd.reading.replay import Piece, Played, lines_of, piece_of, read_pieces
from chatd.session import Session

ASKING = (CHATHISTORY, ZNC_PLAYBACK)
"""Who has one of these asks for what was said before, and is shown nothing unasked."""


def is_shown(session: Session) -> bool:
    """Say whether a session that cannot ask is shown what was said before; programs (mode B) would answer it again."""
    user, history = session.user, session.context.config.history
    return user is not None and history.enabled and history.replay_messages > 0 and "B" not in user.modes


def place_of(event: Event) -> Selector:
    """Where something happened."""
    return Selector(event.time_ms, event.msgid)


# --- with JOIN -----------------------------------------------------------------------------------------------


@observes(Joined, rank=9)
def show_earlier(node: Node, event: Joined) -> None:
    """After topic and names: the last of what may be read from before the JOIN, as far as it was missed."""
    user, channel = node.network.users.get(event.origin.uid), node.network.channels.get(event.folded)
    if user is None or channel is None or event.folded not in user.channels:
        return
    for session in node.present(user.audience.lacking(bits_of(ASKING))):
        if is_shown(session) and rule_of(session.context, channel) != "join":
            show_channel(session.context, channel, place_of(event))


def show_channel(ctx: Context, channel: Channel, place: Selector) -> None:
    """Read what was said in a channel before somebody joined, and show it there."""
    reading, left = of_channel(ctx, channel), ctx.session.left
    if reading is None:
        return
    node, limit, folded = ctx.node, ctx.config.history.replay_messages, channel.folded
    names = names_read(ctx.network, ctx.user, folded)
    piece, memory = piece_of(ctx, Own(ctx), reading, None, place), memory_of(ctx)
    stayed_away = left.place(folded) if left is not None else None

    def work() -> list[Played]:
        since = heard(node, memory).of(names, stayed_away)
        return read_pieces(node, [piece._replace(since=since)], limit)

    read_behind(ctx, ctx.session.open_gap(), work)


def read_behind(ctx: Context, gap: Gap, work: Callable[[], list[Played]]) -> None:
    """Read in a thread, and show it where the gap is."""

    def show(found: Any) -> None:
        if ctx.session.closing:
            return
        lines: list[bytes] = []
        try:
            if not isinstance(found, BaseException):
                lines = lines_of(ctx, found, "chathistory", ctx.session.caps)
        finally:
            ctx.session.fill_gap(gap, lines)

    ctx.node.lanes.reading(work, show)


@observes(Parted)
@observes(Kicked)
def note_leaving(node: Node, event: Parted | Kicked) -> None:
    """What was said up to here, the sessions of who leaves have had."""
    user = node.network.users.get(event.uid if isinstance(event, Kicked) else event.origin.uid)
    for session in node.present(user.audience) if user is not None else ():
        if session.left is None:
            session.left = Left()
        session.left.note(event.folded, place_of(event))


@observes(ChannelRenamed)
def follow_name(node: Node, event: ChannelRenamed) -> None:
    """Who left a channel may come back to it under another name."""
    for session in node.sessions.values():
        if session.left is not None:
            session.left.rename(event.folded, node.network.fold(event.name))


# --- coming back ---------------------------------------------------------------------------------------------


@follows(SessionAttached, rank=2, lacks=ASKING)
def show_missed(ctx: Context, event: SessionAttached) -> None:
    """After the channels: what this device has missed in them, and what was written to its user."""
    if not is_shown(ctx.session):
        return
    node, gap = ctx.node, ctx.session.open_gap()
    place, memory, names = place_of(event), memory_of(ctx, coming=True), names_of(ctx.user)

    def work() -> tuple[Heard, list[str]]:
        known = heard(node, memory)
        if known.all is None:
            return known, []
        try:
            return known, talked_with(node, names, memory.account, place.moment_ms, known.all.moment_ms)
        except (OSError, StoreError):
            return known, []

    def go_on(found: Any) -> None:
        if ctx.session.closing:
            return
        if isinstance(found, BaseException):
            ctx.session.fill_gap(gap, [])
            return
        known, nicks = found
        pieces = missed(ctx, known, nicks, place)
        read_behind(ctx, gap, lambda: read_pieces(node, pieces, ctx.config.history.replay_messages))

    node.lanes.reading(work, go_on)


def missed(ctx: Context, known: Heard, nicks: list[str], place: Selector) -> list[Piece]:
    """What there is to be read: in channels that the user has been in since before ``place``, and conversations."""
    own, pieces = Own(ctx), []
    for membership in ctx.user.channels.values():
        reading = of_channel(ctx, membership.channel)
        if reading is not None and membership.since[:2] < place[:2]:
            since = known.of(names_read(ctx.network, ctx.user, membership.channel.folded), None)
            pieces.append(piece_of(ctx, own, reading, since, place))
    for nick in nicks:
        reading = of_conversation(ctx, nick)
        if reading is not None:
            since = known.of(names_read(ctx.network, ctx.user, ctx.network.fold(nick)), None)
            pieces.append(piece_of(ctx, own, reading, since, place))
    return pieces
