"""Session tokens, made for whoever has logged in and asks: what a device comes back with instead of the password."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from chatd.core.accounts import Account, NoSuchAccount, SessionToken, TooMany
from chatd.core.refusal import Failed
from chatd.credentials.tokens import hash_secret, new_token
from chatd.wire.chunks import clip

if TYPE_CHECKING:
    from chatd.context import Context

DEVICE_BYTES: Final = 60
DAY_MS: Final = 86_400_000


class Issued(NamedTuple):
    """A new token; ``text`` is "" when none could be made, and ``problem`` says why in a sentence."""

    text: str
    token_id: str
    problem: str

    def __repr__(self) -> str:
        return f"Issued({self.token_id!r}, {self.problem!r})"


def issue(ctx: Context, account_id: int, device: str, then: Callable[[Issued], None]) -> None:
    """Make a token for a device (what its owner calls it); it is shown once, and only its hash is kept."""
    node, settings = ctx.node, ctx.config.accounts
    text, now_ms = new_token(), ctx.now_ms()
    expires_ms = now_ms + settings.token_days * DAY_MS if settings.token_days else 0
    made = SessionToken(
        text.token_id, account_id, hash_secret(text.secret), clip(device, DEVICE_BYTES), ctx.session.ip, now_ms, now_ms,
        expires_ms,
    )  # fmt: skip

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

    issue(ctx, account.account_id, device, made)
