"""NickServ: GHOST, RECOVER, REGAIN, RELEASE: getting one's nickname back."""

from __future__ import annotations

from collections.abc import Callable

from chatd.accounts.verdict import Denied, Verdict
from chatd.core.accounts import Account
from chatd.core.attempts import ChangeNick
from chatd.core.events import NickChanged, UserQuit
from chatd.core.user import User
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request


@NICKSERV.command("GHOST", "<nickname> [<password>]", example="GHOST alice", secret=True, cost=5)
def ghost(request: Request, nick: str, password: str = "") -> None:
    """Disconnect who has your nickname, such as a connection of yours that hangs."""

    def act(target: User) -> None:
        disconnect(request, target)
        request.say(f"{target.nick} is disconnected.")

    holder_of(request, nick)
    prove(request, nick, password, lambda: act(holder_of(request, nick)))


@NICKSERV.command("REGAIN", "<nickname> [<password>]", example="REGAIN alice", secret=True, cost=5)
def regain(request: Request, nick: str, password: str = "") -> None:
    """Get your nickname back: whoever has it is disconnected, and you have it. With the password you are logged in."""
    ctx = request.ctx

    def act() -> None:
        target = ctx.network.user(nick)
        if target is ctx.user:
            raise Declined(f"You are {nick}.")
        shown = target.nick if target is not None else nick
        ctx.attempt(ChangeNick(ctx.user, shown))
        for membership in ctx.user.channels.values():
            ctx.attempt(ChangeNick(ctx.user, shown, membership.channel))
        if target is not None:
            disconnect(request, target)
        ctx.emit(NickChanged(ctx.origin, shown))
        request.say(f"You are {shown} now.")

    prove(request, nick, password, act)


@NICKSERV.command("RECOVER", "<nickname> [<password>]", secret=True, cost=5)
def recover(request: Request, nick: str, password: str = "") -> None:
    """The same as REGAIN."""
    regain(request, nick, password)


@NICKSERV.command("RELEASE", "<nickname> [<password>]", secret=True)
def release(request: Request, nick: str, password: str = "") -> None:
    """Other servers hold a nickname back for a while and RELEASE it; here you can take yours at once, by NICK."""
    if request.ctx.network.user(nick) is None:
        request.say(f"{nick} is not held back. Take it: /nick {nick}")
    else:
        request.say(f"{nick} is not held back, but somebody has it. REGAIN {nick} gets it back.")


def holder_of(request: Request, nick: str) -> User:
    """Who has a nickname; raises Declined for nobody, and for oneself."""
    target = request.ctx.network.user(nick)
    if target is None:
        raise Declined(f"Nobody is here as {nick}.")
    if target is request.ctx.user:
        raise Declined("That is you. SESSIONS shows your connections, and ends one.")
    return target


def prove(request: Request, nick: str, password: str, then: Callable[[], None]) -> None:
    """Go on with the owner of a nickname: who is logged in to its account, or knows the password."""
    ctx = request.ctx
    owner = ctx.network.registry.owner(ctx.network.fold(nick))
    if owner is None:
        raise Declined(f"{nick} belongs to no account.")
    if ctx.user.account == owner:
        then()
        return
    if not password:
        raise Declined(f"{nick} belongs to an account that you are not logged in to.")

    def judged(verdict: Verdict) -> None:
        if isinstance(verdict, Denied):
            raise Declined(f"{verdict.text}.")
        admit(request, verdict)
        then()

    ctx.node.desk.check(ctx, owner, password, request.answering(judged))


def admit(request: Request, account: Account) -> None:
    """Who knew the password is logged in by it, as the nickname is for who is."""
    request.ctx.node.desk.admit(request.ctx, account)


def disconnect(request: Request, target: User) -> None:
    """Somebody quits, for the owner of the nickname."""
    ctx = request.ctx
    text = f"Disconnected by {ctx.user.nick}, who owns the nickname"
    ctx.emit(UserQuit(target.origin("", ctx.node.name, ctx.session.sid), text, text))
