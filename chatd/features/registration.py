"""Becoming a user: PASS, NICK, USER, LOGIN; changing the nickname; leaving by QUIT.

See Modern IRC, "Connection Registration".
"""

from __future__ import annotations

from chatd.context import Context, Node
from chatd.core.attempts import ChangeNick, Register
from chatd.core.catalog import (
    Isupport,
    command,
    completing,
    follows,
    greets,
    losing,
    observes,
    recovers,
    renders,
)
from chatd.core.cloaks import cloak
from chatd.core.events import NickChanged, UserArrived, UserQuit
from chatd.core.names import clean_username, is_nick
from chatd.core.refusal import Refused
from chatd.core.user import Origin, User
from chatd.wire.chunks import clip
from chatd.wire.numerics import (
    ERR_ALREADYREGISTERED,
    ERR_ERRONEUSNICKNAME,
    ERR_NEEDMOREPARAMS,
    ERR_NICKNAMEINUSE,
    ERR_NONICKNAMEGIVEN,
    RPL_CREATED,
    RPL_MYINFO,
    RPL_WELCOME,
    RPL_YOURHOST,
)

NICKLEN = Isupport("NICKLEN", lambda node: node.config.limits.nick)
USERLEN = Isupport("USERLEN", lambda node: node.config.limits.user)
HOSTLEN = Isupport("HOSTLEN", lambda node: node.config.limits.host)
NAMELEN = Isupport("NAMELEN", lambda node: node.config.limits.realname)
NETWORK = Isupport("NETWORK", lambda node: node.config.server.network)
CASEMAPPING = Isupport("CASEMAPPING", lambda node: node.network.casemapping.name)
UTF8ONLY = Isupport("UTF8ONLY", lambda node: True)


@greets
def greet(ctx: Context) -> None:
    """Say to a person with netcat what to type."""
    ctx.note(f"Welcome to {ctx.config.server.network}. By hand? Type LOGIN and a nickname, like: LOGIN alice")
    ctx.note("Then: JOIN #chat - PRIVMSG #chat :hello everybody - HELP - QUIT")


@command("PASS", "<password>", example="PASS secret", before=True)
def password(ctx: Context, text: str) -> None:
    """Give the password before NICK and USER."""
    if ctx.session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    if not text:
        raise Refused(ERR_NEEDMOREPARAMS, "PASS")
    ctx.session.password = text


@command("NICK", "<nickname>", example="NICK alice", before=True)
def nick(ctx: Context, wanted: str = "") -> None:
    """Take a nickname, or change it."""
    if not wanted:
        raise Refused(ERR_NONICKNAMEGIVEN)
    check_nick(ctx, wanted)
    user = ctx.session.user
    if user is None:
        ctx.session.nick = wanted
        complete(ctx)
        return
    if wanted == user.nick:
        return
    ctx.attempt(ChangeNick(user, wanted))
    for membership in user.channels.values():
        ctx.attempt(ChangeNick(user, wanted, membership.channel))
    ctx.emit(NickChanged(ctx.origin, wanted))


def check_nick(ctx: Context, wanted: str) -> None:
    """Refuse what is no nickname, and one that somebody else has."""
    if not is_nick(wanted, ctx.config.limits.nick):
        shown = wanted if " " not in wanted else "*"
        raise Refused(ERR_ERRONEUSNICKNAME, shown if not shown.startswith(":") else "*")
    holder = ctx.network.user(wanted)
    if (holder is not None and holder is not ctx.session.user) or ctx.network.is_reserved(wanted):
        raise Refused(ERR_NICKNAMEINUSE, wanted)


@command("USER", "<username> 0 * :<real name>", example="USER alice 0 * :Alice Liddell", before=True)
def user(ctx: Context, username: str, _mode: str, _unused: str, realname: str) -> None:
    """Say your user name and real name while connecting."""
    session = ctx.session
    if session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    if not username or not realname:
        raise Refused(ERR_NEEDMOREPARAMS, "USER")
    session.username = clean_username(username, ctx.config.limits.user)
    session.realname = clip(realname, ctx.config.limits.realname)
    complete(ctx)


@command("LOGIN", "<nickname> [<password>]", example="LOGIN alice", before=True)
def login(ctx: Context, wanted: str = "", given: str | None = None) -> None:
    """Begin with one line, for people who type by hand: NICK and USER in one."""
    session = ctx.session
    if session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    if not wanted:
        raise Refused(ERR_NONICKNAMEGIVEN)
    check_nick(ctx, wanted)
    session.nick = wanted
    session.password = given or session.password
    session.username = session.username or clean_username(wanted, ctx.config.limits.user)
    session.realname = session.realname or wanted
    session.typed = True
    complete(ctx)


