"""NickServ: INFO, and LIST for operators."""

from __future__ import annotations

from collections.abc import Callable

from chatd.accounts.choices import in_short
from chatd.context import Node
from chatd.core.accounts import Account
from chatd.core.wishes import HIDE_MAIL, HIDE_SEEN
from chatd.interfaces import AccountStore
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request
from chatd.wire.masks import glob

MOST_LISTED = 100


@NICKSERV.command("INFO", "[<account>]", example="INFO alice", cost=2)
def info(request: Request, account: str = "") -> None:
    """Show what is known of an account: to everybody its name and age, and what SET HIDE-MAIL and HIDE-SEEN allow; to
    you about your own, and to operators with the privilege accounts, also its nicknames, address, last log-in,
    certificates, tokens and settings."""
    ctx = request.ctx
    if not account and ctx.user.account is None:
        raise Declined("Whose? It is written: INFO <account>.")
    own = ctx.network.fold(ctx.user.account) if ctx.user.account is not None else ""
    is_privileged, now_ms, text = ctx.has_privilege("accounts"), ctx.now_ms(), ctx.node.clock_text

    def look(store: AccountStore, found: Account) -> tuple[Account, list[str]]:
        return found, inner_lines(store, found, now_ms, text) if is_privileged or found.folded == own else []

    def show(result: tuple[Account, list[str]]) -> None:
        found, lines = result
        if not found.verified_ms and not lines:
            raise Declined(f"There is no account {account}.")
        request.say(f"\x02{found.name}\x02 was registered {ctx.node.clock_text(found.created_ms)}.")
        if lines:
            request.say(f"Settings: {', '.join(in_short(ctx.node, found.folded))}")
        for line in lines or outer_lines(ctx.node, found):
            request.say(line)

    request.with_account(look, show, name=account)


def outer_lines(node: Node, account: Account) -> list[str]:
    """What everybody sees, as far as the owner wishes."""
    wish = node.network.registry.wish
    seen = f"Last log-in: {node.clock_text(account.seen_ms) if account.seen_ms else 'never'}"
    lines = [] if wish(account.folded, HIDE_SEEN) == "on" else [seen]
    if account.email and wish(account.folded, HIDE_MAIL) == "off":
        lines.append(f"E-mail: {account.email}")
    return lines


def inner_lines(store: AccountStore, account: Account, now_ms: int, text: Callable[[int], str]) -> list[str]:
    """What only its owner and operators see; asks the store."""
    nicks = store.nicks(account.account_id)
    tokens = [token for token in store.tokens(account.account_id) if token.is_valid(now_ms)]
    lines = [
        f"Last log-in: {text(account.seen_ms) if account.seen_ms else 'never'}",
        f"E-mail: {account.email or 'none'}",
        f"Further nicknames: {' '.join(nicks) or 'none'}",
        f"Certificates: {len(store.certificates(account.account_id))}, session tokens: {len(tokens)}",
    ]
    suspension = account.suspension
    if not account.verified_ms:
        lines.append("It waits for the code that was sent by e-mail.")
    if suspension is not None and suspension.holds(now_ms):
        until = f"until {text(suspension.expires_ms)}" if suspension.expires_ms else "for good"
        lines.append(f"Suspended {until} by {suspension.by}: {suspension.reason or 'no reason given'}")
    return lines


@NICKSERV.command("LIST", "[<mask>]", example="LIST ali*", privilege="accounts", cost=10)
def list_(request: Request, mask: str = "*") -> None:
    """List accounts and their nicknames by a mask with * and ?."""
    network = request.ctx.network
    folded = network.fold(mask)
    found = sorted(
        (account, nick) for nick, account in network.registry.owners.items() if glob(folded, nick)
    )
    for account, nick in found[:MOST_LISTED]:
        request.say(account if network.fold(account) == nick else f"{account}, by the nickname {nick}")
    more = f", the first {MOST_LISTED} shown" if len(found) > MOST_LISTED else ""
    request.say(f"{len(found)} found{more}.")
