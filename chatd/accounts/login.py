"""The log-in desk: the one place that checks passwords, tokens, certificates and SCRAM proofs, and logs people in.

Every way of asking (SASL, PASS, LOGIN, NickServ) comes here.  Nothing here blocks, and whether an account exists
shows neither in an answer nor in how long it takes.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from chatd.accounts.verdict import INSECURE, NO_CERTIFICATE, UNAVAILABLE, WRONG, Denied, Verdict, judge, throttled
from chatd.core.accounts import Account, Credentials, ScramVerifier, SessionToken
from chatd.core.events import AccountChanged, SessionNamed
from chatd.core.names import split_device
from chatd.credentials.passwords import Passwords
from chatd.credentials.scram import nobodys_verifier
from chatd.credentials.throttle import Throttle, address_key
from chatd.credentials.tokens import TokenText, proves, read_token
from chatd.lanes import Spawn
from chatd.reports import reporter
from chatd.wire.numerics import RPL_LOGGEDIN

if TYPE_CHECKING:
    from chatd.config import Config
    from chatd.context import Context, Node
    from chatd.interfaces import Peer
    from chatd.session import Session

log = reporter(__name__)

TRIES: Final = 3
"""How often a database that cannot be asked is asked, a second between."""

Then = Callable[[Verdict], None]


@dataclass(frozen=True, slots=True)
class Challenge:
    """A SCRAM exchange under way: whose it would be (None for nobody's), and what to check the proof with."""

    folded: str
    account: Account | None
    verifier: ScramVerifier


class LoginDesk:
    """One for each node.  ``then`` is called with the verdict, unless the session is gone by then."""

    __slots__ = ("_bounds", "_node", "_secret", "passwords", "throttle")

    def __init__(self, node: Node) -> None:
        self._node = node
        self._bounds: tuple[int, int, float] | None = None
        self._secret = hmac.digest(node.cloak_secret.encode(), b"SCRAM of nobody", "sha256")
        self.use(node.config.accounts)

    def use(self, settings: Any) -> None:
        """Take the section ``[accounts]``; what failed before is forgotten when the bounds for that are others."""
        self.passwords = Passwords(settings.bcrypt_cost, settings.scram_iterations)
        bounds = settings.attempts_per_account, settings.attempts_per_address, settings.attempt_forgotten_s
        if bounds != self._bounds:
            self._bounds = bounds
            account, address, refill_s = bounds
            self.throttle = Throttle(account_burst=account, address_burst=address, refill_s=refill_s)

    # --- checking ------------------------------------------------------------------------------------------

    def check(self, ctx: Context, name: str, given: str, then: Then) -> None:
        """Check a password, or a token in its place; ``name`` is an account or one of its nicknames.

        With a token it may be "", for whosever the token is.
        """
        name = note_device(ctx, name)
        token = read_token(given)
        if token is not None:
            self.check_token(ctx, name, token, then)
            return
        folded = self._key(name)
        passwords = self.passwords

        def looked_up(found: tuple[Account, Credentials | None] | None) -> None:
            account, kept = found or (None, None)
            ctx.wait(
                lambda: passwords.check(given, kept),
                lambda right: self._proved(ctx, folded, account, right, partial(answer, account, kept)),
                lane=self.hashing_for(ctx, folded),
                unavailable=lambda: self._give_up(ctx, folded, then),
            )

        def answer(account: Account | None, kept: Credentials | None, verdict: Verdict) -> None:
            if isinstance(verdict, Account) and kept is not None and passwords.is_outdated(kept):
                self._hash_anew(verdict, given, kept)
            then(verdict)

        if not takes_passwords(ctx.config, ctx.session.peer):
            then(INSECURE)
        elif self._may_try(ctx, folded, then):
            self._ask(ctx, folded, lambda: self._node.accounts.look_up(folded), looked_up, then)

    def check_token(self, ctx: Context, name: str, token: TokenText, then: Then) -> None:
        """Check a session token; ``name`` must be its owner's, or ""."""
        name = note_device(ctx, name)
        folded = self._key(name) if name else ""
        store = self._node.accounts

        def looked_up(found: tuple[SessionToken, Account] | None) -> None:
            kept, account = found or (None, None)
            now_ms = ctx.now_ms()
            right = proves(token.secret, kept) and kept is not None and kept.is_valid(now_ms)
            if account is None or kept is None or not right or (folded and folded != account.folded):
                then(WRONG)
                return
            ip = ctx.session.ip
            self.throttle.succeeded(folded, ip)
            verdict = self._judge(ctx, account, by_token=True)
            if isinstance(verdict, Account):
                ctx.session.device = ctx.session.device or kept.device
                self._note(lambda: store.touch_token(token.token_id, now_ms, ip))
            then(verdict)

        if not takes_passwords(ctx.config, ctx.session.peer):
            then(INSECURE)
        elif self._may_try(ctx, folded, then):
            self._ask(ctx, folded, lambda: store.token(token.token_id), looked_up, then)

    def check_certificate(self, ctx: Context, name: str, then: Then) -> None:
        """Check the certificate the client connected with; ``name`` must be its owner's, or ""."""
        name = note_device(ctx, name)
        folded = self._key(name) if name else ""
        certfp = ctx.session.peer.certfp

        def looked_up(account: Account | None) -> None:
            if account is None or (folded and folded != account.folded):
                then(NO_CERTIFICATE)
                return
            self.throttle.succeeded("", ctx.session.ip)
            then(self._judge(ctx, account))

        if certfp is None:
            then(NO_CERTIFICATE)
        elif self._may_try(ctx, "", then):
            self._ask(ctx, "", lambda: self._node.accounts.by_certificate(certfp), looked_up, then)

    def challenge(self, ctx: Context, name: str, then: Callable[[Challenge | Denied], None]) -> None:
        """Begin SCRAM; nobody's challenge looks like anybody's."""
        folded = self._key(note_device(ctx, name))

        def looked_up(found: tuple[Account, Credentials | None] | None) -> None:
            account, kept = found or (None, None)
            verifier = kept.scram if kept is not None else None
            if verifier is None:
                account = None
                verifier = nobodys_verifier(folded, self._secret, self.passwords.iterations)
            then(Challenge(folded, account, verifier))

        if self._may_try(ctx, folded, then):
            self._ask(ctx, folded, lambda: self._node.accounts.look_up(folded), looked_up, then)

    def conclude(self, ctx: Context, challenge: Challenge, right: bool, then: Then) -> None:
        """End SCRAM, the proof being right or wrong."""
        self._proved(ctx, challenge.folded, challenge.account, right, then)

    def abandon(self, ctx: Context, challenge: Challenge) -> None:
        """The client has given up before it said anything of its password."""
        self.throttle.give_back(challenge.folded, ctx.session.ip)

    # --- how -----------------------------------------------------------------------------------------------

    def _key(self, name: str) -> str:
        """The folded name of the account that a name or nickname stands for."""
        fold = self._node.network.fold
        folded = fold(name)
        owner = self._node.network.registry.owner(folded)
        return folded if owner is None else fold(owner)

    def hashing_for(self, ctx: Context, folded: str = "") -> Spawn:
        """Where passwords are hashed, in the turn of the session's address; ``folded`` is whose it would be."""
        ip = ctx.session.ip
        is_known = bool(folded) and self.throttle.knows(folded, ip)
        return partial(self._node.lanes.hashing, source=address_key(ip), is_known=is_known)

    def _may_try(self, ctx: Context, folded: str, then: Callable[[Denied], None]) -> bool:
        wait_s = self.throttle.begin(folded, ctx.session.ip, ctx.now_ms() / 1000)
        if wait_s:
            then(throttled(wait_s))
        return not wait_s

    def _ask(
        self,
        ctx: Context,
        folded: str,
        question: Callable[[], Any],
        answer: Callable[[Any], None],
        then: Callable[[Denied], None],
    ) -> None:
        lane = partial(self._node.lanes.storing, tries=TRIES)
        ctx.wait(question, answer, lane=lane, unavailable=lambda: self._give_up(ctx, folded, then))

    def _give_up(self, ctx: Context, folded: str, then: Callable[[Denied], None]) -> None:
        self.throttle.give_back(folded, ctx.session.ip)
        then(UNAVAILABLE)

    def _proved(self, ctx: Context, folded: str, account: Account | None, right: bool, then: Then) -> None:
        """A password or a proof was right or wrong; what became of the account meanwhile counts as well."""
        if account is None or not right:
            then(WRONG)
            return
        known = account

        def looked_up(now: Account | None) -> None:
            if now is None or now.account_id != known.account_id:
                then(WRONG)
                return
            self.throttle.succeeded(folded, ctx.session.ip)
            then(self._judge(ctx, now))

        self._ask(ctx, folded, lambda: self._node.accounts.find(known.folded), looked_up, then)

    def _judge(self, ctx: Context, account: Account, by_token: bool = False) -> Verdict:
        now_ms = self._node.now_ms()
        registry = self._node.network.registry
        if registry.account(account.folded, self._node.network.fold) is None:
            return UNAVAILABLE  # the news of what was just made or taken away has not come here yet
        verdict = judge(account, now_ms)
        if isinstance(verdict, Account):
            ctx.session.by_token = by_token
            self._note(lambda: self._node.accounts.seen(account.account_id, now_ms))
        return verdict

    def _hash_anew(self, account: Account, given: str, outdated: Credentials) -> None:
        """The password was right, and is kept as one would not keep it today."""
        store, passwords = self._node.accounts, self.passwords

        def replace(made: Any) -> None:
            if isinstance(made, Credentials):
                self._note(partial(keep, made))

        def keep(made: Credentials) -> None:
            store.set_credentials(account.account_id, made, instead_of=outdated)

        self._node.lanes.hashing(lambda: passwords.make(given), replace)

    def _note(self, work: Callable[[], object]) -> None:
        """Let a store know something that nobody waits for."""

        def done(result: object) -> None:
            if isinstance(result, BaseException):
                log.warn("a log-in could not be noted: {kind}", kind=type(result).__name__)

        self._node.lanes.storing(work, done)

    # --- logging in ----------------------------------------------------------------------------------------

    def admit(self, ctx: Context, account: Account) -> None:
        """Log a session in: before registration at once, after it by an event."""
        session = ctx.session
        user = session.user
        if user is not None and user.account != account.name:
            ctx.emit(AccountChanged(ctx.origin, account.name, session.by_token))
        else:
            session.account = account.name
            tell_logged_in(session, account.name)
        known = user.sessions.get(session.sid) if user is not None else None
        if known is not None and known.device != session.device:
            ctx.emit(SessionNamed(ctx.origin, session.device))


def takes_passwords(config: Config, peer: Peer) -> bool:
    """Whether passwords and tokens may come in by this connection."""
    if peer.secure or not config.accounts.passwords_need_tls:
        return True
    return peer.direct and ip_address(peer.ip).is_loopback


def note_device(ctx: Context, name: str) -> str:
    """The account that a name stands for; the device that it may say besides is noted."""
    account, device = split_device(name)
    if device:
        ctx.session.device = device
    return account


def tell_logged_in(session: Session, account: str) -> None:
    """900."""
    user = session.user
    source = user.source if user is not None else f"{session.nick or '*'}!{session.username or '*'}@*"
    session.reply(RPL_LOGGEDIN, source, account, f"You are now logged in as {account}")
