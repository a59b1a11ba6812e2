"""Whose a nickname is, and what becomes of who has somebody else's; for NICK, LOGIN and the end of registration."""

from __future__ import annotations

from secrets import randbelow
from typing import TYPE_CHECKING

from chatd.core.events import NickChanged
from chatd.core.names import is_nick
from chatd.core.refusal import Refused
from chatd.core.user import User
from chatd.core.wishes import ENFORCE, MULTICLIENT
from chatd.wire.numerics import ERR_ERRONEUSNICKNAME, ERR_NICKNAMEINUSE

if TYPE_CHECKING:
    from chatd.context import Context, Node


def check_nick(ctx: Context, wanted: str) -> User | None:
    """Refuse what is no nickname, and one that somebody else has.

    Returns who has it without being its owner, while this session is: that one is to be renamed.
    """
    if not is_nick(wanted, ctx.config.limits.nick):
        shown = wanted if " " not in wanted else "*"
        raise Refused(ERR_ERRONEUSNICKNAME, shown if not shown.startswith(":") else "*")
    holder = ctx.network.user(wanted)
    if ctx.session.user is None and ctx.network.fold(ctx.session.account or "") in ctx.network.kept:
        return None  # whatever is asked for, it will be the nickname one has
    if ctx.network.is_reserved(wanted):
        raise Refused(ERR_NICKNAMEINUSE, wanted)
    if holder is None or holder is ctx.session.user:
        return None
    owner = ctx.network.registry.owner(holder.folded)
    if owner is not None and owner == account_of(ctx) and owner != holder.account:
        return holder
    if ctx.session.user is None and may_share(ctx.node, holder):
        return None  # it may be oneself: who one is, is known when everything has been said
    raise Refused(ERR_NICKNAMEINUSE, wanted)


def account_of(ctx: Context) -> str | None:
    """The account this session is logged in to, before registration as after it."""
    user = ctx.session.user
    return ctx.session.account if user is None else user.account


def foreign_owner(node: Node, nick: str, account: str | None) -> str | None:
    """The account that keeps a nickname from who is logged in to ``account``; None where anybody may have it."""
    owner = node.network.registry.owner(node.network.fold(nick))
    return None if owner is None or owner == account or enforcement(node, owner) == "off" else owner


def enforcement(node: Node, owner: str) -> str:
    """What becomes of others under the nicknames of an account: "guest", "refuse" or "off"."""
    settings, registry = node.config.accounts, node.network.registry
    chosen = registry.wish(node.network.fold(owner), ENFORCE) if settings.enforcement_by_account else ""
    return chosen or settings.nick_enforcement


def may_share(node: Node, holder: User) -> bool:
    """Say whether others who are logged in to a user's account may become one more connection of that user.

    One who is here without any can always be come back to.
    """
    if holder.account is None or not holder.sessions:
        return holder.account is not None
    wish = node.network.registry.wish(node.network.fold(holder.account), MULTICLIENT)
    return node.config.presence.multiclient and wish == "on"


def is_shared(node: Node, holder: User, account: str | None) -> bool:
    """Say whether who is logged in to this account may become one more connection of a nickname's holder."""
    fold = node.network.fold
    if account is None or holder.account is None or not may_share(node, holder):
        return False
    return fold(holder.account) == fold(account)


def is_guest(node: Node, nick: str) -> bool:
    """Say whether this is a nickname that guests are given."""
    fold = node.network.fold
    beginning, folded = fold(node.config.accounts.guest_nick), fold(nick)
    return folded.startswith(beginning) and folded[len(beginning) :].isdigit()


def guest_nick(node: Node) -> str:
    """A nickname for a guest that nobody has at present."""
    while True:
        nick = f"{node.config.accounts.guest_nick[: node.config.limits.nick - 6]}{randbelow(900_000) + 100_000}"
        if node.network.user(nick) is None:
            return nick


def make_guest(node: Node, user: User) -> None:
    """Take a nickname from who has it without being its owner."""
    node.emit(NickChanged(user.origin("", node.name), guest_nick(node)))
