"""Server operators: OPER, KILL, WALLOPS, REHASH, RESTART, DIE, STATS.  See Modern IRC, "Operator Messages"."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

import bcrypt

from chatd.config import Operator, networks
from chatd.context import Context
from chatd.core.catalog import command, follows, renders
from chatd.core.events import Noticed, OperChanged, UserModesChanged, UserQuit, Wallopsed
from chatd.core.refusal import Refused
from chatd.core.user import Origin, User
from chatd.wire.chunks import clip
from chatd.wire.numerics import (
    ERR_NOOPERHOST,
    ERR_PASSWDMISMATCH,
    RPL_ENDOFSTATS,
    RPL_REHASHING,
    RPL_STATSDEBUG,
    RPL_STATSDLINE,
    RPL_STATSKLINE,
    RPL_STATSUPTIME,
    RPL_YOUREOPER,
)

# What a password for an unknown name is checked against, so that it takes as long as for a known one.
_NOBODYS_HASH = b"$2b$12$C6UzMDM.H6dfI/f/IKcEeO7ZBaj6fTxp4nLQ3ZVY9lEw1u8pPaXdG"


@command("OPER", "<name> <password>", example="OPER somebody secret", cost=10)
def oper(ctx: Context, name: str, password: str) -> None:
    """Become a server operator."""
    block = next((block for block in ctx.config.operators if hmac.compare_digest(
        block.name.encode(), name.encode())), None)  # fmt: skip
    usable = block is not None and may_use(ctx, block)
    stored = block.password.encode() if block is not None and block.password else _NOBODYS_HASH
    certified = block is not None and not block.password and bool(block.certfp)

    def check() -> bool:
        given = password.encode()[:72].replace(b"\0", b"")
        return bcrypt.checkpw(given, stored) and stored is not _NOBODYS_HASH

    def answer(right: bool) -> None:
        if block is None or not (right or certified):
            raise Refused(ERR_PASSWDMISMATCH)
        if not usable:
            raise Refused(ERR_NOOPERHOST)
        ctx.emit(OperChanged(ctx.origin, block.name, tuple(sorted(ctx.config.privileges_of(block)))))
        ctx.emit(UserModesChanged(ctx.origin, ctx.user.uid, "os", ""))
        ctx.node.notice(f"{ctx.user.nick} is now an operator ({block.name})")

    ctx.wait(check, answer)


def may_use(ctx: Context, block: Operator) -> bool:
    """Say whether the connection is from where, and shows the certificate that, the block asks for."""
    if block.certfp and ctx.user.certfp not in block.certfp:
        return False
    try:
        address = ip_address(ctx.user.ip)
    except ValueError:
        return False
    return any(address in network for network in networks(block.networks))


@follows(OperChanged)
def confirm_oper(ctx: Context, event: OperChanged) -> None:
    """381."""
    ctx.reply(RPL_YOUREOPER)


@command("KILL", "<nickname> <reason>", example="KILL bob :flooding", privilege="kill")
def kill(ctx: Context, target: User, reason: str) -> None:
    """Disconnect somebody."""
    text = clip(reason or "No reason", ctx.config.limits.quit)
    end_user(ctx, target, f"Killed ({ctx.user.nick} ({text}))")
    ctx.node.notice(f"{ctx.user.nick} killed {target.source} ({text})")


def end_user(ctx: Context, target: User, reason: str) -> None:
    """Make a user quit, wherever connected."""
    origin = Origin(target.source, target.uid, "", target.account, ctx.node.name)
    ctx.emit(UserQuit(origin, reason, reason, killed_by=ctx.user.nick))


@command("WALLOPS", ":<text>", example="WALLOPS :restart at noon", privilege="wallops")
def wallops(ctx: Context, text: str) -> None:
    """Write to everybody who asked for announcements (user mode w)."""
    ctx.emit(Wallopsed(ctx.origin, text))


@renders(Wallopsed)
def show_wallops(event: Wallopsed) -> str:
    """``:source WALLOPS :text``."""
    return f":{event.origin.source} WALLOPS :{event.text}"


@renders(Noticed)
def show_noticed(event: Noticed) -> str:
    """A server notice."""
    return f":{event.origin.source} NOTICE * :*** {event.text}"


@command("REHASH", "", privilege="rehash")
def rehash(ctx: Context) -> None:
    """Read the configuration and the certificates again."""
    ctx.reply(RPL_REHASHING, "chatd.toml")
    for line in control(ctx, "rehash"):
        ctx.note(line)
    ctx.node.notice(f"{ctx.user.nick} reread the configuration")


@command("RESTART", "", privilege="restart")
def restart(ctx: Context) -> None:
    """Restart the server."""
    ctx.node.notice(f"{ctx.user.nick} restarts the server")
    control(ctx, "restart")


@command("DIE", "", privilege="die")
def die(ctx: Context) -> None:
    """Stop the server."""
    ctx.node.notice(f"{ctx.user.nick} stops the server")
    control(ctx, "die")


def control(ctx: Context, what: str) -> list[str]:
    """Do what only the process itself can; returns lines to tell the operator."""
    act = ctx.node.control.get(what)
    return act() if act is not None else [f"This server cannot {what}"]


@command("STATS", "<letter>", example="STATS u", cost=3)
def stats(ctx: Context, letter: str = "", _server: str = "") -> None:
    """Show what the server counts: u (uptime); for operators z (numbers), k and d (bans from the server)."""
    match letter[:1]:
        case "u":
            seconds = (ctx.now_ms() - ctx.node.started_ms) // 1000
            days, rest = divmod(seconds, 86_400)
            clock = f"{rest // 3600}:{rest // 60 % 60:02d}:{rest % 60:02d}"
            ctx.reply(RPL_STATSUPTIME, f"Server Up {days} days {clock}")
        case "z" if ctx.has_privilege("stats"):
            for name, count in ctx.node.counts().items():
                ctx.reply(RPL_STATSDEBUG, "z", f"{name}: {count}")
        case "k" | "K" | "d" | "D" if ctx.has_privilege("stats"):
            show_bans(ctx, letter[0].upper())
        case _:
            pass
    ctx.reply(RPL_ENDOFSTATS, letter.split(" ")[0] or "*")


def show_bans(ctx: Context, kind: str) -> None:
    """216 for each KLINE, 225 for each DLINE: the mask, then why, by whom, until when, and how often it hit."""
    for ban in ctx.network.server_bans.standing(kind, ctx.now_ms()):
        kept = ban.kept
        until = f"until {ctx.node.clock_text(kept.expires_ms)}" if kept.expires_ms else "for ever"
        text = f"{kept.reason} (by {kept.by} {until}, {ban.hits} hits)"
        user, _, host = kept.mask.rpartition("@")
        shown = f"0{host}" if host.startswith(":") else host  # "::1" would read as the last parameter
        if kind == "K":
            ctx.reply(RPL_STATSKLINE, "K", shown, "*", user, text)
        else:
            ctx.reply(RPL_STATSDLINE, "D", shown, text)
