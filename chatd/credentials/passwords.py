"""Passwords: bcrypt for those who send them, with a SCRAM verifier made at the same moment.

Every call here takes long on purpose and belongs in a thread.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64encode

import bcrypt

from chatd.core.accounts import Credentials
from chatd.credentials.preparing import PasswordRefused, prepare
from chatd.credentials.scram import derive_verifier

_DOMAIN = b"chatd password for bcrypt"
SALT_BYTES = 16
BCRYPT_BYTES = 72
"""What bcrypt looks at."""


def is_configured(password: str, hashed: bytes) -> bool:
    """Check a password against a hash of the configuration, which is of the password itself and of no account."""
    return bcrypt.checkpw(password.encode()[:BCRYPT_BYTES].replace(b"\0", b""), hashed)


def _condensed(prepared: bytes) -> bytes:
    """44 letters without NUL out of any number of bytes: bcrypt looks at 72 and stops at a NUL.

    Keyed, so that the digests of another leak cannot be tried instead of passwords.
    """
    return b64encode(hmac.digest(_DOMAIN, prepared, "sha256"))


def _nobodys(cost: int) -> bytes:
    """A well-formed hash of this cost that no password has been hashed to."""
    return b"$2b$%02d$" % cost + b"C6UzMDM.H6dfI/f/IKcEeO7ZBaj6fTxp4nLQ3ZVY9lEw1u8pPaXdG"


def cost_of(kept: Credentials) -> int:
    """The bcrypt cost a password was hashed with."""
    return int(kept.password_hash.split("$")[2])


class Passwords:
    """Makes and checks credentials; ``cost`` is bcrypt's, ``iterations`` SCRAM's."""

    __slots__ = ("cost", "iterations")

    def __init__(self, cost: int, iterations: int) -> None:
        self.cost = cost
        self.iterations = iterations

    def make(self, password: str) -> Credentials:
        """Hash a new password; raises PasswordRefused when there is nothing in it."""
        prepared = prepare(password)
        hashed = bcrypt.hashpw(_condensed(prepared), bcrypt.gensalt(self.cost)).decode()
        return Credentials(hashed, derive_verifier(prepared, secrets.token_bytes(SALT_BYTES), self.iterations))

    def check(self, password: str, kept: Credentials | None) -> bool:
        """Say whether a password is right; None (no such account, or one without a password) takes as long as any."""
        try:
            given = _condensed(prepare(password))
        except PasswordRefused:
            given = b""
        hashed = _nobodys(self.cost) if kept is None else kept.password_hash.encode()
        right = bcrypt.checkpw(given, hashed) and kept is not None and given != b""
        if not right and kept is not None:
            # Each step costs twice the one before, so that the sum is what the present cost takes.
            for cost in range(cost_of(kept), self.cost):
                bcrypt.checkpw(given, _nobodys(cost))
        return right

    def is_outdated(self, kept: Credentials) -> bool:
        """Say whether a password that was right should be hashed anew: the cost has risen, or SCRAM is missing."""
        return cost_of(kept) < self.cost or kept.scram is None or kept.scram.iterations < self.iterations
