"""AUTHENTICATE: logging in by SASL, before registration and after it.  See IRCv3 sasl-3.1 and sasl-3.2.

Chunks, base64 and numerics are here; what a mechanism does with the messages is not.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from typing import Any, Final

from chatd.accounts.mechanisms import Mechanism, begin, usable
from chatd.accounts.tokens import hand_over
from chatd.accounts.verdict import Denied, Verdict, Why
from chatd.context import Context
from chatd.core.caps import Capability
from chatd.core.catalog import command, follows, otherwise
from chatd.core.events import SessionAttached, UserArrived
from chatd.core.refusal import Refused
from chatd.interfaces import Peer
from chatd.session import Session
from chatd.wire.numerics import (
    ERR_NICKLOCKED,
    ERR_SASLABORTED,
    ERR_SASLALREADY,
    ERR_SASLFAIL,
    ERR_SASLTOOLONG,
    RPL_SASLMECHS,
    RPL_SASLSUCCESS,
)

CHUNK: Final = 400
LONGEST: Final = 8000
"""Bytes of base64 in one message of the client."""


class Sasl(Capability):
    """``sasl``, with the mechanisms that this peer can use; without any it is not offered."""

    __slots__ = ()

    def offered(self, config: Any, peer: Peer, version: int) -> str | None:
        """See ``Capability``."""
        mechanisms = usable(config, peer)
        if not mechanisms:
            return None
        return f"{self.name}={','.join(mechanisms)}" if version >= 302 else self.name


SASL = Sasl("sasl")


class Exchange:
    """One exchange under way on a session.  ``chunks`` is what has come of the client's next message.

    ``mechanism`` is None when it has ended well.  ``wishes`` are the words behind the mechanism.
    """

    __slots__ = ("chunks", "length", "mechanism", "wishes")

    def __init__(self, mechanism: Mechanism, wishes: Sequence[str]) -> None:
        self.wishes = wishes
        self.mechanism: Mechanism | None = mechanism
        self.chunks: list[str] = []
        self.length = 0

    def challenge(self, ctx: Context, message: bytes) -> None:
        """``AUTHENTICATE <base64>``, in chunks, the last shorter than the others or ``+``."""
        text = binascii.b2a_base64(message, newline=False).decode()
        chunks = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
        if not chunks or len(chunks[-1]) == CHUNK:
            chunks.append("+")
        for chunk in chunks:
            ctx.session.push(f":{ctx.node.name} AUTHENTICATE {chunk}")

    def conclude(self, ctx: Context, verdict: Verdict) -> None:
        """900 and 903, or why not."""
        if isinstance(verdict, Denied):
            ctx.session.sasl = None
            locked = verdict.why is Why.SUSPENDED
            ctx.reply(ERR_NICKLOCKED if locked else ERR_SASLFAIL, f"SASL authentication failed: {verdict.text}")
            return
        self.mechanism = None
        ctx.node.desk.admit(ctx, verdict)
        ctx.reply(RPL_SASLSUCCESS)
        hand_over(ctx, verdict, self.wishes)
        ctx.complete()


@command(
    "AUTHENTICATE", "<mechanism> [token[=<device>]] | <base64> | + | *", example="AUTHENTICATE PLAIN", before=True,
    needs=(SASL,),
)  # fmt: skip
def authenticate(ctx: Context, text: str, *wishes: str) -> None:
    """Log in by SASL; clients do this on their own."""
    exchange = under_way(ctx.session)
    if exchange is None:
        start(ctx, text, wishes)
    elif text == "*":
        abort(ctx)
    elif len(text) > CHUNK:
        give_up(ctx)
        raise Refused(ERR_SASLTOOLONG)
    else:
        take(ctx, exchange, text)


@otherwise("AUTHENTICATE")
def refuse_unasked(ctx: Context, *given: str) -> None:
    """904."""
    fail(ctx, "The capability sasl has not been negotiated")


def under_way(session: Session) -> Exchange | None:
    """The exchange that has not ended."""
    exchange: Exchange | None = session.sasl
    return exchange if exchange is not None and exchange.mechanism is not None else None


def start(ctx: Context, name: str, wishes: Sequence[str]) -> None:
    """``AUTHENTICATE <mechanism>``: after success a second time only by who is registered."""
    session = ctx.session
    if name == "*":
        raise Refused(ERR_SASLABORTED)
    if session.user is None and session.sasl is not None:
        raise Refused(ERR_SASLALREADY)
    mechanisms = usable(ctx.config, session.peer)
    if name.upper() not in mechanisms:
        if mechanisms:
            ctx.reply(RPL_SASLMECHS, ",".join(mechanisms))
        fail(ctx, "There is no such mechanism here")
    session.sasl = Exchange(begin(name.upper(), ctx.config, session.peer), wishes)
    session.sasl.challenge(ctx, b"")


def take(ctx: Context, exchange: Exchange, chunk: str) -> None:
    """One chunk of a message; a shorter one, or ``+``, ends it."""
    if chunk != "+":
        exchange.length += len(chunk)
        if exchange.length > LONGEST:
            give_up(ctx)
            fail(ctx, "That is too long")
        exchange.chunks.append(chunk)
        if len(chunk) == CHUNK:
            return
    text = "".join(exchange.chunks)
    exchange.chunks, exchange.length = [], 0
    try:
        message = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        give_up(ctx)
        fail(ctx, "That is not base64")
    assert exchange.mechanism is not None
    exchange.mechanism.take(ctx, message, exchange)


def fail(ctx: Context, why: str) -> None:
    """904."""
    raise Refused(ERR_SASLFAIL, f"SASL authentication failed: {why}")


def give_up(ctx: Context) -> None:
    """End the exchange without a word."""
    exchange = under_way(ctx.session)
    if exchange is not None and exchange.mechanism is not None:
        exchange.mechanism.abandon(ctx)
        ctx.session.sasl = None


def abort(ctx: Context) -> None:
    """906."""
    give_up(ctx)
    ctx.reply(ERR_SASLABORTED)


@follows(UserArrived, rank=-1)
@follows(SessionAttached, rank=-1)
def abort_unfinished(ctx: Context, event: UserArrived | SessionAttached) -> None:
    """Whoever completes registration in the middle of an exchange is registered without it."""
    if under_way(ctx.session) is not None:
        abort(ctx)
