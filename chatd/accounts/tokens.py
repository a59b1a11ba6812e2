"""Session tokens, made for whoever has logged in and asks: what a device comes back with instead of the password."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from chatd.config import Accounts
from chatd.core.accounts import Account, NoSuchAccount, SessionToken, TooMany
from chatd.core.refusal import Failed
from chatd.credentials.tokens import TokenText, hash_secret, new_token
from chatd.interfaces import AccountStore
from chatd.wire.chunks import clip

if TYPE_CHECKING:
    from chatd.context import Context

DEVICE_BYTES: Final = 60
DAY_MS: Final = 86_400_000


TOKEN_ONLY: Final = "A session token is not enough for this; log in with your password or certificate first"


class Issued(NamedTuple):
    """A new token; ``text`` is "" when none could be made, and ``problem`` says why in a sentence."""

    text: str
    token_id: str
    problem: str

    def __repr__(self) -> str:
        return f"Issued({self.token_id!r}, {self.problem!r})"


def made_token(
    account_id: int, device: str, ip: str, now_ms: int, settings: Accounts
) -> tuple[TokenText, SessionToken]:
    """A new token, as it is told once and as it is kept."""
    text = new_token()
    shown = "".join(letter for letter in device if letter.isprintable())
    expires_ms = now_ms + settings.token_days * DAY_MS if settings.token_days else 0
    return text, SessionToken(
        text.token_id, account_id, hash_secret(text.secret), clip(shown, DEVICE_BYTES), ip, now_ms, now_ms, expires_ms
    )


def maker(ctx: Context, device: str) -> Callable[[AccountStore, Account], tuple[TokenText, SessionToken]]:
    """Give what makes a token for a device and keeps it, for a thread; it asks the store, and raises TooMany."""
    now_ms, ip, settings = ctx.now_ms(), ctx.session.ip, ctx.config.accounts

    def make(store: AccountStore, account: Account) -> tuple[TokenText, SessionToken]:
        text, kept = made_token(account.account_id, device, ip, now_ms, settings)
        store.add_token(kept, settings.tokens)
        return text, kept

    return make


def account_named(store: AccountStore, folded: str) -> Account:
    """The account of exactly this name; asks the store, raises NoSuchAccount."""
    account = store.find(folded)
    if account is None or account.folded != folded:
        raise NoSuchAccount
    return account


def valid_tokens(store: AccountStore, account: Account, now_ms: int) -> list[SessionToken]:
    """Those that have not expired, the oldest first; asks the store."""
    return [token for token in store.tokens(account.account_id) if token.is_valid(now_ms)]


def revoke(store: AccountStore, account: Account, which: str) -> int:
    """Revoke one by its id, or ALL, in the store; says how many there were."""
    if which.upper() == "ALL":
        return store.remove_tokens(account.account_id)
    return int(store.remove_token(account.account_id, which))


def issue(ctx: Context, account_id: int, device: str, then: Callable[[Issued], None]) -> None:
    """Make a token for a device (what its owner calls it); it is shown once, and only its hash is kept."""
    node, settings = ctx.node, ctx.config.accounts
    text, made = made_token(account_id, device, ctx.session.ip, ctx.now_ms(), settings)

    def add() -> Issued:
        try:
            node.accounts.add_token(made, settings.tokens)
        except TooMany:
            return Issued("", "", f"The account has {settings.tokens} session tokens already; revoke one first")
        except NoSuchAccount:
            return Issued("", "", "The account is gone")
        return Issued(text.text, text.token_id, "")

    problem = "No session token can be made just now; try again in a minute"
    ctx.wait(add, then, unavailable=lambda: then(Issued("", "", problem)))


def must_know_more(ctx: Context) -> bool:
    """Say whether a session has shown nothing but a token, and is to show more first.

    A token is for a device, expires and is revoked: so it makes no credential that stays, and nothing ends by it that
    cannot be had back.
    """
    return ctx.session.by_token


def device_wished(wishes: Sequence[str]) -> str | None:
    """The device of ``token`` or ``token=<device>`` among the words behind a log-in; None when no token is wished."""
    for wish in wishes:
        name, _, device = wish.partition("=")
        if name.lower() == "token":
            return device
    return None


def hand_over(ctx: Context, account: Account, wishes: Sequence[str]) -> None:
    """Where it is wished, make a token and say it: ``NOTE <command> TOKEN <account> <token> :text``."""
    device, verb = device_wished(wishes), ctx.verb
    if device is None:
        return

    def made(issued: Issued) -> None:
        if issued.problem:
            ctx.session.fail(Failed(verb, "NO_TOKEN", account.name, text=issued.problem), "WARN")
        else:
            text = "Come back with this session token instead of the password; it is not shown again"
            ctx.session.fail(Failed(verb, "TOKEN", account.name, issued.text, text=text), "NOTE")

    if must_know_more(ctx):
        made(Issued("", "", TOKEN_ONLY))
    else:
        issue(ctx, account.account_id, device, made)
