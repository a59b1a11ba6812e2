"""SASL mechanisms: each takes the client's messages, without base64, and ends with a verdict of the log-in desk.

Knows nothing of AUTHENTICATE.  A mechanism lives as long as one exchange and holds no session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from chatd.accounts.login import Challenge, takes_passwords
from chatd.accounts.verdict import WRONG, Denied, Verdict, Why
from chatd.core.names import split_device
from chatd.credentials.sasl import MalformedMessage, parse_bearer, parse_external, parse_plain
from chatd.credentials.scram import ScramExchange, ScramFailed
from chatd.credentials.tokens import read_token

if TYPE_CHECKING:
    from chatd.config import Config
    from chatd.context import Context
    from chatd.interfaces import Peer

MALFORMED: Final = Denied(Why.WRONG, "That is no message of this mechanism")
TOKEN_TYPE: Final = "session"
"""What IRCV3BEARER calls the server's own tokens."""


class Dialogue(Protocol):
    """What a mechanism says: a challenge to the client, or how it ends."""

    def challenge(self, ctx: Context, message: bytes) -> None:
        """Send something that the client answers."""

    def conclude(self, ctx: Context, verdict: Verdict) -> None:
        """It is over."""


class Mechanism(Protocol):
    """One exchange, client first."""

    def take(self, ctx: Context, message: bytes, dialogue: Dialogue) -> None:
        """Take the client's next message; answers now or later, by a challenge or a verdict."""

    def abandon(self, ctx: Context) -> None:
        """The client has given up."""


class _OneMessage:
    """A mechanism that is over with the client's first message; ``check`` begins to look at it."""

    def __init__(self, check: Callable[[Context, bytes, Callable[[Verdict], None]], None]) -> None:
        self._check = check

    def take(self, ctx: Context, message: bytes, dialogue: Dialogue) -> None:
        then = partial(dialogue.conclude, ctx)
        try:
            self._check(ctx, message, then)
        except MalformedMessage:
            then(MALFORMED)

    def abandon(self, ctx: Context) -> None:
        """Nothing has been asked for."""


def _plain(ctx: Context, message: bytes, then: Callable[[Verdict], None]) -> None:
    """RFC 4616; nobody acts as somebody else."""
    given = parse_plain(message)
    fold = ctx.network.fold
    if given.authzid and fold(split_device(given.authzid)[0]) != fold(split_device(given.authcid)[0]):
        then(WRONG)
    else:
        ctx.node.desk.check(ctx, given.authcid, given.password, then)


def _external(ctx: Context, message: bytes, then: Callable[[Verdict], None]) -> None:
    """RFC 4422, appendix A: the certificate of TLS."""
    ctx.node.desk.check_certificate(ctx, parse_external(message), then)


def _bearer(ctx: Context, message: bytes, then: Callable[[Verdict], None]) -> None:
    """IRCV3BEARER, for the server's own tokens."""
    given = parse_bearer(message)
    token = read_token(given.token) if given.kind == TOKEN_TYPE else None
    if token is None:
        then(WRONG)
    else:
        ctx.node.desk.check_token(ctx, given.authzid, token, then)


class _Scram:
    """RFC 5802: the client's first message, a challenge, its proof, ours, and an empty message at the end."""

    def __init__(self, plus: bool, bindings: Mapping[str, bytes]) -> None:
        self._exchange = ScramExchange(plus=plus, bindings=bindings)
        self._challenge: Challenge | None = None

    def take(self, ctx: Context, message: bytes, dialogue: Dialogue) -> None:
        try:
            if self._exchange.is_done:
                self._end(ctx, message, dialogue)
            elif self._challenge is None:
                self._begin(ctx, message, dialogue)
            else:
                dialogue.challenge(ctx, self._exchange.final(message))
        except ScramFailed as failure:
            if self._challenge is not None and failure.code == "invalid-proof":
                ctx.node.desk.conclude(ctx, self._challenge, False, partial(dialogue.conclude, ctx))
            else:
                dialogue.conclude(ctx, Denied(Why.WRONG, failure.code))

    def _begin(self, ctx: Context, message: bytes, dialogue: Dialogue) -> None:
        username = self._exchange.first(message)
        fold = ctx.network.fold
        if self._exchange.authzid and fold(split_device(self._exchange.authzid)[0]) != fold(split_device(username)[0]):
            dialogue.conclude(ctx, WRONG)
            return

        def challenged(challenge: Challenge | Denied) -> None:
            if isinstance(challenge, Denied):
                dialogue.conclude(ctx, challenge)
            else:
                self._challenge = challenge
                dialogue.challenge(ctx, self._exchange.challenge(challenge.verifier))

        ctx.node.desk.challenge(ctx, username, challenged)

    def _end(self, ctx: Context, message: bytes, dialogue: Dialogue) -> None:
        assert self._challenge is not None
        ctx.node.desk.conclude(ctx, self._challenge, not message, partial(dialogue.conclude, ctx))

    def abandon(self, ctx: Context) -> None:
        if self._challenge is not None and not self._exchange.is_done:
            ctx.node.desk.abandon(ctx, self._challenge)


MECHANISMS: Final[Mapping[str, Callable[[Mapping[str, bytes]], Mechanism]]] = {
    "SCRAM-SHA-256-PLUS": partial(_Scram, True),
    "SCRAM-SHA-256": partial(_Scram, False),
    "EXTERNAL": lambda bindings: _OneMessage(_external),
    "IRCV3BEARER": lambda bindings: _OneMessage(_bearer),
    "PLAIN": lambda bindings: _OneMessage(_plain),
}


def usable(config: Config, peer: Peer) -> list[str]:
    """The mechanisms that are offered to somebody, in the order of the configuration: those that can work there."""
    accounts = config.accounts
    works: dict[str, Any] = {
        "SCRAM-SHA-256-PLUS": peer.bindings,
        "EXTERNAL": peer.certfp,
        "IRCV3BEARER": takes_passwords(config, peer),
        "PLAIN": takes_passwords(config, peer),
    }
    return [name for name in accounts.sasl_mechanisms if works.get(name, True)]


def begin(name: str, config: Config, peer: Peer) -> Mechanism:
    """One exchange of a usable mechanism; where PLUS is not offered, no client can have missed it."""
    bindings = peer.bindings if "SCRAM-SHA-256-PLUS" in usable(config, peer) else {}
    return MECHANISMS[name](bindings)
