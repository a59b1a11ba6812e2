"""NICK: taking a nickname, which may belong to an account.  See Modern IRC, "NICK message"."""

from __future__ import annotations

from chatd.accounts.nicknames import check_nick, foreign_owner, is_guest, make_guest
from chatd.context import Context, Node
from chatd.core.attempts import ChangeNick
from chatd.core.catalog import command, observes, renders
from chatd.core.events import AccountChanged, NickChanged
from chatd.core.refusal import Failed, Refused
from chatd.core.user import User
from chatd.wire.numerics import ERR_NICKNAMEINUSE, ERR_NONICKNAMEGIVEN


@command("NICK", "<nickname>", example="NICK alice", before=True)
def nick(ctx: Context, wanted: str = "") -> None:
    """Take a nickname, or change it."""
    if not wanted:
        raise Refused(ERR_NONICKNAMEGIVEN)
    user = ctx.session.user
    try:
        intruder = check_nick(ctx, wanted)
    except Refused as refusal:
        if user is None and refusal.numeric is ERR_NICKNAMEINUSE:
            ctx.session.refused_nick = wanted
        raise
    if user is None:
        if intruder is not None:
            make_guest(ctx.node, intruder)
        ctx.session.nick = wanted
        ctx.complete()
        return
    if wanted == user.nick:
        return
    if ctx.network.fold(wanted) != user.folded and foreign_owner(ctx.node, wanted, user.account) is not None:
        text = f"{wanted} belongs to an account. If it is yours, log in: /msg NickServ IDENTIFY {wanted} <password>"
        ctx.session.inform(Failed("NICK", "NICKNAME_RESERVED", wanted, text=text), "FAIL")
        raise Refused(ERR_NICKNAMEINUSE, wanted)
    ctx.attempt(ChangeNick(user, wanted))
    for membership in user.channels.values():
        ctx.attempt(ChangeNick(user, wanted, membership.channel))
    if intruder is not None:
        make_guest(ctx.node, intruder)
    ctx.emit(NickChanged(ctx.origin, wanted))


@renders(NickChanged)
def show_nick_changed(event: NickChanged) -> str:
    """``:source NICK new``."""
    return f":{event.origin.source} NICK {event.nick}"


@observes(AccountChanged, rank=1)
def follow_account(node: Node, event: AccountChanged) -> None:
    """Whoever logs out of a nickname's account becomes a guest; a guest that logs in gets the account's nickname."""
    user = node.network.users.get(event.origin.uid)
    if user is None or user.node != node.name:
        return
    is_foreign = foreign_owner(node, user.nick, user.account) is not None
    if is_foreign:
        tell_reserved(node, user)
    if user.account is not None and node.network.user(user.account) is None:
        if is_foreign or is_guest(node, user.nick):
            node.emit(NickChanged(user.origin("", node.name), user.account))
    elif is_foreign:
        make_guest(node, user)


def tell_reserved(node: Node, user: User) -> None:
    """Tell a user of this node why it gets another nickname."""
    text = f"{user.nick} belongs to an account that you are not logged in to. You get another nickname."
    for session in node.present(user.audience):
        session.inform(Failed("NICK", "NICKNAME_RESERVED", user.nick, text=text), "WARN")
