"""Session tokens and codes: made, taken apart, proved."""

from __future__ import annotations

import dataclasses
import re

import pytest

from chatd.core.accounts import SessionToken
from chatd.credentials.tokens import hash_code, hash_secret, new_code, new_token, proves, read_token


def kept(token_id: str, secret: str) -> SessionToken:
    return SessionToken(token_id, 1, hash_secret(secret), "phone", "192.0.2.1", 1000, 1000, 5000)


def test_a_token_is_read_back():
    """It is one word of letters that no client touches, and short enough for any password field."""
    token = new_token()
    assert read_token(token.text) == token
    assert re.fullmatch(r"[A-Za-z0-9_-]{57}", token.text)


def test_only_its_secret_proves_a_token():
    """Not the public half, not another token's secret, nothing for a token that is not there."""
    token, other = new_token(), new_token()
    assert proves(token.secret, kept(token.token_id, token.secret))
    assert not proves(other.secret, kept(token.token_id, token.secret))
    assert not proves(token.token_id, kept(token.token_id, token.secret))
    assert not proves(token.secret, None)


@pytest.mark.parametrize("text", ["", "secret", "ct-", "ct-abc-def", "CT-" + "a" * 10 + "-" + "b" * 43])
def test_passwords_are_no_tokens(text: str):
    """So that one field can hold either."""
    assert read_token(text) is None
    assert read_token(new_token().text + "\n") is None


def test_a_token_shows_only_its_public_half():
    """Neither as it was sent nor as it is kept."""
    token = new_token()
    assert repr(token) == f"TokenText({token.token_id!r}, (secret))"
    assert "secret_hash" not in repr(kept(token.token_id, token.secret))
    assert token.secret not in repr(dataclasses.asdict(kept(token.token_id, token.secret)))


def test_tokens_expire():
    """At the moment named, not after it; 0 is never."""
    token = kept("a", "b")
    assert token.is_valid(4999) and not token.is_valid(5000)
    assert dataclasses.replace(token, expires_ms=0).is_valid(10**15)


def test_codes_are_the_same_however_people_type_them():
    """Small letters, spaces and dashes are what people make of a code they copy."""
    code = new_code()
    assert re.fullmatch(r"[A-HJ-NP-Z2-9]{12}", code)
    typed = f" {code[:4].lower()}-{code[4:8]} {code[8:]}"
    assert hash_code(typed) == hash_code(code)
    assert hash_code(new_code()) != hash_code(code)
