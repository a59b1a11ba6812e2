"""REACTIONS: what messages in history were answered with, added up for those who ask.  An extension of this server.

Looks through the log from the first of the messages on; what that costs is bounded, and said when it was not enough.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from chatd.clock import id_moment_ms
from chatd.context import Context
from chatd.core.accounts import StoreError
from chatd.core.archive import SAID, Entry, Scope, Selector
from chatd.core.caps import CHATHISTORY
from chatd.core.catalog import command
from chatd.core.clienttags import about
from chatd.core.refusal import Failed
from chatd.reading.access import Reading, reading_of, settled
from chatd.reading.reactions import tallies

BATCH: Final = "chatd/reactions"
MOST_ANSWERS: Final = 10_000
MOST_LINES: Final = 1_000


class Answers(NamedTuple):
    """The ids of the messages, what was answered to them, and whether all was looked through."""

    ids: list[str]
    entries: list[Entry]
    whole: bool


@command(
    "REACTIONS", "<target> <message id> [<last message id>]", example="REACTIONS #chat 0lp9qm3lw000q1",
    needs=(CHATHISTORY,), cost=5,
)  # fmt: skip
def reactions(ctx: Context, target: str, first: str, last: str = "") -> None:
    """Count what a message, or all from one to another, was answered with."""
    ends = [selected(msgid) for msgid in (first, last or first)]
    reading = reading_of(ctx, target)
    if reading is None:
        raise Failed("REACTIONS", "INVALID_TARGET", target, text="Messages could not be retrieved")
    show(ctx, reading, *ends)


def selected(msgid: str) -> Selector:
    """A message by its id; raises Failed."""
    moment_ms = id_moment_ms(msgid)
    if moment_ms is None:
        raise Failed("REACTIONS", "INVALID_PARAMS", msgid, text="Invalid message id")
    return Selector(moment_ms, msgid)


def show(ctx: Context, reading: Reading, first: Selector, last: Selector) -> None:
    """Read in a thread, and answer with a batch."""
    node, session, fold = ctx.node, ctx.session, ctx.network.fold
    limit = ctx.config.history.page_messages

    def work() -> Answers | None:
        try:
            return look(ctx, reading, first, last, limit)
        except (OSError, StoreError):
            return None

    def answer(found: Answers | None) -> None:
        if found is None:
            raise Failed("REACTIONS", "MESSAGE_ERROR", reading.name, text="Messages could not be retrieved")
        lines = [
            line
            for msgid, tally in tallies(found.ids, found.entries, fold).items()
            for line in tally.lines(f":{node.name} {{}} {reading.name} {msgid}")
        ]
        with ctx.batch(BATCH, reading.name):
            for line in lines[:MOST_LINES]:
                session.push(line)
        if not found.whole or len(lines) > MOST_LINES:
            text = "There may be more; ask for fewer messages at once"
            session.fail(Failed("REACTIONS", "INCOMPLETE", reading.name, text=text), "NOTE")

    ctx.wait(work, answer, lane=node.lanes.reading)


def look(ctx: Context, reading: Reading, first: Selector, last: Selector, limit: int) -> Answers:
    """Find the messages, and what answers them; for a thread.  Raises OSError, StoreError."""
    archive, parts = ctx.node.archive, settled(reading, ctx.node.accounts)
    said = Scope(frozenset(SAID[:2]), reading.sees, ranked=reading.ranked, redactions="drop")
    ends = [found[1].msgid for end in dict.fromkeys((first, last)) if (found := archive.find(parts, end, said))]
    inner = archive.between(parts, first, last, limit, said).entries if first != last else []
    ids = list(dict.fromkeys([*ends[:1], *(entry.msgid for entry in inner if entry.msgid), *ends[1:]]))[:limit]
    if not ids:
        return Answers([], [], whole=True)
    sought = frozenset(ids)

    def wanted(entry: Entry) -> bool:
        return about(entry.tags) in sought and (reading.sees is None or reading.sees(entry))

    scope = replace(said, verbs=frozenset(SAID), wanted=wanted, having=b"reply=")
    page = archive.after(parts, min(first, last), MOST_ANSWERS, scope)
    answers = [entry for entry in page.entries if entry.msgid]
    return Answers(ids, answers, page.whole and len(answers) < MOST_ANSWERS)
