"""Becoming a user: PASS, USER, and what is asked before anybody is let in; leaving by QUIT.

See Modern IRC, "Connection Registration".
"""

from __future__ import annotations

from chatd.accounts.nicknames import enforcement, foreign_owner, guest_nick
from chatd.accounts.verdict import Denied, Verdict, Why
from chatd.context import Context, Node
from chatd.core.attempts import Register
from chatd.core.catalog import Isupport, command, completing, follows, losing, observes, recovers, renders
from chatd.core.cloaks import cloak
from chatd.core.events import SessionAttached, SessionDetached, UserArrived, UserQuit
from chatd.core.names import clean_username, host_of, is_nick, split_device
from chatd.core.refusal import Failed, Refused
from chatd.core.user import Origin, User
from chatd.credentials.tokens import read_token
from chatd.metadata.targets import said_before
from chatd.wire.chunks import clip
from chatd.wire.numerics import (
    ERR_ALREADYREGISTERED,
    ERR_NEEDMOREPARAMS,
    ERR_NICKNAMEINUSE,
    ERR_PASSWDMISMATCH,
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


@command("USER", "<username> 0 * :<real name>", example="USER alice 0 * :Alice Liddell", before=True)
def user(ctx: Context, username: str, _mode: str, _unused: str, realname: str) -> None:
    """Say your user name and real name while connecting."""
    session = ctx.session
    if session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    if not username or not realname:
        raise Refused(ERR_NEEDMOREPARAMS, "USER")
    name, device = split_device(username)
    session.username = clean_username(name, ctx.config.limits.user)
    session.device = session.device or device
    session.realname = clip(realname, ctx.config.limits.realname)
    ctx.complete()


@completing
def complete(ctx: Context) -> None:
    """Register the user when everything has been said that must be."""
    session = ctx.session
    if session.user is not None or session.uid or not session.nick or not session.username or session.holds:
        return
    if not settle_account(ctx):
        return
    config = ctx.config
    real_host = host_of(session.host, config.limits.host)
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
    if any(claim(ctx) for claim in ctx.catalog.claims):
        return
    session.uid = session.sid
    origin = Origin(newcomer.source, session.uid, session.sid, session.account, ctx.node.name)
    ctx.emit(
        UserArrived(
            origin, session.nick, session.username, host, real_host, shown, session.ip, session.realname, modes,
            session.peer.certfp, session.peer.cipher, session.peer.secure, session.away,
            said_before(ctx, ctx.network.registry.metadata.get(ctx.network.fold(session.account or ""), {})),
            session.account, session.device, session.gateway,
        )
    )  # fmt: skip


def settle_account(ctx: Context) -> bool:
    """Whether a session may become a user as it is: with the account, and under a nickname, that it may have."""
    session, node = ctx.session, ctx.node
    if session.password and session.account is None and node.server_password.may_log_in_instead(session):
        given, session.password = session.password, ""
        if node.network.registry.owner(node.network.fold(session.nick)) is not None:
            node.desk.check(ctx, session.nick, given, lambda verdict: let_in(ctx, verdict))
            return False
    if not node.server_password.lets_in(session):
        turn_away(ctx)
        return False
    if ctx.config.accounts.required and session.account is None:
        text = "Log in first, by SASL or PASS; an account is made by REGISTER"
        raise Failed("*", "ACCOUNT_REQUIRED", text=text)
    wanted = session.nick
    owner = foreign_owner(node, wanted, session.account)
    if owner is None:
        return True
    why = f"{wanted} belongs to an account that you are not logged in to."
    if enforcement(node, owner) == "refuse":
        session.nick = ""
        reserved = Failed("NICK", "NICKNAME_RESERVED", wanted, text=f"{why} Choose another nickname, or log in.")
        session.inform(reserved, "FAIL")
        raise Refused(ERR_NICKNAMEINUSE, wanted)
    session.nick, session.kept_nick = guest_nick(node), wanted
    text = f"{why} You are {session.nick} until you do: /msg NickServ IDENTIFY {wanted} <password>"
    session.inform(Failed("NICK", "NICKNAME_RESERVED", wanted, text=text), "WARN")
    return True


def turn_away(ctx: Context) -> None:
    """The server's password was not given, or a wrong one."""
    ctx.reply(ERR_PASSWDMISMATCH)
    ctx.session.close("This server asks for a password: PASS <password> before NICK and USER")


def let_in(ctx: Context, verdict: Verdict) -> None:
    """The password of PASS was looked at: with an account or without, registration goes on."""
    if isinstance(verdict, Denied):
        ctx.session.inform(Failed("PASS", "LOGIN_FAILED", text=f"You are not logged in: {verdict.text}."), "WARN")
        if verdict.why is Why.WRONG:
            ctx.reply(ERR_PASSWDMISMATCH)
    else:
        ctx.node.desk.admit(ctx, verdict)
    ctx.complete()


@command("PASS", "[<account>:]<password>", example="PASS alice:secret", before=True)
def password(ctx: Context, text: str) -> None:
    """Give the server's password, the password of an account, or a session token, before NICK and USER."""
    session = ctx.session
    if session.user is not None:
        raise Refused(ERR_ALREADYREGISTERED)
    if not text:
        raise Refused(ERR_NEEDMOREPARAMS, "PASS")
    name, colon, secret = text.partition(":")
    names_account = bool(colon and secret) and is_nick(split_device(name)[0], ctx.config.limits.nick)

    def go_on(opens: bool) -> None:
        session.knows_password = opens or (names_account and session.knows_password)
        if opens:
            return
        if names_account:
            ctx.node.desk.check(ctx, name, secret, lambda verdict: let_in(ctx, verdict))
        else:
            session.password = text  # of the account that the nickname belongs to, as soon as there is one

    if read_token(text) is not None:
        ctx.node.desk.check(ctx, "", text, lambda verdict: let_in(ctx, verdict))
    elif not ctx.node.server_password.is_asked_of(session) or (names_account and session.knows_password):
        go_on(False)
    else:
        ctx.node.server_password.check(ctx, text, go_on, may_log_in=names_account)


@observes(UserArrived)
def leave_again(node: Node, event: UserArrived) -> None:
    """The connection was lost while its user was arriving: nobody is left behind with that nickname."""
    sid, reason = event.origin.sid, "Connection closed"
    if event.origin.node == node.name and sid not in node.sessions:
        user = node.network.users.get(event.origin.uid)
        if user is not None and user.kept_as:
            node.emit(SessionDetached(event.origin, reason, reason, node.config.presence.absent))
        else:
            node.emit(UserQuit(event.origin, reason, reason, sid=sid))


@recovers(UserArrived)
def try_again(ctx: Context, event: UserArrived) -> None:
    """The nickname was taken meanwhile: another one may still be given."""
    ctx.session.uid = ""
    ctx.session.nick = ""


@follows(UserArrived)
@follows(SessionAttached)
def welcome(ctx: Context, event: UserArrived | SessionAttached) -> None:
    """Greet a new user, or session: 001 to 005, LUSERS, MOTD, and the modes it has from the start (221)."""
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


@command("QUIT", "[<reason>]", example="QUIT :good night", before=True, cost=0)
def quit_(ctx: Context, reason: str = "") -> None:
    """Leave the server."""
    ctx.session.close(f"Quit: {clip(reason, ctx.config.limits.quit)}")


@losing
def depart(ctx: Context, reason: str) -> None:
    """A connection is gone: its user quits, unless it has others, or stays without."""
    user, sid = ctx.session.user, ctx.session.sid
    if user is None:
        return
    shown = clip(reason, ctx.config.limits.quit + 6)
    if user.kept_as or len(user.sessions) > 1:
        ctx.emit(SessionDetached(ctx.origin, shown, reason, ctx.config.presence.absent))
    else:
        ctx.emit(UserQuit(ctx.origin, shown, reason, sid=sid))


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
