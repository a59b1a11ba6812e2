"""*playback: clients ask for what was said since they were here last, as they ask ZNC (capability znc.in/playback).

Who has the capability is shown nothing unasked (``autoreplay``).  Who may read what is in ``reading.access``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from chatd.core import caps
from chatd.core.accounts import StoreError
from chatd.core.archive import BEGINNING, Cleared, Selector
from chatd.core.caps import Capability
from chatd.reading.access import Reading, reading_of, settled
from chatd.reading.everything import with_everything
from chatd.reading.own import Own
from chatd.reading.replay import MESSAGES, Piece, lines_of, piece_of, read_pieces, sharing
from chatd.services.names import PLAYBACK
from chatd.services.request import Declined, Request, source_of
from chatd.wire.masks import glob

ZNC_PLAYBACK: Capability = caps.ZNC_PLAYBACK
BATCH: Final = "znc.in/playback"
MOST_BUFFERS: Final = 50
MOST_MASKS: Final = 10
"""How many channels and nicknames are named at once, and how many of these with * or ?."""
_SECONDS: Final = re.compile(r"([0-9]{1,11})(?:\.([0-9]*))?")
Readings = list[Reading]


@PLAYBACK.command("PLAY", "<channels and nicknames> [<from> [<to>]]", example="PLAY * 1700000000.5", cost=5)
def play(request: Request, buffers: str, begin: str = "0", end: str = "") -> None:
    """Play back the last of what was said after one moment, and not after another: seconds since 1970, with a
    fraction. Channels and nicknames stand with commas between; * and ? are for any letters."""
    begin_ms = moment(begin)
    until_ms = min(moment(end) if end else request.ctx.now_ms(), request.ctx.now_ms())
    chosen(request, buffers, lambda readings: show(request, readings, begin_ms, Selector(until_ms + 1)))


@PLAYBACK.command("CLEAR", "<channels and nicknames>", example="CLEAR bob")
def clear(request: Request, buffers: str) -> None:
    """Have what was said up to now left out by PLAY and LIST, for this connection. History keeps it."""
    ctx, behind = request.ctx, Selector(request.ctx.now_ms() + 1)
    cleared = ctx.session.cleared = ctx.session.cleared or Cleared()
    if buffers == "*":
        cleared.note_all(behind)
        return

    def forget(logs: list[str]) -> None:
        for log in logs:
            cleared.note(log, behind)

    def look_up(readings: Readings) -> None:
        accounts = ctx.node.accounts
        request.wait(lambda: [part.log for each in readings for part in settled(each, accounts)], forget)

    chosen(request, buffers, look_up)


@PLAYBACK.command("LIST", "[<channels and nicknames>]", example="LIST", cost=5)
def list_(request: Request, buffers: str = "*") -> None:
    """List what there is to be played back: each channel or nickname with the moments of its first and last message."""
    chosen(request, buffers, lambda readings: show_ends(request, readings))


def moment(text: str) -> int:
    """Milliseconds of a moment in seconds; what is finer is left out."""
    found = _SECONDS.fullmatch(text)
    if found is None:
        raise Declined("Moments are written as seconds since 1970, like 1700000000.5.")
    return int(found[1]) * 1000 + int((found[2] or "")[:3].ljust(3, "0"))


def chosen(request: Request, buffers: str, then: Callable[[Readings], None]) -> None:
    """Find what is meant by names and masks; conversations by masks have to be looked up in the logs."""
    ctx, names = request.ctx, list(dict.fromkeys(filter(None, buffers.split(","))))
    masks = [ctx.network.fold(name) for name in names if "*" in name or "?" in name]
    if len(names) > MOST_BUFFERS or len(masks) > MOST_MASKS:
        raise Declined(f"That is too much: {MOST_BUFFERS} names at once, and {MOST_MASKS} with * or ?.")
    named = [reading for name in names if (reading := reading_of(ctx, name)) is not None]

    def go_on(every: Readings | None) -> None:
        with request.answered():
            if every is None:
                raise Declined("What was said cannot be read just now.")
            found = {ctx.network.fold(reading.name): reading for reading in named}
            for reading in every:
                folded = ctx.network.fold(reading.name)
                if any(glob(mask, folded) for mask in masks):
                    found.setdefault(folded, reading)
            then(list(found.values()))

    if masks:
        with_everything(ctx, go_on)
    else:
        go_on([])


def pieces_of(request: Request, readings: Readings, begin_ms: int, until: Selector) -> list[Piece]:
    """What is wanted of each, without what was cleared."""
    ctx, own, since = request.ctx, Own(request.ctx), Selector(begin_ms)
    pieces = (piece_of(ctx, own, reading, since, until) for reading in readings)
    return sharing([piece._replace(cleared=ctx.session.cleared) for piece in pieces])


def show(request: Request, readings: Readings, begin_ms: int, until: Selector) -> None:
    """Read in a thread, and show it in a batch for each."""
    ctx, session = request.ctx, request.ctx.session
    pieces = pieces_of(request, readings, begin_ms, until)

    def told(lines: list[bytes]) -> None:
        session.saying.extend(lines)
        session.mark()

    ctx.wait(
        lambda: read_pieces(ctx.node, pieces, MESSAGES),
        lambda played: told(lines_of(ctx, played, BATCH, session.caps)),
        lane=ctx.node.lanes.reading,
    )


class Ends(NamedTuple):
    """The moments of the first and the last message."""

    name: str
    first_ms: int
    last_ms: int


def show_ends(request: Request, readings: Readings) -> None:
    """Look in a thread, and tell it in messages, as programs expect it."""
    ctx, session = request.ctx, request.ctx.session
    node, pieces = ctx.node, pieces_of(request, readings, 0, Selector(ctx.now_ms() + 1))

    def ends_of(piece: Piece) -> Ends | None:
        try:
            parts = piece.parts(node)
            first, last = (
                ask.entries
                for ask in (
                    node.archive.after(parts, piece.since or BEGINNING, 1, piece.scope),
                    node.archive.latest(parts, 1, piece.since, piece.scope),
                )
            )
        except (OSError, StoreError):
            return None
        return Ends(piece.reading.name, first[0].time_ms, last[0].time_ms) if first and last else None

    def told(found: list[Ends | None]) -> None:
        head = f":{source_of(ctx, PLAYBACK)} PRIVMSG {session.shown_nick} :"
        for each in found:
            if each is not None:
                session.push(f"{head}{each.name} {seconds(each.first_ms)} {seconds(each.last_ms)}")

    ctx.wait(lambda: [ends_of(piece) for piece in pieces], told, lane=node.lanes.reading)


def seconds(moment_ms: int) -> str:
    """A moment in seconds, with a fraction."""
    return f"{moment_ms // 1000}.{moment_ms % 1000:03d}"
