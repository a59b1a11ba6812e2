"""CHATHISTORY: reading what was said, page by page.  See IRCv3 chathistory (draft/chathistory, draft/event-playback).

Who may read what is in ``reading.access``, how it is shown in ``reading.showing``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatd.clock import id_moment_ms, read_moment, utc_text
from chatd.context import Context
from chatd.core import caps
from chatd.core.accounts import StoreError
from chatd.core.archive import BEGINNING, Page, Part, Scope, Selector, Target
from chatd.core.caps import CHATHISTORY, MESSAGE_REDACTION, Capability
from chatd.core.catalog import Isupport, command
from chatd.core.refusal import Failed
from chatd.core.search import Field
from chatd.reading.access import Reading, begun, names_of, of_channel, reading_of, settled
from chatd.reading.showing import Showing, verbs_for

HISTORY: Capability = caps.CHATHISTORY
EVENT_PLAYBACK: Capability = caps.EVENT_PLAYBACK
MOST = Isupport("CHATHISTORY", lambda node: node.config.history.page_messages)
MSGREFTYPES = Isupport("MSGREFTYPES", lambda node: "msgid,timestamp")


Ask = Callable[[Any, tuple[Part, ...], int, Scope], Page]
"""A question to the archive: of these parts, at most so many, of what counts."""


@command(
    "CHATHISTORY", "LATEST|BEFORE|AFTER|AROUND|BETWEEN|TARGETS <parameters> <limit>",
    example="CHATHISTORY LATEST #chat * 50", needs=(CHATHISTORY,), cost=2,
)  # fmt: skip
def chathistory(ctx: Context, given: str = "", *params: str) -> None:
    """Read what was said earlier; clients do this on their own."""
    subcommand = given.upper()
    size = _SIZES.get(subcommand)
    if size is None:
        text = "Unknown command" if given else "Insufficient parameters"
        raise Failed("CHATHISTORY", "INVALID_PARAMS", given, text=text)
    if len(params) != size:
        text = "Insufficient parameters" if len(params) < size else "Too many parameters"
        raise Failed("CHATHISTORY", "INVALID_PARAMS", given, text=text)
    limit = read_limit(ctx, given, params[-1])
    if subcommand == "TARGETS":
        list_targets(ctx, given, params, limit)
        return
    ask = _QUESTIONS[subcommand](*[selector(given, params[0], text, subcommand == "LATEST") for text in params[1:-1]])
    reading = reading_of(ctx, params[0])
    if reading is None:
        raise Failed("CHATHISTORY", "INVALID_TARGET", given, params[0], text="Messages could not be retrieved")
    show_page(ctx, given, reading, ask, limit)


# --- parameters ----------------------------------------------------------------------------------------------


def read_limit(ctx: Context, given: str, text: str) -> int:
    """How many messages are asked for, no more than are given at once; raises Failed."""
    if not (text.isascii() and text.isdigit()):
        raise Failed("CHATHISTORY", "INVALID_PARAMS", given, text, text="Invalid limit")
    return min(int(text[:9]), ctx.config.history.page_messages)


def selector(given: str, target: str, text: str, may_be_any: bool) -> Selector | None:
    """What ``timestamp=...`` or ``msgid=...`` selects, None for ``*``; raises Failed."""
    if text == "*" and may_be_any:
        return None
    kind, equals, value = text.partition("=")
    moment_ms = _READERS[kind](value) if kind in _READERS else None
    if moment_ms is not None:
        return Selector(moment_ms, value if kind == "msgid" else "")
    if kind == "timestamp" or not equals:
        raise Failed("CHATHISTORY", "INVALID_PARAMS", given, text, text="Invalid timestamp")
    if kind == "msgid":
        raise Failed("CHATHISTORY", "INVALID_PARAMS", given, text, text="Invalid message id")
    raise Failed(
        "CHATHISTORY", "INVALID_MSGREFTYPE", given, target, text=f"{kind}-based history requests are not supported"
    )


# --- messages ------------------------------------------------------------------------------------------------


def latest(after: Selector | None) -> Ask:
    """The last ones."""
    return lambda archive, parts, limit, scope: archive.latest(parts, limit, after, scope)


def before(end: Selector) -> Ask:
    """Those before."""
    return lambda archive, parts, limit, scope: archive.before(parts, end, limit, scope)


def after(start: Selector) -> Ask:
    """Those behind."""
    return lambda archive, parts, limit, scope: archive.after(parts, start, limit, scope)


def around(middle: Selector) -> Ask:
    """Those on both sides."""
    return lambda archive, parts, limit, scope: archive.around(parts, middle, limit, scope)


def between(first: Selector, second: Selector) -> Ask:
    """Those from one to the other."""
    return lambda archive, parts, limit, scope: archive.between(parts, first, second, limit, scope)


def show_page(ctx: Context, given: str, reading: Reading, ask: Ask, limit: int) -> None:
    """Read in a thread, and answer with a batch."""
    node, session = ctx.node, ctx.session
    scope = scope_for(session.caps, reading)

    def work() -> Page | None:
        try:
            return ask(node.archive, settled(reading, node.accounts), limit, scope)
        except (OSError, StoreError):
            return None

    def show(page: Page | None) -> None:
        if page is None or not (page.entries or page.whole):
            raise Failed(
                "CHATHISTORY", "MESSAGE_ERROR", given, reading.name, text="Messages could not be retrieved"
            )  # fmt: skip
        with ctx.batch("chathistory", reading.name):
            session.saying.extend(Showing(session.caps, node.tags).lines(page))
            session.mark()

    ctx.wait(work, show, lane=node.lanes.reading)


def scope_for(client: int, reading: Reading) -> Scope:
    """What of the logs is for a client of these capabilities."""
    return Scope(
        verbs_for(client, reading.inside),
        reading.sees,
        ranked=reading.ranked,
        redactions="show" if client & MESSAGE_REDACTION.bit else "drop",
    )


# --- targets -------------------------------------------------------------------------------------------------


def list_targets(ctx: Context, given: str, params: tuple[str, ...], limit: int) -> None:
    """With whom one talked, and in which channels, by the time of the last message."""
    first, second = (selector(given, "*", text, False) or BEGINNING for text in params[:2])
    for text, place in zip(params, (first, second), strict=False):
        if place.msgid:
            raise Failed("CHATHISTORY", "INVALID_PARAMS", given, text, text="Invalid timestamp")
    node, session = ctx.node, ctx.session
    names = names_of(ctx.user)
    account = ctx.network.fold(ctx.user.account) if ctx.user.account is not None else ""
    readings = [of_channel(ctx, membership.channel) for membership in ctx.user.channels.values()]

    def work() -> list[Target] | None:
        try:
            own = begun(names, account, node.accounts)
            channels = {
                each.name: Field(settled(each, node.accounts), each.sees, each.ranked)
                for each in readings
                if each is not None
            }
            return node.archive.targets(own, channels, first.moment_ms, second.moment_ms, limit)
        except (OSError, StoreError):
            return None

    def show(targets: list[Target] | None) -> None:
        if targets is None:
            raise Failed("CHATHISTORY", "MESSAGE_ERROR", given, "*", text="Messages could not be retrieved")
        with ctx.batch("draft/chathistory-targets"):
            for target in targets:
                shown = shown_name(ctx, target.name)
                session.push(f":{node.name} CHATHISTORY TARGETS {shown} {utc_text(target.moment_ms)}")

    ctx.wait(work, show, lane=node.lanes.reading)


def shown_name(ctx: Context, name: str) -> str:
    """A channel, or a person as spelt by who has the nickname now."""
    user = ctx.network.user(name)
    return user.nick if user is not None else ctx.network.registry.account(name, ctx.network.fold) or name


_READERS = {"timestamp": read_moment, "msgid": id_moment_ms}
_SIZES = {"LATEST": 3, "BEFORE": 3, "AFTER": 3, "AROUND": 3, "BETWEEN": 4, "TARGETS": 3}
_QUESTIONS: dict[str, Callable[..., Ask]] = {
    "LATEST": latest, "BEFORE": before, "AFTER": after, "AROUND": around, "BETWEEN": between,
}  # fmt: skip
