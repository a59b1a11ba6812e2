"""LIST with the filters of ELIST.  See Modern IRC, "LIST message" and "ELIST"."""

from __future__ import annotations

from collections.abc import Callable

from chatd.context import Context
from chatd.core.catalog import Isupport, command
from chatd.core.channel import Channel
from chatd.core.modes import PERMANENT
from chatd.core.refusal import Refused
from chatd.wire.masks import glob
from chatd.wire.numerics import ERR_LISTSYNTAX, RPL_LIST, RPL_LISTEND, RPL_LISTSTART

ELIST = Isupport("ELIST", lambda node: "CMNTU")
SAFELIST = Isupport("SAFELIST", lambda node: True)

Filter = Callable[[Channel], bool]


@command("LIST", "[<channel or filter>{,<channel or filter>}]", example="LIST >10,*garden*", cost=5)
def list_(ctx: Context, wanted: str = "", _server: str = "") -> None:
    """Show channels: by name or mask (*x*, !*x*), members (>n, <n), age in minutes (C>n, T<n)."""
    words = [word for word in wanted.split(",") if word]
    names = [word for word in words if word[0] == "#" and "*" not in word and "?" not in word]
    filters = [filter_of(ctx, word) for word in words if word not in names]
    ctx.reply(RPL_LISTSTART, "Channel")
    if names:
        found = [channel for channel in map(ctx.network.channel, names) if channel is not None]
    else:
        found = list(ctx.network.channels.values())
    for channel in found:
        if is_there(channel) and ctx.may_see(channel) and all(accepts(channel) for accepts in filters):
            ctx.reply(RPL_LIST, channel.name, str(len(channel.members)), channel.topic)
    ctx.reply(RPL_LISTEND)


def is_there(channel: Channel) -> bool:
    """A registered channel that nobody is in is not shown, unless it is permanent."""
    return bool(channel.members) or PERMANENT in channel.modes


def filter_of(ctx: Context, word: str) -> Filter:
    """One filter of ELIST; raises Refused for one that cannot be read."""
    sign = word[0].upper()
    if sign in "<>":
        limit = number(ctx, word[1:])
        return (lambda channel: len(channel.members) < limit) if sign == "<" else (
            lambda channel: len(channel.members) > limit
        )
    if sign in "CT" and word[1:2] in ("<", ">"):
        return age_filter(ctx, sign, word[1], number(ctx, word[2:]))
    fold = ctx.network.fold
    if sign == "!":
        unwanted = fold(word[1:])
        return lambda channel: not glob(unwanted, channel.folded)
    mask = fold(word)
    return lambda channel: glob(mask, channel.folded)


def age_filter(ctx: Context, what: str, sign: str, minutes: int) -> Filter:
    """``C<n`` and ``T<n`` are younger than n minutes; a channel without a topic has no topic's age."""
    moment_ms = ctx.now_ms() - minutes * 60_000

    def accepts(channel: Channel) -> bool:
        since_ms = channel.created_ms if what == "C" else channel.topic_ms
        if what == "T" and not channel.topic:
            return False
        return since_ms > moment_ms if sign == "<" else since_ms < moment_ms

    return accepts


def number(ctx: Context, text: str) -> int:
    """A whole number; raises Refused."""
    if not (text.isascii() and text.isdigit()):
        raise Refused(ERR_LISTSYNTAX)
    return int(text[:9])
