"""NickServ: SET, PASSWD."""

from __future__ import annotations

from collections.abc import Callable

from chatd.accounts.naming import password_objection, wait_words
from chatd.accounts.verdict import Denied, Verdict
from chatd.core.accounts import Account, Credentials
from chatd.credentials.tokens import read_token
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request
from chatd.wire.addresses import is_email


@NICKSERV.command(
    "SET", "EMAIL <address or -> <password> or PASSWORD <old> <new>", login=True, secret=True, cost=10,
    example="SET EMAIL alice@example.org correct-horse",
)  # fmt: skip
def set_(request: Request, setting: str = "", *values: str) -> None:
    """Change your account. EMAIL is where a code goes when you have lost your password (- takes it away), PASSWORD what
    you log in with. Your password is asked for, as somebody may sit at your screen."""
    match setting.upper(), values:
        case "EMAIL", (address, password):
            prove(request, password, lambda account: set_email(request, account, address))
        case "PASSWORD", (old, new):
            passwd(request, old, new)
        case _:
            raise Declined("It is written: SET EMAIL <address or -> <password>, or SET PASSWORD <old> <new>.")


@NICKSERV.command(
    "PASSWD", "<old> <new>", example="PASSWD correct-horse battery-staple", login=True, secret=True, cost=10
)
def passwd(request: Request, old: str, new: str) -> None:
    """Change your password. Who is logged in stays so, and session tokens stay good."""
    objection = password_objection(request.ctx.node, request.account, new)
    if objection is not None:
        raise Declined(f"{objection.text}.")
    prove(request, old, lambda account: set_password(request, account, new))


def prove(request: Request, password: str, then: Callable[[Account], None]) -> None:
    """Go on with who knows the password of the asker's account; a token does not stand for it here."""
    if read_token(password) is not None:
        raise Declined("That is a session token; this takes your password.")

    def judged(verdict: Verdict) -> None:
        if isinstance(verdict, Denied):
            raise Declined(f"{verdict.text}.")
        then(verdict)

    ctx = request.ctx
    ctx.node.desk.check(ctx, request.account, password, request.answering(judged))


def set_password(request: Request, account: Account, new: str) -> None:
    """Hash it, then keep it."""
    node = request.ctx.node
    passwords = node.desk.passwords

    def keep(made: Credentials) -> None:
        request.wait(lambda: node.accounts.set_credentials(account.account_id, made), kept)

    def kept(_: None) -> None:
        node.desk.throttle.forget(account.folded)
        request.say("Your password is changed. TOKEN LIST shows who can log in without it.")

    request.wait(lambda: passwords.make(new), keep, lane=node.lanes.hashing)


def set_email(request: Request, account: Account, address: str) -> None:
    """A new address is the account's when the code that goes there has been given."""
    ctx = request.ctx
    node = ctx.node
    if address == "-":
        request.wait(
            lambda: node.accounts.set_email(account.account_id, ""),
            lambda _: request.say("Your account has no e-mail address any more."),
        )
        return
    if not is_email(address):
        raise Declined("That is no e-mail address.")
    if not node.letters.can_send:
        raise Declined("This server sends no e-mail, so it cannot know that the address is yours.")
    wait_s = node.letters.wait_s(ctx.session.ip, address)
    if wait_s:
        raise Declined(f"Many letters were sent; {wait_words(wait_s)}.")
    request.say(f"A code goes to {address}. Give it: VERIFY {account.name} <code>")
    node.registrar.post(ctx, account, "email", address)
