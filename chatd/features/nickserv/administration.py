"""NickServ for operators: SUSPEND, UNSUSPEND, RENAME."""

from __future__ import annotations

from chatd.accounts.naming import name_objection
from chatd.core.accounts import Account, NameTaken, StoreError, Suspension
from chatd.core.events import AccountRenamed, UserQuit
from chatd.interfaces import AccountStore
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request
from chatd.wire.chunks import clip
from chatd.wire.durations import duration_of


@NICKSERV.command(
    "SUSPEND", "<account> [<duration>] [<reason>]", example="SUSPEND spammer 7d advertising", privilege="accounts"
)
def suspend(request: Request, account: str, *words: str) -> None:
    """Let nobody log in to an account, for good or for a time like 7d or 1d12h. Who is logged in to it is
    disconnected. Its nicknames and channels stay its own."""
    ctx = request.ctx
    lasting_ms = duration_of(words[0]) if words else None
    reason = clip(" ".join(words[1:] if lasting_ms is not None else words), ctx.config.limits.kick)
    now_ms = ctx.now_ms()
    suspension = Suspension(reason, ctx.user.nick, now_ms, now_ms + lasting_ms if lasting_ms else 0)

    def act(store: AccountStore, found: Account) -> Account:
        store.suspend(found.account_id, suspension)
        return found

    def done(found: Account) -> None:
        until = f"until {ctx.node.clock_text(suspension.expires_ms)}" if suspension.expires_ms else "for good"
        request.notify_operators(f"{found.name} {until}: {reason or 'no reason given'}")
        request.say(f"The account {found.name} is suspended {until}.")

    request.with_account(act, done, name=account, committed=lambda found: put_out(request, found.name, reason))


def put_out(request: Request, account: str, reason: str) -> None:
    """Whoever is logged in to an account is disconnected, before registration or after it."""
    node = request.ctx.node
    text = f"Account suspended: {reason}" if reason else "Account suspended"
    for user in [user for user in node.network.users.values() if user.account == account]:
        node.emit(UserQuit(user.origin("", node.name, request.ctx.session.sid), text, text))
    for session in [each for each in node.sessions.values() if each.user is None and each.account == account]:
        session.close(text)


@NICKSERV.command("UNSUSPEND", "<account>", example="UNSUSPEND spammer", privilege="accounts")
def unsuspend(request: Request, account: str) -> None:
    """Let an account be used again."""

    def act(store: AccountStore, found: Account) -> Account:
        store.suspend(found.account_id, None)
        return found

    def done(found: Account) -> None:
        if found.suspension is None:
            raise Declined(f"The account {found.name} is not suspended.")
        request.notify_operators(found.name)
        request.say(f"The account {found.name} can be used again.")

    request.with_account(act, done, name=account)


@NICKSERV.command("RENAME", "<account> <new name>", example="RENAME alice alicia", privilege="accounts")
def rename(request: Request, account: str, new: str) -> None:
    """Give an account another name; the old one is free then, further nicknames and everything else stay."""
    ctx = request.ctx
    node, folded, now_ms = ctx.node, ctx.network.fold(new), ctx.now_ms()
    if ctx.network.registry.owner(folded) is None and not is_their_nick(request, account, new):
        objection = name_objection(ctx, new)
        if objection is not None:
            raise Declined(f"{objection.text}.")

    def act(store: AccountStore, found: Account) -> tuple[Account, Account]:
        return found, store.rename(found.account_id, new, folded, now_ms)

    def done(result: tuple[Account, Account]) -> None:
        before, after = result
        request.notify_operators(f"{before.name} to {after.name}")
        request.say(f"The account {before.name} is {after.name} now.")

    def tell(result: tuple[Account, Account]) -> None:
        before, after = result
        node.desk.throttle.forget(before.folded)
        node.emit(AccountRenamed(node.origin, before.name, after.name))

    request.with_account(act, done, name=account, refused=taken, committed=tell)


def is_their_nick(request: Request, account: str, nick: str) -> bool:
    """Whether somebody who is logged in to the account is here under a nickname."""
    network = request.ctx.network
    holder = network.user(nick)
    return holder is not None and network.fold(holder.account or "") == network.fold(account)


def taken(problem: StoreError) -> str:
    """The only thing that may be wrong."""
    return "That name is taken." if isinstance(problem, NameTaken) else ""
