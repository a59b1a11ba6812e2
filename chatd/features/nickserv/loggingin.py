"""NickServ: IDENTIFY, LOGIN, LOGOUT."""

from __future__ import annotations

from chatd.accounts.nicknames import is_guest
from chatd.accounts.verdict import Denied, Verdict
from chatd.core.events import AccountChanged
from chatd.credentials.tokens import read_token
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request


@NICKSERV.command("IDENTIFY", "[<account>] <password or token>", example="IDENTIFY alice correct-horse", secret=True)
def identify(request: Request, *words: str) -> None:
    """Log in, with the password or a session token. Without an account, the one that your nickname belongs to is meant,
    or the nickname you came with; with nothing at all, the one of your TLS client certificate."""
    ctx = request.ctx
    desk = ctx.node.desk

    def judged(verdict: Verdict) -> None:
        if isinstance(verdict, Denied):
            raise Declined(f"{verdict.text}.")
        desk.admit(ctx, verdict)
        request.say(f"You are logged in as {verdict.name}.")

    answered = request.answering(judged)
    match words:
        case ():
            desk.check_certificate(ctx, "", answered)
        case (secret,):
            name = ctx.session.kept_nick if is_guest(ctx.node, ctx.user.nick) else ctx.user.nick
            desk.check(ctx, "" if read_token(secret) else name, secret, answered)
        case (account, secret):
            desk.check(ctx, account, secret, answered)
        case _:
            raise Declined("That is too much. It is written: IDENTIFY [<account>] <password>. A password with spaces "
                           "can be given with NS: NS IDENTIFY <account> :<password>")  # fmt: skip


@NICKSERV.command("LOGIN", "[<account>] <password or token>", secret=True, hidden=True)
def login(request: Request, *words: str) -> None:
    """The same as IDENTIFY."""
    identify(request, *words)


@NICKSERV.command("ID", "[<account>] <password or token>", secret=True, hidden=True)
def id_(request: Request, *words: str) -> None:
    """The same as IDENTIFY."""
    identify(request, *words)


@NICKSERV.command("LOGOUT", login=True)
def logout(request: Request) -> None:
    """Log out of your account; you stay connected."""
    ctx = request.ctx
    account = request.account
    ctx.session.kept_nick = ctx.user.nick  # which may go with the account; IDENTIFY then means it
    ctx.emit(AccountChanged(ctx.origin, None))
    request.say(f"You are no longer logged in as {account}.")
