"""SEARCH: finding what was said, in all that one may read.  See the proposal for IRCv3 (draft/search, soju.im/search).

Who may read what is in ``reading.access``, how it is shown in ``reading.showing``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chatd.clock import read_moment
from chatd.context import Context
from chatd.core.accounts import StoreError
from chatd.core.archive import Page
from chatd.core.caps import Capability
from chatd.core.catalog import command
from chatd.core.refusal import Failed
from chatd.core.search import Field, Question
from chatd.interfaces import Peer
from chatd.reading.access import Reading, begun, names_of, reading_of, settled
from chatd.reading.everything import account_of, own_channels
from chatd.reading.showing import Showing
from chatd.wire.message import parse_tags
from chatd.wire.words import Wanted

ATTRIBUTES = ("in", "from", "after", "before", "text", "limit")


class SearchCapability(Capability):
    """Offered while there is an index."""

    __slots__ = ()

    def offered(self, config: Any, peer: Peer, version: int) -> str | None:
        """See ``Capability``."""
        return super().offered(config, peer, version) if config.history.search else None


DRAFT = SearchCapability("draft/search")
SOJU = SearchCapability("soju.im/search")


@command(
    "SEARCH", "<attribute>=<value>[;...]", example="SEARCH text=coffee;in=#chat;limit=20",
    needs=(DRAFT, SOJU), cost=5,
)  # fmt: skip
def search(ctx: Context, attributes: str = "") -> None:
    """Find what was said: in= from= after= before= text= limit=, of which all must be so."""
    given = parse_tags(attributes)
    for name in given:
        if name not in ATTRIBUTES:
            raise invalid(name, "There is no such attribute")
    kind, readings = ctx.given_by().name, readings_of(ctx, given.get("in", ""))
    answer(ctx, kind, question_of(ctx, given), readings, not given.get("in"))


def invalid(name: str, text: str) -> Failed:
    """An attribute that cannot be."""
    shown = name if name and " " not in name and name[0] != ":" else "*"
    return Failed("SEARCH", "INVALID_PARAMS", shown, text=text)


def too_broad(question: Question) -> Failed:
    """Nothing was found in the time that there is."""
    shown = "text" if question.wanted.terms else "*"
    text = "Too much has to be looked through: give more words, or in=, from=, after= or before="
    return Failed("SEARCH", "INVALID_PARAMS", shown, text=text)


def question_of(ctx: Context, given: Mapping[str, str]) -> Question:
    """What is looked for, not yet where; raises Failed."""
    most = ctx.config.history.page_messages
    limit = given.get("limit", str(most))
    if not (limit.isascii() and limit.isdigit()):
        raise invalid("limit", "That is no number")
    after, before = moment(given, "after"), moment(given, "before")
    question = Question(
        Wanted(given.get("text", "")),
        (),
        nick=ctx.network.fold(given.get("from", "")),
        limit=min(int(limit[:9]), most),
        first=after is not None,
        wait_s=ctx.config.history.search_s,
    )
    question = question if after is None else replace(question, from_ms=after)
    return question if before is None else replace(question, until_ms=before)


def moment(given: Mapping[str, str], name: str) -> int | None:
    """A moment, as server-time has it; raises Failed."""
    if name not in given:
        return None
    moment_ms = read_moment(given[name])
    if moment_ms is None:
        raise invalid(name, "That is no timestamp")
    return max(0, moment_ms)


def readings_of(ctx: Context, target: str) -> list[Reading]:
    """What the client may read of a target, or of all channels it is in; raises Failed for what it may not see."""
    if not target:
        return own_channels(ctx)
    reading = reading_of(ctx, target)
    if reading is None:
        raise invalid("in", "Messages could not be retrieved")
    return [reading]


def answer(ctx: Context, kind: str, question: Question, readings: list[Reading], everywhere: bool) -> None:
    """Look in a thread, and answer with a batch; ``everywhere`` is in all one's conversations as well."""
    node, session = ctx.node, ctx.session
    names = names_of(ctx.user) if everywhere else ()
    account = account_of(ctx)

    def work() -> tuple[Page, bool] | None:
        try:
            fields = tuple(Field(settled(reading, node.accounts), reading.sees, reading.ranked) for reading in readings)
            own = begun(names, account, node.accounts)
            is_full = node.index.is_full()
            return node.index.search(replace(question, fields=fields, names=own)), is_full
        except (OSError, StoreError):
            return None

    def show(found: tuple[Page, bool] | None) -> None:
        if found is None:
            raise Failed("SEARCH", "INTERNAL_ERROR", text="The search could not be run")
        page, is_full = found
        if not (page.entries or page.whole):
            raise too_broad(question)
        with ctx.batch(kind):
            session.saying.extend(Showing(session.caps, node.tags).lines(page))
            session.mark()
        if not is_full:
            text = "The index is being made; there may be more"
            session.fail(Failed("SEARCH", "INCOMPLETE", text=text), "NOTE")

    ctx.wait(work, show, lane=node.lanes.reading)
