"""NickServ: GROUP, UNGROUP: further nicknames of an account."""

from __future__ import annotations

from chatd.accounts.naming import name_objection
from chatd.core.accounts import Account, NameTaken, StoreError, TooMany
from chatd.core.events import NickGrouped, NickUngrouped
from chatd.interfaces import AccountStore
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request


@NICKSERV.command("GROUP", login=True, cost=5)
def group(request: Request) -> None:
    """Let the nickname you have now belong to your account as well."""
    ctx = request.ctx
    nick, node, origin = ctx.user.nick, ctx.node, ctx.node.origin
    folded = ctx.network.fold(nick)
    owner = ctx.network.registry.owner(folded)
    if owner is not None and owner == request.account:
        raise Declined(f"{nick} belongs to your account already.")
    objection = name_objection(ctx, nick)
    if objection is not None:
        raise Declined(f"{objection.text}.")
    limit = ctx.config.accounts.nicks_per_account

    def act(store: AccountStore, account: Account) -> Account:
        store.group(account.account_id, nick, folded, limit)
        return account

    request.with_account(
        act,
        lambda account: request.say(f"{nick} belongs to {account.name} now."),
        refused=why_not,
        committed=lambda account: node.emit(NickGrouped(origin, account.name, nick)),
    )


def why_not(problem: StoreError) -> str:
    """What the store says no to."""
    match problem:
        case NameTaken():
            return "That nickname is taken."
        case TooMany():
            return "Your account has as many nicknames as it may have; UNGROUP one."
        case _:
            return ""


@NICKSERV.command("UNGROUP", "<nickname>", example="UNGROUP ally", login=True, cost=5)
def ungroup(request: Request, nick: str) -> None:
    """Take a nickname away from your account; anybody can have it then. Not for a log-in by a session token."""
    request.need_more_than_token()
    ctx = request.ctx
    folded, node, origin = ctx.network.fold(nick), ctx.node, ctx.node.origin

    def act(store: AccountStore, account: Account) -> tuple[Account, bool]:
        return account, store.ungroup(account.account_id, folded)

    def done(result: tuple[Account, bool]) -> None:
        account, was_there = result
        if not was_there:
            raise Declined(f"{nick} is no further nickname of your account.")
        request.say(f"{nick} does not belong to {account.name} any more.")

    def tell(result: tuple[Account, bool]) -> None:
        if result[1]:
            node.emit(NickUngrouped(origin, result[0].name, nick))

    request.with_account(act, done, committed=tell)
