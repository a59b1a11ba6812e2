"""MONITOR: being told when nicknames come and go.  See IRCv3 monitor.

Who negotiated extended-monitor is also told what changes of whom they watch, by the features that show the change.
"""

from __future__ import annotations

from chatd.context import Context, Node
from chatd.core import caps
from chatd.core.caps import Capability
from chatd.core.catalog import Isupport, command, losing, observes
from chatd.core.events import NickChanged, UserArrived, UserQuit
from chatd.core.names import is_nick
from chatd.core.refusal import Refused
from chatd.core.user import User
from chatd.wire.chunks import pack_words
from chatd.wire.numerics import (
    ERR_MONLISTFULL,
    ERR_NEEDMOREPARAMS,
    RPL_ENDOFMONLIST,
    RPL_MONLIST,
    RPL_MONOFFLINE,
    RPL_MONONLINE,
    Numeric,
)

EXTENDED_MONITOR: Capability = caps.EXTENDED_MONITOR
MONITOR = Isupport("MONITOR", lambda node: node.config.limits.monitor)


@command("MONITOR", "+|-|C|L|S [<nickname>{,<nickname>}]", example="MONITOR + bob,carol")
def monitor(ctx: Context, what: str, targets: str = "") -> None:
    """Be told when somebody comes or goes."""
    watched = ctx.session.monitored
    if watched is None:
        watched = ctx.session.monitored = {}
    match what.upper():
        case "+":
            add(ctx, watched, need(targets))
        case "-":
            for nick in need(targets):
                forget(ctx.node, ctx, ctx.network.fold(nick))
        case "C":
            for folded in list(watched):
                forget(ctx.node, ctx, folded)
        case "L":
            show(ctx, RPL_MONLIST, list(watched.values()))
            ctx.reply(RPL_ENDOFMONLIST)
        case "S":
            show_status(ctx, list(watched.values()))
        case _:
            return


def need(targets: str) -> list[str]:
    """The targets of + and -, which must be there."""
    nicks = [nick for nick in targets.split(",") if nick]
    if not nicks:
        raise Refused(ERR_NEEDMOREPARAMS, "MONITOR")
    return nicks


def add(ctx: Context, watched: dict[str, str], nicks: list[str]) -> None:
    """Watch nicknames, and say who of them is here; 734 for what is beyond the limit."""
    limit = ctx.config.limits.monitor
    added, refused = [], []
    for nick in nicks:
        folded = ctx.network.fold(nick)
        if not is_nick(nick, ctx.config.limits.nick):
            continue
        if folded not in watched:
            if len(watched) >= limit:
                refused.append(nick)
                continue
            watched[folded] = nick
            ctx.node.watchers.setdefault(folded, {})[ctx.session] = None
        added.append(nick)
    room = 440 - len(ctx.node.name) - len(ctx.session.shown_nick)
    for targets in pack_words(refused, room, ","):
        ctx.reply(ERR_MONLISTFULL, str(limit), targets)
    show_status(ctx, list(dict.fromkeys(added)))


def show_status(ctx: Context, nicks: list[str]) -> None:
    """730 for those who are here, 731 for the others."""
    online: list[User] = []
    offline: list[str] = []
    for nick in nicks:
        user = ctx.network.user(nick)
        if user is None:
            offline.append(nick)
        else:
            online.append(user)
    show(ctx, RPL_MONONLINE, [user.source for user in online])
    show(ctx, RPL_MONOFFLINE, offline)
    for user in online:
        for sight in ctx.catalog.sightings:
            sight(ctx, user)


def show(ctx: Context, numeric: Numeric, words: list[str]) -> None:
    """A comma-separated list over as many lines as it takes."""
    head = f":{ctx.node.name} {numeric.code} {ctx.session.shown_nick} :"
    for line in pack_words(words, 510 - len(head.encode()), ","):
        ctx.session.push(head + line)


def forget(node: Node, ctx: Context, folded: str) -> None:
    """Watch a nickname no longer."""
    if ctx.session.monitored and ctx.session.monitored.pop(folded, None) is not None:
        watchers = node.watchers[folded]
        del watchers[ctx.session]
        if not watchers:
            del node.watchers[folded]


@losing
def forget_all(ctx: Context, reason: str) -> None:
    """A connection that is gone watches nobody."""
    for folded in list(ctx.session.monitored or ()):
        forget(ctx.node, ctx, folded)


def tell(node: Node, nick: str, numeric: Numeric, shown: str) -> None:
    """Tell everybody here who watches a nickname."""
    for session in list(node.watchers.get(node.network.fold(nick), ())):
        session.push(f":{node.name} {numeric.code} {session.shown_nick} :{shown}")
        if numeric is RPL_MONONLINE and (user := node.network.user(nick)) is not None:
            for sight in node.catalog.sightings:
                sight(session.context, user)


@observes(UserArrived)
def tell_arrival(node: Node, event: UserArrived) -> None:
    """Somebody has come."""
    if node.watchers:
        tell(node, event.nick, RPL_MONONLINE, event.origin.source)


@observes(UserQuit)
def tell_departure(node: Node, event: UserQuit) -> None:
    """Somebody has gone."""
    if node.watchers:
        nick = event.origin.source.partition("!")[0]
        tell(node, nick, RPL_MONOFFLINE, nick)


@observes(NickChanged)
def tell_change(node: Node, event: NickChanged) -> None:
    """A nickname has gone, another has come; a change of case is neither."""
    old, _, rest = event.origin.source.partition("!")
    if node.watchers and node.network.fold(old) != node.network.fold(event.nick):
        tell(node, old, RPL_MONOFFLINE, old)
        tell(node, event.nick, RPL_MONONLINE, f"{event.nick}!{rest}")
