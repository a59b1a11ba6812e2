"""NickServ: SET, PASSWD."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chatd.accounts.choices import described, event_of, objection, usual
from chatd.accounts.naming import address_objection, password_objection, wait_words
from chatd.accounts.verdict import Denied, Verdict
from chatd.core.accounts import Account, Credentials, NoSuchAccount
from chatd.core.wishes import WISHES
from chatd.credentials.tokens import read_token
from chatd.presence.wishing import turn_of, writing
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request

TOPICS = {
    "EMAIL": "<address or -> <password> - where a code goes when you have lost your password; - takes it away",
    "PASSWORD": "<old> <new> - what you log in with",
    **{
        name.upper(): f"{' | '.join([*wish.values, 'default'])} - {wish.summary}: "
        + "; ".join(f"{value}: {meaning}" for value, meaning in wish.values.items())
        for name, wish in WISHES.items()
    },
}


@NICKSERV.command(
    "SET", "[<setting> <value>]", login=True, secret=True, cost=10, example="SET ENFORCE refuse", topics=TOPICS
)  # fmt: skip
def set_(request: Request, setting: str = "", *values: str) -> None:
    """Change your account, or show how it is set. For EMAIL and PASSWORD your password is asked for, as somebody may
    sit at your screen. HELP SET and a setting says more of one."""
    match setting.upper(), values:
        case "", ():
            for line in described(request.ctx.node, request.ctx.network.fold(request.account)):
                request.say(line)
        case "EMAIL", (address, password):
            prove(request, password, lambda account: set_email(request, account, address))
        case "PASSWORD", (old, new):
            passwd(request, old, new)
        case name, (value,) if name.lower() in WISHES:
            choose(request, name.lower(), value.lower())
        case name, _ if name in TOPICS:
            raise Declined(f"It is written: SET {name} {TOPICS[name].partition(' - ')[0]}.")
        case _:
            raise Declined(f"There is no such setting. They are {', '.join(TOPICS)}.")


ALSO_CALLED: Final = {"true": "on", "yes": "on", "1": "on", "false": "off", "no": "off", "0": "off"}


def choose(request: Request, name: str, given: str) -> None:
    """Write a setting down; then it is so."""
    ctx = request.ctx
    given = ALSO_CALLED.get(given, given)
    value = None if given == "default" else given
    if value is not None and value not in WISHES[name].values:
        raise Declined(f"It is written: SET {name.upper()} {TOPICS[name.upper()].partition(' - ')[0]}.")
    why_not = objection(ctx.node, name, given)
    if why_not:
        raise Declined(why_not)
    origin, user, account = ctx.user.origin("", ctx.node.name), ctx.user, ctx.network.fold(request.account)
    request.write(
        turn_of(account, name),
        lambda: writing(ctx.node, user, account, name, value),
        lambda _found: request.say(f"{name.upper()} is {value or usual(ctx.node, name)} now."),
        lambda found: ctx.node.emit(event_of(origin, found.name, name, value)),
        lambda problem: "That account is gone." if isinstance(problem, NoSuchAccount) else "",
    )


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

    request.wait(lambda: passwords.make(new), keep, lane=node.desk.hashing_for(request.ctx, account.folded))


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
    why_not = address_objection(request.config, address)
    if why_not is not None:
        raise Declined(f"{why_not.text}.")
    if not node.letters.can_send:
        raise Declined("This server sends no e-mail, so it cannot know that the address is yours.")
    wait_s = node.letters.wait_s(ctx.session.ip, address)
    if wait_s:
        raise Declined(f"Many letters were sent; {wait_words(wait_s)}.")
    request.say(f"A code goes to {address}. Give it: VERIFY {account.name} <code>")
    node.registrar.post(ctx, account, "email", address)
