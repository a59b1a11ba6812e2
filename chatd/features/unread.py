"""UNREAD and MENTIONS: what one has not read yet, and in what one is mentioned.  Extensions of this server.

What is unread is up to the read markers (draft/read-marker); who may read what is in ``reading.access``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from chatd.clock import id_moment_ms, read_moment
from chatd.context import Context
from chatd.core.accounts import StoreError
from chatd.core.archive import Selector, messages
from chatd.core.caps import CHATHISTORY
from chatd.core.catalog import command
from chatd.core.refusal import Failed
from chatd.reading.access import Reading, reading_of
from chatd.reading.everything import with_everything
from chatd.reading.markers import names_read, place_of, read_until
from chatd.reading.showing import Showing
from chatd.reading.unread import Counted, Listener, Mentions, Wanted, count, mentions

MOST_OF_ONE: Final = 1000
MOST_OF_EACH: Final = 100
"""Up to where messages are counted: of a target that is named, and of each when all are asked for."""
_READERS: Final[Mapping[str, Callable[[str], int | None]]] = {"timestamp": read_moment, "msgid": id_moment_ms}


@command("UNREAD", "[<channel or nickname>]", example="UNREAD #chat", needs=(CHATHISTORY,), cost=5)
def unread(ctx: Context, target: str = "") -> None:
    """Count what you have not read yet, and how often you are mentioned in it."""
    if not target:
        with_everything(ctx, lambda readings: count_all(ctx, readings, MOST_OF_EACH))
        return
    reading = reading_of(ctx, target)
    if reading is None:
        raise Failed("UNREAD", "INVALID_TARGET", target, text="Messages could not be retrieved")
    count_all(ctx, [reading], MOST_OF_ONE)


def unavailable(verb: str) -> NoReturn:
    """The logs cannot be read; raises Failed."""
    raise Failed(verb, "MESSAGE_ERROR", "*", text="Messages could not be retrieved")


def read_of(ctx: Context, reading: Reading) -> str:
    """Up to which moment the client has read something, as server-time text; "" for not at all."""
    network = ctx.network
    markers = network.markers.get(network.owner(ctx.user), {})
    return read_until(names_read(network, ctx.user, network.fold(reading.name)), markers)


def count_all(ctx: Context, readings: list[Reading] | None, limit: int) -> None:
    """Count in a thread, and answer with a batch; of several targets only those with something unread."""
    if readings is None:
        unavailable("UNREAD")
    node, session = ctx.node, ctx.session
    listener, many = Listener(ctx), len(readings)
    targets = [(each, read_of(ctx, each)) for each in readings]

    def work() -> list[Counted] | None:
        try:
            return [count(node, each, listener, place_of(moment), limit, many) for each, moment in targets]
        except (OSError, StoreError):
            return None

    def show(found: list[Counted] | None) -> None:
        if found is None:
            unavailable("UNREAD")
        with ctx.batch("chatd/unread"):
            for (reading, moment), counted in zip(targets, found, strict=True):
                if counted.unread or not counted.all or limit == MOST_OF_ONE:
                    more = "" if counted.all else "+"
                    marker = f"timestamp={moment}" if moment else "*"
                    numbers = f"{counted.unread}{more} {counted.mentions}{more}"
                    session.push(f":{node.name} UNREAD {reading.name} {numbers} {marker}")

    ctx.wait(work, show, lane=node.lanes.reading)


# --- mentions ------------------------------------------------------------------------------------------------


@command("MENTIONS", "[<since or *> [<before>]] [<limit>]", example="MENTIONS * 20", needs=(CHATHISTORY,), cost=10)
def mentions_(ctx: Context, *params: str) -> None:
    """Show the last messages in which your nickname or account is named; clients do this on their own."""
    most = ctx.config.history.page_messages
    ends = list(params)
    limit = most
    if ends and ends[-1].isascii() and ends[-1].isdigit():
        limit = max(1, min(int(ends.pop()[:9]), most))
    if len(ends) > 2:
        raise Failed("MENTIONS", "INVALID_PARAMS", ends[2], text="That is no number")
    since = selector(ends[0]) if ends and ends[0] != "*" else None
    upto = Selector(ctx.now_ms() + 1)  # what is said while the question waits may not be for the client any more
    if len(ends) > 1:
        upto = min(upto, selector(ends[1]))
    with_everything(ctx, lambda readings: show_mentions(ctx, readings, since, upto, limit))


def selector(text: str) -> Selector:
    """What ``timestamp=...`` or ``msgid=...`` selects; raises Failed."""
    kind, _, value = text.partition("=")
    moment_ms = _READERS[kind](value) if kind in _READERS else None
    if moment_ms is None:
        shown = text if text and " " not in text and text[0] != ":" else "*"
        raise Failed("MENTIONS", "INVALID_PARAMS", shown, text="That is neither a timestamp nor a message id")
    return Selector(moment_ms, value if kind == "msgid" else "")


def show_mentions(
    ctx: Context, readings: list[Reading] | None, since: Selector | None, upto: Selector, limit: int
) -> None:
    """Look in a thread, and answer with a batch."""
    if readings is None:
        unavailable("MENTIONS")
    node, session, listener = ctx.node, ctx.session, Listener(ctx)
    wanted = [Wanted(each, since or place_of(read_of(ctx, each))) for each in readings]

    def work() -> Mentions | None:
        try:
            return mentions(node, wanted, listener, upto, limit)
        except (OSError, StoreError):
            return None

    def show(found: Mentions | None) -> None:
        if found is None:
            unavailable("MENTIONS")
        with ctx.batch("chatd/mentions"):
            session.saying.extend(Showing(session.caps, node.tags).lines(found.page))
            session.mark()
        if found.horizon is not None and len(messages(found.page.entries)) < limit:
            text = "There may be earlier ones; ask for those before this one"
            session.fail(Failed("MENTIONS", "INCOMPLETE", f"msgid={found.horizon.msgid}", text=text), "NOTE")
        elif not found.whole:
            session.fail(Failed("MENTIONS", "INCOMPLETE", "*", text="Not all could be looked through"), "NOTE")

    ctx.wait(work, show, lane=node.lanes.reading)
