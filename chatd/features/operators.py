"""Server operators: OPER, KILL, WALLOPS, REHASH, RESTART, DIE.  See Modern IRC, "Operator Messages"."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from chatd.accounts.operators import make_operator, may_use
from chatd.context import Context
from chatd.core.catalog import command, follows, renders
from chatd.core.events import Noticed, OperChanged, UserQuit, Wallopsed
from chatd.core.refusal import Failed, Refused
from chatd.core.user import User
from chatd.credentials.passwords import is_configured
from chatd.delivery.outgoing import Outgoing
from chatd.wire.chunks import clip
from chatd.wire.numerics import (
    ERR_NEEDMOREPARAMS,
    ERR_NOOPERHOST,
    ERR_PASSWDMISMATCH,
    RPL_REHASHING,
    RPL_TRYAGAIN,
    RPL_YOUREOPER,
)

# What a password for an unknown name is checked against, so that it takes as long as for a known one.
_NOBODYS_HASH = b"$2b$12$C6UzMDM.H6dfI/f/IKcEeO7ZBaj6fTxp4nLQ3ZVY9lEw1u8pPaXdG"


@command("OPER", "<name> [<password>]", example="OPER somebody secret", cost=10)
def oper(ctx: Context, name: str, password: str | None = None) -> None:
    """Become a server operator; without a password where the account you are logged in to, or your TLS client
    certificate, is enough."""
    block = next((block for block in ctx.config.operators if hmac.compare_digest(
        block.name.encode(), name.encode())), None)  # fmt: skip
    usable = block is not None and may_use(ctx.node, ctx.session, block)
    proved = usable and block is not None and not block.password
    if password is None and not proved:
        raise Refused(ERR_NEEDMOREPARAMS, "OPER")
    ip, throttle = ctx.session.ip, ctx.node.desk.throttle
    if throttle.begin("", ip, ctx.now_ms() / 1000):
        raise Refused(RPL_TRYAGAIN, "OPER")
    stored = block.password.encode() if block is not None and block.password else _NOBODYS_HASH
    otherwise_proved = block is not None and not block.password

    def check() -> bool:
        return not proved and is_configured(password or "", stored) and stored is not _NOBODYS_HASH

    def answer(right: bool) -> None:
        if block is None or not (right or otherwise_proved):
            tell_failure(ctx, name, "wrong name" if block is None else "wrong password")
            raise Refused(ERR_PASSWDMISMATCH)
        throttle.give_back("", ip)
        if not usable:
            tell_failure(ctx, name, "not from there")
            raise Refused(ERR_NOOPERHOST)
        make_operator(ctx.node, ctx.origin, ctx.user, block)

    ctx.wait(check, answer, lane=ctx.node.desk.hashing_for(ctx))


def tell_failure(ctx: Context, name: str, why: str) -> None:
    """Operators learn who tries to become one of them."""
    ctx.node.notice(f"{ctx.user.source} failed to become an operator ({clip(name, 40)}): {why}")


@follows(OperChanged)
def confirm_oper(ctx: Context, event: OperChanged) -> None:
    """381."""
    ctx.reply(RPL_YOUREOPER)


@command("KILL", "<nickname> <reason>", example="KILL bob :flooding", privilege="kill")
def kill(ctx: Context, target: User, reason: str) -> None:
    """Disconnect somebody."""
    killer, text = ctx.user, clip(reason or "No reason", ctx.config.limits.quit)
    farewell = f"Killed ({killer.nick} ({text}))"
    origin = target.origin("", ctx.node.name, ctx.session.sid)
    ctx.node.notice(f"{killer.nick} killed {target.source} ({text})")
    ctx.emit(UserQuit(origin, farewell, farewell, killer.source, text))


@command("WALLOPS", ":<text>", example="WALLOPS :restart at noon", privilege="wallops")
def wallops(ctx: Context, text: str) -> None:
    """Write to everybody who asked for announcements (user mode w)."""
    if not text:
        raise Refused(ERR_NEEDMOREPARAMS, "WALLOPS")
    ctx.emit(Wallopsed(ctx.origin, text))


@renders(Wallopsed)
def show_wallops(event: Wallopsed) -> str:
    """``:source WALLOPS :text``."""
    return f":{event.origin.source} WALLOPS :{event.text}"


@renders(Noticed)
def show_noticed(event: Noticed) -> list[Outgoing]:
    """A server notice, to each by name."""
    head, text = f":{event.origin.source} NOTICE", f":*** {event.text}"
    return [Outgoing(event, f"{head} {nick} {text}", to=to) for nick, to in event.told]


@command("REHASH", "", privilege="rehash")
def rehash(ctx: Context) -> None:
    """Read the configuration and the certificates again."""
    act = means(ctx, "rehash")
    file = ctx.node.control.get("file", list)()
    ctx.reply(RPL_REHASHING, *file or ["*"])
    for line in act():
        ctx.session.inform(Failed("REHASH", "REREAD", text=line))
    ctx.node.notice(f"{ctx.user.nick} reread the configuration")


@command("RESTART", "", privilege="restart")
def restart(ctx: Context) -> None:
    """Restart the server."""
    act = means(ctx, "restart")
    ctx.node.notice(f"{ctx.user.nick} restarts the server")
    act()


@command("DIE", "", privilege="die")
def die(ctx: Context) -> None:
    """Stop the server."""
    act = means(ctx, "die")
    ctx.node.notice(f"{ctx.user.nick} stops the server")
    act()


def means(ctx: Context, what: str) -> Callable[[], list[str]]:
    """How to do what only the process itself can; it returns lines to tell the operator."""
    act = ctx.node.control.get(what)
    if act is None:
        ctx.session.inform(Failed(ctx.verb, "UNAVAILABLE", text=f"This server cannot {what}"), "FAIL")
        raise Refused(None)
    return act
