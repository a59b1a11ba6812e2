"""LOGIN and the greeting: for people who type by hand, with netcat or telnet."""

from __future__ import annotations

from chatd.accounts.nicknames import check_nick, foreign_owner, make_guest
from chatd.accounts.verdict import Denied, Verdict
from chatd.context import Context
from chatd.core.catalog import command, explains, follows, greets, trims
from chatd.core.events import SessionAttached, UserArrived
from chatd.core.names import clean_username
from chatd.core.refusal import Refused
from chatd.wire.numerics import (
    ERR_ALREADYREGISTERED,
    ERR_ERRONEUSNICKNAME,
    ERR_NEEDMOREPARAMS,
    ERR_NICKNAMEINUSE,
    ERR_NONICKNAMEGIVEN,
    ERR_NOTREGISTERED,
    ERR_PASSWDMISMATCH,
    ERR_UNKNOWNCOMMAND,
)


@greets
def greet(ctx: Context) -> None:
    """Say to a person with netcat what to type."""
    network = ctx.config.server.network
    if ctx.node.server_password.is_asked_of(ctx.session):
        how = "Type LOGIN, a nickname and this server's password, like: LOGIN alice secret"
    else:
        how = "Type LOGIN and a nickname, like: LOGIN alice"
    ctx.note(f"Welcome to {network}. By hand? {how}")
    ctx.note("Then: JOIN #chat - PRIVMSG #chat :hello everybody - HELP - QUIT")


@command("LOGIN", "<nickname> [<password>]", example="LOGIN alice", before=True)
def login(ctx: Context, wanted: str = "", given: str = "") -> None:
    """Begin with one line, for people who type by hand: NICK, USER and the password of an account in one."""
    session = ctx.session
    if session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    session.typed = True
    if not wanted:
        raise Refused(ERR_NONICKNAMEGIVEN)
    if ctx.node.server_password.lets_in(session):
        identify(ctx, wanted, given)
    else:
        ask_server_password(ctx, wanted, given)


def ask_server_password(ctx: Context, wanted: str, given: str) -> None:
    """The password is the server's, or, where that will do, the account's."""
    gate = ctx.node.server_password
    owned = ctx.network.registry.owner(ctx.network.fold(wanted)) is not None
    is_login = owned and gate.may_log_in_instead(ctx.session)
    if not given:
        ctx.note(f"This server asks for a password. Type: LOGIN {wanted} <password>")
        raise Refused(ERR_PASSWDMISMATCH)

    def go_on(opens: bool) -> None:
        if not opens and not is_login:
            ctx.reply(ERR_PASSWDMISMATCH)
            ctx.session.close("That is not the password of this server")
            return
        ctx.session.knows_password = opens
        identify(ctx, wanted, "" if opens else given)

    gate.check(ctx, given, go_on, may_log_in=is_login)


def identify(ctx: Context, wanted: str, given: str) -> None:
    """Log in to the account that the nickname belongs to, if it does, and come in."""
    session, node = ctx.session, ctx.node
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


@explains
def explain(ctx: Context, refusal: Refused) -> None:
    """A person reads in a sentence what to type instead of what was refused; programs are not told."""
    session, numeric = ctx.session, refusal.numeric
    if session.user is None:
        has_begun = session.nick or session.username or session.password or session.holds or session.cap_version
        if numeric in (ERR_NOTREGISTERED, ERR_UNKNOWNCOMMAND) and not has_begun:
            ctx.note("First say who you are. Type LOGIN and a nickname, like: LOGIN alice")
        elif numeric in (ERR_NONICKNAMEGIVEN, ERR_ERRONEUSNICKNAME) and session.typed:
            ctx.note(f"{_nickname_rule(ctx)} Type LOGIN and one, like: LOGIN alice")
    elif numeric is ERR_ERRONEUSNICKNAME:
        ctx.note(_nickname_rule(ctx))
    elif numeric is ERR_UNKNOWNCOMMAND:
        way = "To say something: PRIVMSG #chat :hello - HELP shows the rest."
        ctx.note(f"There is no command {refusal.params[0]}. {way}")
    elif numeric is ERR_NEEDMOREPARAMS and (wanted := ctx.catalog.commands.get(refusal.params[0])) is not None:
        ctx.note(f"Something is missing. Like this: {wanted.example or wanted.usage} - HELP {wanted.verb} says more.")


@trims
def tell_of_surplus(ctx: Context) -> None:
    """A person who forgot the colon reads that words were left out, and how to have all of them taken."""
    wanted = ctx.catalog.commands[ctx.verb]
    way = f"Like this: {wanted.example or wanted.usage} - HELP {wanted.verb} says more."
    ctx.note(f"Some words were left out: a text of several words begins with a colon. {way}")


def _nickname_rule(ctx: Context) -> str:
    most = ctx.config.limits.nick
    return f"A nickname has up to {most} letters, digits or -_[]\\^{{}}|` and begins with no digit or -."
