"""STATS: what the server counts, limits and listens on.  See Modern IRC, "STATS message".

One function for each letter; a letter is added by a row of ``_QUERIES``.
"""

from __future__ import annotations

from collections.abc import Callable

from chatd.context import Context
from chatd.core.catalog import command
from chatd.session import Session
from chatd.wire.numerics import (
    ERR_NOPRIVILEGES,
    RPL_ENDOFSTATS,
    RPL_STATSCOMMANDS,
    RPL_STATSDEBUG,
    RPL_STATSDLINE,
    RPL_STATSILINE,
    RPL_STATSKLINE,
    RPL_STATSOLINE,
    RPL_STATSPLINE,
    RPL_STATSUPTIME,
    RPL_STATSYLINE,
)

_MOST_SESSIONS = 200
"""How many connections one answer shows, so that it fits what a connection may have unsent."""


@command("STATS", "<letter> [<server>]", example="STATS u", cost=3)
def stats(ctx: Context, letter: str, server: str = "") -> None:
    """Show what the server counts: u (uptime); for operators d and k (bans from the server), i and y (classes of
    connections), l (connections), m (commands used), o (who may become operator), p (ports), z (numbers)."""
    ctx.need_this_server(server)
    query = _QUERIES.get(letter.lower())
    if query is not None:
        privileges, show = query
        if not privileges or any(map(ctx.has_privilege, privileges)):
            show(ctx)
        else:
            ctx.reply(ERR_NOPRIVILEGES)
    ctx.reply(RPL_ENDOFSTATS, letter)


def show_uptime(ctx: Context) -> None:
    """242."""
    seconds = (ctx.now_ms() - ctx.node.started_ms) // 1000
    days, rest = divmod(seconds, 86_400)
    ctx.reply(RPL_STATSUPTIME, f"Server Up {days} days {rest // 3600}:{rest // 60 % 60:02d}:{rest % 60:02d}")


def show_numbers(ctx: Context) -> None:
    """249."""
    for name, count in ctx.node.counts().items():
        ctx.reply(RPL_STATSDEBUG, "z", f"{name}: {count}")


def show_commands(ctx: Context) -> None:
    """212 for each command that was used since the start."""
    for verb, row in sorted(ctx.catalog.commands.items()):
        if row.used:
            ctx.reply(RPL_STATSCOMMANDS, verb, str(row.used))


def show_operator_blocks(ctx: Context) -> None:
    """243 for each network from which a block of the configuration may be used."""
    for block in ctx.config.operators:
        allowed = " ".join(block.privileges) or block.role
        conditions = {"password": block.password, "certificate": block.certfp, "account": block.account}
        asked_for = [what for what, is_set in conditions.items() if is_set]
        for network in block.networks:
            ctx.reply(RPL_STATSOLINE, "O", word(network), "*", block.name, ", ".join([allowed, *asked_for]))


def show_allowed(ctx: Context) -> None:
    """215: the networks without limits by address, then everybody else."""
    for network in ctx.config.connections.exempt:
        ctx.reply(RPL_STATSILINE, "I", word(network), "*", "*", "0", "exempt")
    ctx.reply(RPL_STATSILINE, "I", "*", "*", "*", "0", "default")


def show_classes(ctx: Context) -> None:
    """218: ping interval and sendq, and in words how many connections."""
    settings = ctx.config.connections
    in_all = [f"{settings.maximum} connections in all"] if settings.maximum else []
    of_one = [f"{settings.per_address} from an address"] if settings.per_address else []
    if settings.throttle_count:
        of_one.append(f"{settings.throttle_count} new ones within {settings.throttle_window_s} seconds")
    for name, limits in (("exempt", in_all), ("default", in_all + of_one)):
        if name == "default" or settings.exempt:
            times = str(settings.ping_interval_s), "0", str(settings.sendq_bytes)
            ctx.reply(RPL_STATSYLINE, "Y", name, *times, ", ".join(limits) or "no limits")


def show_ports(ctx: Context) -> None:
    """220 for each listener that is open."""
    tell = ctx.node.control.get("ports")
    for line in tell() if tell is not None else ():
        ctx.reply(RPL_STATSPLINE, "P", line)


def show_sessions(ctx: Context) -> None:
    """249 for each connection of this node: those that do not read first, then the oldest."""
    sessions = sorted(ctx.node.sessions.values(), key=lambda session: not session.paused)
    for session in sessions[:_MOST_SESSIONS]:
        ctx.reply(RPL_STATSDEBUG, "l", described(ctx, session))
    if len(sessions) > _MOST_SESSIONS:
        ctx.reply(RPL_STATSDEBUG, "l", f"and {len(sessions) - _MOST_SESSIONS} more")


def described(ctx: Context, session: Session) -> str:
    """One connection in words; the address only to who may see it."""
    user, now_ms = session.user, ctx.now_ms()
    see = ctx.has_privilege("see-addresses")
    if user is None:
        who = f"*@{session.ip if see else '*'}"
    else:
        who = f"{user.nick}!{user.username}@{session.ip if see else user.host}"
    words = [
        who,
        "TLS" if session.peer.secure else "without TLS",
        f"open for {(now_ms - session.connected_ms) // 1000} s",
        f"silent for {(now_ms - session.heard_ms) // 1000} s",
    ]
    return ", ".join([*words, "does not read"] if session.paused else words)


def show_klines(ctx: Context) -> None:
    """216."""
    for mask, text in bans(ctx, "K"):
        user, _, host = mask.rpartition("@")
        ctx.reply(RPL_STATSKLINE, "K", word(host), "*", user, text)


def show_dlines(ctx: Context) -> None:
    """225."""
    for mask, text in bans(ctx, "D"):
        ctx.reply(RPL_STATSDLINE, "D", word(mask), text)


def bans(ctx: Context, kind: str) -> list[tuple[str, str]]:
    """The mask of each ban, and why, by whom, until when, and how often it hit."""
    found = []
    for ban in ctx.network.server_bans.standing(kind, ctx.now_ms()):
        kept = ban.kept
        until = f"until {ctx.node.clock_text(kept.expires_ms)}" if kept.expires_ms else "for ever"
        found.append((kept.mask, f"{kept.reason} (by {kept.by} {until}, {ban.hits} hits)"))
    return found


def word(address: str) -> str:
    """An address as a parameter: one that begins with ":" would read as the last."""
    return f"0{address}" if address.startswith(":") else address


_QUERIES: dict[str, tuple[tuple[str, ...], Callable[[Context], None]]] = {
    "d": (("dline", "stats"), show_dlines),
    "i": (("stats",), show_allowed),
    "k": (("kline", "stats"), show_klines),
    "l": (("stats",), show_sessions),
    "m": (("stats",), show_commands),
    "o": (("stats",), show_operator_blocks),
    "p": (("stats",), show_ports),
    "u": ((), show_uptime),
    "y": (("stats",), show_classes),
    "z": (("stats",), show_numbers),
}