@completing
def complete(ctx: Context) -> None:
    """Register the user when everything has been said that must be."""
    session = ctx.session
    if session.user is not None or session.uid or not session.nick or not session.username or session.holds:
        return
    config = ctx.config
    real_host = session.host[: config.limits.host]
    if real_host.startswith(":"):
        real_host = f"0{real_host}"  # "::1" would read as the last parameter of a numeric
    shown = ""
    modes = config.users.default_modes
    if config.cloak.enabled:
        shown = cloak(session.ip, ctx.node.cloak_secret, config.cloak.suffix)[: config.limits.host]
    else:
        modes = modes.replace("x", "")
    if session.peer.secure:
        modes += "Z"
    host = shown if shown and "x" in modes else real_host
    newcomer = User("", session.nick, "", session.username, host)
    newcomer.real_host, newcomer.ip, newcomer.realname = real_host, session.ip, session.realname
    newcomer.certfp, newcomer.account = session.peer.certfp, session.account
    ctx.attempt(Register(newcomer, ctx))
    session.uid = session.sid
    origin = Origin(newcomer.source, session.uid, session.sid, session.account, ctx.node.name)
    ctx.emit(
        UserArrived(
            origin, session.nick, session.username, host, real_host, shown, session.ip, session.realname, modes,
            session.peer.certfp, session.peer.cipher, session.peer.secure, session.away,
            tuple(session.metadata.early.items()) if session.metadata is not None else (), session.account,
        )
    )  # fmt: skip


@observes(UserArrived)
def leave_again(node: Node, event: UserArrived) -> None:
    """The connection was lost while its user was arriving: nobody is left behind with that nickname."""
    if event.origin.node == node.name and event.origin.sid not in node.sessions:
        node.emit(UserQuit(event.origin, "Connection closed", "Connection closed"))


@recovers(UserArrived)
def try_again(ctx: Context, event: UserArrived) -> None:
    """The nickname was taken meanwhile: another one may still be given."""
    ctx.session.uid = ""
    ctx.session.nick = ""


@follows(UserArrived)
def welcome(ctx: Context, event: UserArrived) -> None:
    """Greet a new user: 001 to 005, LUSERS, MOTD, and the modes it has from the start (221)."""
    server = ctx.config.server
    ctx.session.password = ""
    ctx.reply(RPL_WELCOME, f"Welcome to the {server.network} Network, {ctx.user.source}")
    ctx.reply(RPL_YOURHOST, f"Your host is {server.name}, running version {ctx.node.version}")
    ctx.reply(RPL_CREATED, f"This server was created {ctx.node.created_text}")
    modes = ctx.catalog.modes
    with_parameter = "".join(sorted(mode.letter for mode in modes.channel.values() if mode.kind.value != "D"))
    ctx.reply(
        RPL_MYINFO, server.name, ctx.node.version, "".join(sorted(modes.user)), "".join(sorted(modes.channel)),
        with_parameter,
    )  # fmt: skip
    ctx.catalog.commands["ISUPPORT"].run(ctx, [])
    for add in ctx.catalog.welcomes:
        add(ctx)
    for verb in ("LUSERS", "MOTD", "UMODE") if ctx.user.modes else ("LUSERS", "MOTD"):
        ctx.catalog.commands[verb].run(ctx, [])
    if ctx.session.typed:
        ctx.note(f"You are {ctx.user.nick} now. Type JOIN #chat to enter a channel, LIST to see them, HELP for more.")


@renders(NickChanged)
def show_nick_changed(event: NickChanged) -> str:
    """``:source NICK new``."""
    return f":{event.origin.source} NICK {event.nick}"


@command("QUIT", "[<reason>]", example="QUIT :good night", before=True, cost=0)
def quit_(ctx: Context, reason: str = "") -> None:
    """Leave the server."""
    ctx.session.close(f"Quit: {clip(reason, ctx.config.limits.quit)}")


@losing
def depart(ctx: Context, reason: str) -> None:
    """A connection is gone: its user quits."""
    user = ctx.session.user
    if user is not None:
        ctx.emit(UserQuit(ctx.origin, clip(reason, ctx.config.limits.quit + 6), reason))


@renders(UserQuit)
def show_quit(event: UserQuit) -> str:
    """``:source QUIT :reason``."""
    return f":{event.origin.source} QUIT :{event.reason}"


@observes(UserQuit)
def close_sessions(node: Node, event: UserQuit) -> None:
    """A user is gone by somebody else's doing: its connections are closed."""
    for sid in event.sids:
        session = node.sessions.get(sid)
        if session is not None and not session.closing:
            if event.killed_by:
                session.push(f":{event.killed_by} KILL {event.nick} :{event.comment}")
            session.close(event.farewell)


@command("ERROR", "", before=True, hidden=True, cost=0)
def error(ctx: Context, *text: str) -> None:
    """Ignored from clients, as Modern IRC asks."""
