"""NickServ: REGISTER, VERIFY, RESETPASS."""

from __future__ import annotations

from chatd.accounts.naming import password_objection, wait_words
from chatd.accounts.registrar import Answer
from chatd.accounts.verdict import Denied, judge
from chatd.core.accounts import Account, CodeRefused, Credentials, StoreError
from chatd.credentials.tokens import hash_code
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request


@NICKSERV.command(
    "REGISTER", "<password> [<e-mail>] [<invitation>]", example="REGISTER correct-horse alice@example.org", secret=True,
    cost=10,
)  # fmt: skip
def register(request: Request, password: str, *more: str) -> None:
    """Make an account of your nickname. From then on the nickname is yours, and log-in by the password is how you get
    it. With an e-mail address you can have a new password if you lose this one. An invitation is only needed where the
    server asks for one."""
    ctx = request.ctx
    if ctx.user.account is not None:
        raise Declined(f"You are logged in as {ctx.user.account} already. GROUP adds a nickname to your account.")
    email = next((word for word in more if "@" in word), "")
    invitation = next((word for word in more if "@" not in word), "")
    if len(more) > bool(email) + bool(invitation):
        raise Declined("That is too much. HELP REGISTER says how it is written.")

    def made(answer: Answer) -> None:
        if not isinstance(answer, Account):
            raise Declined(f"{answer.text}.")
        if answer.verified_ms:
            ctx.node.desk.admit(ctx, answer)
            request.say(f"The account {answer.name} is made, and you are logged in to it.")
            if email and ctx.node.letters.can_send:
                request.say(f"A code goes to {email}. Give it with VERIFY {answer.name} <code> to have that address.")
        else:
            request.say(f"The account {answer.name} is made. Give the code that goes to {email}: "
                        f"VERIFY {answer.name} <code>")  # fmt: skip

    ctx.node.registrar.register(
        ctx, ctx.user.nick, password, request.answering(made), email=email, invitation=invitation
    )


@NICKSERV.command("VERIFY", "<account> <code>", example="VERIFY alice ABCD-EFGH-JKLM", secret=True, cost=5)
def verify(request: Request, account: str, *code: str) -> None:
    """Give the code that was sent to you by e-mail, for a new account or a new address."""
    ctx = request.ctx
    if not code:
        raise Declined("The code is missing. HELP VERIFY says how it is written.")

    def confirmed(answer: Answer, is_new: bool) -> None:
        with request.answered():
            if not isinstance(answer, Account):
                raise Declined(f"{answer.text}.")
            if not is_new:
                request.say(f"The account {answer.name} has the address {answer.email} now.")
                return
            verdict = judge(answer, ctx.now_ms())
            if isinstance(verdict, Denied):
                raise Declined(f"{verdict.text}.")
            ctx.node.desk.admit(ctx, answer)
            request.say(f"The account {answer.name} is confirmed, and you are logged in to it.")

    ctx.node.registrar.verify(ctx, account, "".join(code), confirmed)


@NICKSERV.command(
    "RESETPASS", "<account> [<code> <new password>]", example="RESETPASS alice ABCDEFGHJKLM correct-horse", secret=True,
    cost=10,
)  # fmt: skip
def resetpass(request: Request, account: str, code: str = "", password: str = "") -> None:
    """Have a code sent to the e-mail address of your account, then choose a new password with it. Session tokens are
    revoked then, as somebody else may have them."""
    if not request.ctx.node.letters.can_send:
        raise Declined("This server sends no e-mail. Ask its operators.")
    if not code:
        ask_for_code(request, account)
    elif not password:
        raise Declined("The new password is missing. HELP RESETPASS says how it is written.")
    else:
        choose_password(request, account, code, password)


def ask_for_code(request: Request, name: str) -> None:
    """The answer is the same whether or not there is such an account, or an address."""
    ctx = request.ctx
    node = ctx.node
    wait_s = node.letters.wait_s(ctx.session.ip, "")
    if wait_s:
        raise Declined(f"Too many letters were sent; {wait_words(wait_s)}.")

    def found(account: Account | None) -> None:
        request.say("If the account has an e-mail address, a code goes there now. RESETPASS <account> <code> <new "
                    "password> is what to do with it.")  # fmt: skip
        if account is None or not account.email or not account.verified_ms:
            node.letters.charge(ctx.session.ip, "")
        elif not node.letters.wait_s(ctx.session.ip, account.email):
            node.registrar.post(ctx, account, "reset", account.email)

    folded = ctx.network.fold(name)
    request.wait(lambda: node.accounts.find(folded), found)


def choose_password(request: Request, name: str, code: str, password: str) -> None:
    """Take the code; the password is judged first, so that no code is used up by one that cannot be."""
    ctx = request.ctx
    node = ctx.node
    objection = password_objection(node, name, password)
    if objection is not None:
        raise Declined(f"{objection.text}.")
    folded, now_ms = ctx.network.fold(name), ctx.now_ms()
    # Who guesses is held up, by address, not the account: its owner would be.
    wait_s = node.desk.throttle.begin("", ctx.session.ip, now_ms / 1000)
    if wait_s:
        raise Declined(f"Too many attempts; {wait_words(wait_s)}.")

    def keep(made: Credentials) -> Account:
        account = node.accounts.find(folded)
        if account is None:
            raise CodeRefused
        return node.accounts.reset(account.account_id, hash_code(code), made, now_ms)

    def kept(account: Account) -> None:
        node.desk.throttle.forget(account.folded)
        node.desk.throttle.succeeded("", ctx.session.ip)
        request.say(f"The account {account.name} has its new password. IDENTIFY {account.name} <password> logs you in.")

    def hashed(made: Credentials) -> None:
        request.wait(lambda: keep(made), kept, wrong_code)

    passwords = node.desk.passwords
    request.wait(lambda: passwords.make(password), hashed, lane=node.desk.hashing_for(ctx))


def wrong_code(problem: StoreError) -> str:
    """The only thing that may be wrong."""
    return "The code is wrong, or no longer good." if isinstance(problem, CodeRefused) else ""
