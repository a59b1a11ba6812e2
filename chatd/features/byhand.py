"""LOGIN and the greeting: for people who type by hand, with netcat or telnet."""

from __future__ import annotations

from chatd.accounts.nicknames import check_nick, foreign_owner, make_guest
from chatd.accounts.verdict import Denied, Verdict
from chatd.context import Context
from chatd.core.catalog import command, follows, greets
from chatd.core.events import SessionAttached, UserArrived
from chatd.core.names import clean_username
from chatd.core.refusal import Refused
from chatd.wire.numerics import ERR_ALREADYREGISTERED, ERR_NICKNAMEINUSE, ERR_NONICKNAMEGIVEN


@greets
def greet(ctx: Context) -> None:
    """Say to a person with netcat what to type."""
    ctx.note(f"Welcome to {ctx.config.server.network}. By hand? Type LOGIN and a nickname, like: LOGIN alice")
    ctx.note("Then: JOIN #chat - PRIVMSG #chat :hello everybody - HELP - QUIT")


@command("LOGIN", "<nickname> [<password>]", example="LOGIN alice", before=True)
def login(ctx: Context, wanted: str = "", given: str = "") -> None:
    """Begin with one line, for people who type by hand: NICK, USER and the password of an account in one."""
    session, node = ctx.session, ctx.node
    if session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    if not wanted:
        raise Refused(ERR_NONICKNAMEGIVEN)
    session.typed = True
    given, session.password = given or session.password, ""
    owner = node.network.registry.owner(node.network.fold(wanted))
    if owner is not None and given and owner != session.account:
        node.desk.check(ctx, wanted, given, lambda verdict: answer(ctx, wanted, verdict))
        return
    if foreign_owner(node, wanted, session.account) is not None:
        ctx.note(f"{wanted} belongs to an account. If it is yours, type: LOGIN {wanted} <password>")
        ctx.note("Otherwise choose another nickname.")
        raise Refused(ERR_NICKNAMEINUSE, wanted)
    enter(ctx, wanted)
    if given and owner is None:
        ctx.note(f"Nobody has registered {wanted}. To make it yours, type: REGISTER * * <password>")


def answer(ctx: Context, wanted: str, verdict: Verdict) -> None:
    """The password was looked at: come in, or try again."""
    if isinstance(verdict, Denied):
        ctx.note(f"{verdict.text}. You may try again: LOGIN {wanted} <password>")
        return
    ctx.node.desk.admit(ctx, verdict)
    enter(ctx, wanted)


def enter(ctx: Context, wanted: str) -> None:
    """NICK and USER in one; who has the nickname without owning it makes way."""
    session = ctx.session
    intruder = check_nick(ctx, wanted)
    if intruder is not None:
        make_guest(ctx.node, intruder)
    session.nick = wanted
    session.username = session.username or clean_username(wanted, ctx.config.limits.user)
    session.realname = session.realname or wanted
    ctx.complete()


@follows(UserArrived, rank=1)
@follows(SessionAttached, rank=2)
def say_what_to_type(ctx: Context, event: UserArrived | SessionAttached) -> None:
    """What a person may type next."""
    if ctx.session.typed:
        ctx.note(f"You are {ctx.user.nick} now. Type JOIN #chat to enter a channel, LIST to see them, HELP for more.")
