"""The one place where accounts are made and confirmed: who may, under which name, with which password and address.

Everybody who asks (REGISTER, NickServ) comes here.  Codes of objections are those of draft/account-registration.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from chatd.accounts.login import takes_passwords
from chatd.accounts.naming import Objection, address_objection, name_objection, password_objection, wait_words
from chatd.accounts.verdict import INSECURE
from chatd.config import is_within, networks
from chatd.core.accounts import Account, CodeRefused, Credentials, InvitationRefused, NameTaken, NoSuchAccount
from chatd.core.events import AccountRegistered
from chatd.credentials.throttle import Allowances, address_key
from chatd.credentials.tokens import hash_code

if TYPE_CHECKING:
    from chatd.context import Context, Node

Answer: TypeAlias = Account | Objection
Then: TypeAlias = Callable[[Answer], None]

LATER: Final = Objection("TEMPORARILY_UNAVAILABLE", "Accounts cannot be asked just now; try again in a minute")
WRONG_CODE: Final = Objection("INVALID_CODE", "The code is wrong, or no longer good")


class Registrar:
    """One for each node.  ``then`` is called with the account or the objection, unless the session is gone by then."""

    __slots__ = ("_node", "_spent")

    def __init__(self, node: Node) -> None:
        self._node = node
        self.use()

    def use(self) -> None:
        """Take the section ``[accounts]`` of the node; what was registered before is not counted any more."""
        settings = self._node.config.accounts
        self._spent = Allowances(settings.registrations_per_address, settings.registration_forgotten_s)

    # --- an account ----------------------------------------------------------------------------------------

    def register(
        self, ctx: Context, name: str, password: str, then: Then, *, email: str = "", invitation: str = ""
    ) -> None:
        """Make an account.  One whose ``verified_ms`` is 0 waits for the code that was sent to the address."""
        node = self._node
        objection = (
            self._policy_objection(ctx, email, invitation)
            or name_objection(ctx, name)
            or password_objection(node, name, password)
            or self._haste_objection(ctx, email)
        )
        if objection is not None:
            then(objection)
            return
        if not self._is_exempt(ctx.session.ip):
            self._spent.spend(address_key(ctx.session.ip), node.now_ms() / 1000)
        passwords = node.desk.passwords
        ctx.wait(
            lambda: passwords.make(password),
            lambda made: self._keep(ctx, name, made, email, invitation, then),
            lane=node.desk.hashing_for(ctx),
            unavailable=lambda: then(LATER),
        )

    def _policy_objection(self, ctx: Context, email: str, invitation: str) -> Objection | None:
        """Whether anybody may register so."""
        settings = self._node.config.accounts
        if not takes_passwords(self._node.config, ctx.session.peer):
            return Objection("UNACCEPTABLE_PASSWORD", INSECURE.text)
        if settings.registration == "closed":
            return Objection("DISALLOWED", "Nobody can register here; ask the server's operators")
        if settings.registration == "invitation" and not invitation:
            return Objection("INVITATION_REQUIRED", "To register here you need an invitation code")
        if email and (objection := address_objection(self._node.config, email)) is not None:
            return objection
        if settings.email_required and not email:
            return Objection("INVALID_EMAIL", "To register here you need an e-mail address")
        return None

    def _haste_objection(self, ctx: Context, email: str) -> Objection | None:
        """Whether this address of the network has made many accounts, or had many letters sent, just now."""
        node, ip = self._node, ctx.session.ip
        if self._is_exempt(ip):
            return None
        wait_s = self._spent.wait_s(address_key(ip), node.now_ms() / 1000)
        if wait_s:
            return Objection(LATER.code, f"Many accounts were made from your address; {wait_words(wait_s)}")
        if email and node.letters.can_send and (wait_s := node.letters.wait_s(ip, email)):
            return Objection(LATER.code, f"Many letters were sent; {wait_words(wait_s)}")
        return None

    def _is_exempt(self, ip: str) -> bool:
        """Say whether an address is without limits (``connections.exempt``)."""
        return is_within(ip, networks(self._node.config.connections.exempt))

    def _keep(
        self, ctx: Context, name: str, credentials: Credentials, email: str, invitation: str, then: Then
    ) -> None:
        node = self._node
        folded, now_ms = node.network.fold(name), node.now_ms()
        posts = bool(email) and node.letters.can_send
        required = posts and node.config.accounts.email_required
        code, pending = node.letters.make_code("register", email) if required else ("", None)
        invited = hash_code(invitation) if node.config.accounts.registration == "invitation" else None

        def keep() -> Answer:
            try:
                return node.accounts.register(
                    name, folded, credentials, now_ms, email="" if posts else email, pending=pending,
                    invitation_hash=invited,
                )  # fmt: skip
            except NameTaken:
                return Objection("ACCOUNT_EXISTS", "That name is taken")
            except InvitationRefused:
                return Objection("INVALID_INVITATION", "That invitation code is not good, or no longer")

        def kept(answer: Answer) -> None:
            then(answer)
            if isinstance(answer, Account) and required:
                node.letters.send_code(ctx, "register", answer.name, email, code)
            elif isinstance(answer, Account) and posts:
                self.post(ctx, answer, "email", email)

        ctx.wait(keep, kept, committed=self._announce, unavailable=lambda: then(LATER))

    def _announce(self, answer: Answer) -> None:
        if isinstance(answer, Account):
            self._node.emit(AccountRegistered(self._node.origin, answer.name))

    # --- codes ---------------------------------------------------------------------------------------------

    def post(self, ctx: Context, account: Account, purpose: str, email: str) -> None:
        """Send a code to an address; what was sent before for the same purpose is good no longer."""
        node = self._node
        code, pending = node.letters.make_code(purpose, "" if purpose == "reset" else email)

        def put() -> bool:
            try:
                node.accounts.put_code(account.account_id, pending)
            except NoSuchAccount:
                return False
            return True

        def done(is_put: bool) -> None:
            if is_put:
                node.letters.send_code(ctx, purpose, account.name, email, code)

        ctx.wait(put, done)

    def verify(self, ctx: Context, name: str, code: str, then: Callable[[Answer, bool], None]) -> None:
        """Take the code that was sent to a new account's address, or to the new address of an account.

        The account is the one of exactly this name.  ``then`` is also told whether it is a new one: its owner may be
        logged in.
        """
        node = self._node
        folded = node.network.fold(name)
        now_ms = node.now_ms()
        # Who guesses is held up, by address, not the account: its owner would be.
        wait_s = node.desk.throttle.begin("", ctx.session.ip, now_ms / 1000)
        if wait_s:
            then(Objection(LATER.code, f"Too many attempts; {wait_words(wait_s)}"), False)
            return

        def confirm() -> tuple[Answer, bool]:
            account = node.accounts.find(folded)
            if account is None or account.folded != folded:
                return WRONG_CODE, False
            purpose = "email" if account.verified_ms else "register"
            try:
                confirmed = node.accounts.confirm(account.account_id, purpose, hash_code(code), now_ms)
            except (CodeRefused, NoSuchAccount):
                return WRONG_CODE, False
            return confirmed, purpose == "register"

        def answered(result: tuple[Answer, bool]) -> None:
            if isinstance(result[0], Account):
                node.desk.throttle.succeeded("", ctx.session.ip)
            then(*result)

        ctx.wait(confirm, answered, unavailable=lambda: then(LATER, False))
