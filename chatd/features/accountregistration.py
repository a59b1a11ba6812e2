"""REGISTER and VERIFY: making an account.  See IRCv3 draft/account-registration.

What is allowed, and how accounts are made, is the registrar's; NickServ asks there as well.
"""

from __future__ import annotations

from typing import Any

from chatd.accounts.registrar import Answer
from chatd.accounts.tokens import hand_over
from chatd.accounts.verdict import Denied, judge
from chatd.context import Context
from chatd.core.accounts import Account
from chatd.core.caps import Capability
from chatd.core.catalog import Isupport, command
from chatd.core.refusal import Failed
from chatd.interfaces import Peer


class AccountRegistration(Capability):
    """Offered while accounts can be made here; its value says what is needed."""

    __slots__ = ()

    def offered(self, config: Any, peer: Peer, version: int) -> str | None:
        """See ``Capability``."""
        if config.accounts.registration == "closed":
            return None
        return super().offered(config, peer, version)


def terms(config: Any) -> str:
    """The keys of the capability's value."""
    accounts = config.accounts
    keys = {
        "before-connect": accounts.register_before_connect,
        "email-required": accounts.email_required,
        "custom-account-name": accounts.custom_names,
    }
    return ",".join(key for key, holds in keys.items() if holds)


ACCOUNT_REGISTRATION = AccountRegistration("draft/account-registration", terms)
ACCOUNT_REQUIRED = Isupport("draft/ACCOUNTREQUIRED", lambda node: node.config.accounts.required)


@command(
    "REGISTER", "<account | *> <e-mail | *> <password> [token[=<device>]] [invite=<code>]",
    example="REGISTER * * correct-horse", before=True, cost=5,
)  # fmt: skip
def register(ctx: Context, name: str, email: str, password: str, *wishes: str) -> None:
    """Make an account of your nickname, with a password."""
    check_state(ctx, name)
    nick = ctx.session.shown_nick
    account = nick if name == "*" else name
    if nick == name == "*" and (refused := ctx.session.refused_nick):
        raise Failed("REGISTER", "ACCOUNT_EXISTS", refused, text="Somebody has that nickname: choose another one")
    if nick == "*":
        raise Failed("REGISTER", "NEED_NICK", "*", text="First choose a nickname: NICK <nickname>")
    fold = ctx.network.fold
    if not ctx.config.accounts.custom_names and fold(account) != fold(nick):
        text = "The name of an account is the nickname you have"
        raise Failed("REGISTER", "ACCOUNT_NAME_MUST_BE_NICK", account, text=text)

    def made(answer: Answer) -> None:
        if not isinstance(answer, Account):
            raise Failed("REGISTER", answer.code, account, text=answer.text)
        if not answer.verified_ms:
            say(ctx, "VERIFICATION_REQUIRED", answer.name, f"Account created; a code has been sent to {email}: "
                f"VERIFY {answer.name} <code>")  # fmt: skip
            return
        say(ctx, "SUCCESS", answer.name, "Account successfully registered")
        log_in(ctx, answer, *wishes)

    invitation = next((wish[7:] for wish in wishes if wish.lower().startswith("invite=")), "")
    wanted = "" if email == "*" else email
    ctx.node.registrar.register(ctx, account, password, made, email=wanted, invitation=invitation)


@command("VERIFY", "<account> <code>", example="VERIFY alice ABCDEFGHJKLM", before=True, cost=5)
def verify(ctx: Context, name: str, code: str, *wishes: str) -> None:
    """Give the code that was sent to you when you registered."""
    check_state(ctx, name)

    def confirmed(answer: Answer, is_new: bool) -> None:
        if not isinstance(answer, Account):
            raise Failed("VERIFY", answer.code, name, text=answer.text)
        say(ctx, "SUCCESS", answer.name, "Account successfully registered" if is_new else "Address confirmed")
        if is_new:
            log_in(ctx, answer, *wishes)

    ctx.node.registrar.verify(ctx, name, code, confirmed)


def check_state(ctx: Context, name: str) -> None:
    """Refuse who is logged in, and who is not registered yet where that comes first, or the server's password does."""
    if ctx.session.user is None and not ctx.config.accounts.register_before_connect:
        raise Failed(ctx.verb, "COMPLETE_CONNECTION_REQUIRED", text="First complete the connection")
    if ctx.session.user is None and not ctx.node.server_password.lets_in(ctx.session):
        text = "First give the password of this server: PASS <password>"
        raise Failed(ctx.verb, "TEMPORARILY_UNAVAILABLE", name, text=text)
    account = ctx.session.account
    if account is not None:
        raise Failed(ctx.verb, "ALREADY_AUTHENTICATED", name, text=f"You are logged in as {account} already")


def say(ctx: Context, code: str, account: str, text: str) -> None:
    """``REGISTER SUCCESS <account> :text`` and the like."""
    ctx.session.push(f":{ctx.node.name} {ctx.verb} {code} {account} :{text}")


def log_in(ctx: Context, account: Account, *wishes: str) -> None:
    """Afterward, the client is assumed to be authenticated to the account as if it used SASL."""
    verdict = judge(account, ctx.now_ms())
    if isinstance(verdict, Denied):
        ctx.session.inform(Failed(ctx.verb, "LOGIN_FAILED", account.name, text=f"{verdict.text}."), "WARN")
        return
    ctx.node.desk.admit(ctx, account)
    hand_over(ctx, account, wishes)
    ctx.complete()
