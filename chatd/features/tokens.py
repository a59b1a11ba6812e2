"""TOKEN: session tokens, for programs; with them one comes back later instead of with a password."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from chatd.accounts.nicknames import account_of
from chatd.accounts.tokens import TOKEN_ONLY, account_named, maker, must_know_more, revoke, valid_tokens
from chatd.clock import utc_text
from chatd.context import Context
from chatd.core.accounts import Account, NoSuchAccount, SessionToken, TooMany
from chatd.core.catalog import command
from chatd.core.refusal import Failed
from chatd.credentials.tokens import TokenText
from chatd.interfaces import AccountStore
from chatd.wire.message import middle

T = TypeVar("T")


@command("TOKEN", "NEW [<device>] | LIST | REVOKE <id>", example="TOKEN NEW :my phone", before=True, cost=5)
def token(ctx: Context, subcommand: str, given: str = "") -> None:
    """Have a session token to come back with instead of the password; list them; revoke one, or ALL."""
    match subcommand.upper():
        case "NEW":
            if must_know_more(ctx):
                raise Failed("TOKEN", "PASSWORD_REQUIRED", text=TOKEN_ONLY)
            ask(ctx, maker(ctx, " ".join(given.split()) or "unnamed"), partial(show_new, ctx))
        case "LIST":
            now_ms = ctx.now_ms()
            ask(ctx, lambda store, account: valid_tokens(store, account, now_ms), partial(show_list, ctx))
        case "REVOKE" if given:
            ask(ctx, lambda store, account: revoke(store, account, given), partial(show_revoked, ctx, given))
        case "REVOKE":
            raise Failed("TOKEN", "NEED_MORE_PARAMS", subcommand, text="Which one? LIST shows their ids; ALL is all")
        case _:
            raise Failed("TOKEN", "INVALID_PARAMS", middle(subcommand), text="TOKEN takes NEW, LIST and REVOKE")


def ask(ctx: Context, act: Callable[[AccountStore, Account], T], then: Callable[[T], None]) -> None:
    """Have something done about the tokens of the account this session is logged in to."""
    name = account_of(ctx)
    if name is None:
        raise Failed("TOKEN", "ACCOUNT_REQUIRED", text="You are not logged in")
    store, folded = ctx.node.accounts, ctx.network.fold(name)

    def work() -> T:
        try:
            return act(store, account_named(store, folded))
        except TooMany:
            text = "The account has as many tokens as it may have; REVOKE one"
            raise Failed("TOKEN", "TOO_MANY_TOKENS", text=text) from None
        except NoSuchAccount:
            raise Failed("TOKEN", "ACCOUNT_REQUIRED", text="You are not logged in") from None

    ctx.wait(work, then)


def show_new(ctx: Context, made: tuple[TokenText, SessionToken]) -> None:
    """``TOKEN NEW <id> <expiry> <token>``: the only time that the token itself is told."""
    text, kept = made
    ctx.session.push(f":{ctx.node.name} TOKEN NEW {kept.token_id} {until(kept)} {text.text}")


def show_list(ctx: Context, tokens: list[SessionToken]) -> None:
    """``TOKEN LIST <id> <created> <used> <expiry> <address> :<device>`` for each, then ``TOKEN END``."""
    for each in tokens:
        ctx.session.push(
            f":{ctx.node.name} TOKEN LIST {each.token_id} {utc_text(each.created_ms)} {utc_text(each.used_ms)}"
            f" {until(each)} {middle(each.address or '*')} :{each.device}"
        )
    ctx.session.push(f":{ctx.node.name} TOKEN END")


def show_revoked(ctx: Context, which: str, count: int) -> None:
    """``TOKEN REVOKED <id or *> <count>``."""
    if which.upper() == "ALL":
        ctx.session.push(f":{ctx.node.name} TOKEN REVOKED * {count}")
    elif count:
        ctx.session.push(f":{ctx.node.name} TOKEN REVOKED {which} {count}")
    else:
        raise Failed("TOKEN", "UNKNOWN_TOKEN", middle(which), text="You have no token of that id")


def until(token: SessionToken) -> str:
    """When a token expires, ``*`` for never."""
    return utc_text(token.expires_ms) if token.expires_ms else "*"
