"""NickServ: DROP, and ERASE for operators: the end of an account and of everything stored about it."""

from __future__ import annotations

import hmac

from chatd.core.accounts import Account, Deleted
from chatd.core.events import AccountDeleted
from chatd.interfaces import AccountStore
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request

CODE_LETTERS = 8


@NICKSERV.command("DROP", "[<code>]", example="DROP", login=True, cost=5)
def drop(request: Request, code: str = "") -> None:
    """Delete your account with everything stored about it: password, address, certificates, tokens, settings. Your
    channels go to their successors. The first time it tells you a code to do it with; it cannot be undone, and a
    log-in by a session token is not enough for it."""
    request.need_more_than_token()
    now_ms, reserve_ms, key = moments(request)

    def act(store: AccountStore, account: Account) -> Deleted | str:
        expected = code_for(account, now_ms, key)
        if code.lower() == expected:
            return store.delete(account.account_id, now_ms, reserve_until_ms=reserve_ms)
        return expected

    def done(result: Deleted | str) -> None:
        if isinstance(result, str):
            if code:
                raise Declined("That is not the code. DROP tells it.")
            request.say(f"This deletes your account {request.account} and everything stored about it, for good.")
            request.say(f"If you are sure: DROP {result}")
        else:
            say_gone(request, result)

    request.with_account(act, done, committed=lambda result: announce(request, result))


@NICKSERV.command("ERASE", "<account>", example="ERASE spammer", privilege="accounts", cost=5)
def erase(request: Request, account: str) -> None:
    """Delete somebody's account with everything stored about it. Channels go to their successors."""

    now_ms, reserve_ms, _ = moments(request)

    def done(result: Deleted) -> None:
        request.notify_operators(result.account.name)
        say_gone(request, result)

    request.with_account(
        lambda store, found: store.delete(found.account_id, now_ms, reserve_until_ms=reserve_ms),
        done,
        name=account,
        committed=lambda result: announce(request, result),
    )


def moments(request: Request) -> tuple[int, int, bytes]:
    """Now, until when the names are kept from everybody (0: not at all), and the key of codes."""
    now_ms, days = request.ctx.now_ms(), request.config.accounts.reserved_days
    return now_ms, now_ms + days * 86_400_000 if days else 0, request.ctx.node.cloak_secret.encode()


def code_for(account: Account, now_ms: int, key: bytes) -> str:
    """What has to be repeated: nobody else can know it, and it is of this account and today only."""
    text = f"drop {account.account_id} {account.created_ms} {now_ms // 86_400_000}"
    return hmac.new(key, text.encode(), "sha256").hexdigest()[:CODE_LETTERS]


def announce(request: Request, result: Deleted | str) -> None:
    """Let the network know, whoever is still here."""
    if isinstance(result, Deleted):
        node = request.ctx.node
        node.desk.throttle.forget(result.account.folded)
        node.emit(AccountDeleted(node.origin, result.account.name))


def say_gone(request: Request, result: Deleted) -> None:
    """What went with it."""
    request.say(f"The account {result.account.name} is gone.")
    if result.inherited:
        request.say(f"Channels that their successors have now: {' '.join(result.inherited)}")
    if result.dropped:
        request.say(f"Channels that are not registered any more: {' '.join(result.dropped)}")
