"""Session tokens and codes: made from 32 random bytes, kept as a hash, compared in constant time.

A token reads ``ct-<public half>-<secret>``: the first half finds it, the second proves it.  Both halves are letters,
digits, "-" and "_", so that a token can stand wherever a password can.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

from chatd.core.accounts import SessionToken

_TOKEN = re.compile(r"ct-([A-Za-z0-9]{10})-([A-Za-z0-9_-]{43})\Z")
_ID_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class TokenText(NamedTuple):
    """The two halves of a token as somebody sent it."""

    token_id: str
    secret: str

    def __repr__(self) -> str:
        return f"TokenText({self.token_id!r}, (secret))"

    @property
    def text(self) -> str:
        """The whole token, which is shown once, to its owner."""
        return f"ct-{self.token_id}-{self.secret}"


def new_token() -> TokenText:
    """Make a token; keep ``hash_secret(token.secret)``, never the text."""
    return TokenText("".join(secrets.choice(_ID_LETTERS) for _ in range(10)), secrets.token_urlsafe(32))


def read_token(text: str) -> TokenText | None:
    """Take a token apart; None for what is none, a password for instance."""
    halves = _TOKEN.match(text)
    return TokenText(halves[1], halves[2]) if halves else None


def hash_secret(secret: str) -> bytes:
    """What is kept of a token's secret or of a code.

    One round: a secret of 32 random bytes cannot be guessed, nor a code of 60 bits before it expires.
    """
    return hashlib.sha256(secret.encode()).digest()


def proves(secret: str, kept: SessionToken | None) -> bool:
    """Say whether a token's secret is right; in constant time, also for a token that is not there."""
    expected = kept.secret_hash if kept is not None else bytes(32)
    return hmac.compare_digest(hash_secret(secret), expected) and kept is not None


def new_code(letters: int = 12) -> str:
    """Make a code for a person to copy: capitals and digits that are not mistaken for each other."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(letters))


def hash_code(code: str) -> bytes:
    """What is kept of a code; how it is spelt (small letters, spaces and dashes) does not matter."""
    return hash_secret(re.sub(r"[\s-]", "", code).upper())
