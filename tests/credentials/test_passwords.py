"""Passwords: what counts as the same one, what counts at all, and what is told of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.accounts import Credentials
from chatd.credentials.passwords import Passwords, cost_of
from chatd.credentials.preparing import PasswordRefused, prepare
from chatd.credentials.scram import derive_verifier

CHEAP = Passwords(cost=4, iterations=4096)


@pytest.fixture
def checked_costs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The cost of each bcrypt comparison that is made."""
    costs: list[int] = []
    real: Callable[[bytes, bytes], bool] = bcrypt.checkpw

    def check(password: bytes, hashed: bytes) -> bool:
        costs.append(int(hashed.split(b"$")[2]))
        return real(password, b"$2b$04" + hashed[6:] if costs[-1] > 6 else hashed)

    monkeypatch.setattr(bcrypt, "checkpw", check)
    return costs


@pytest.mark.parametrize(
    "password",
    ["x", " ", "pass word", "日本語のパスワード", "🐈‍⬛ and 👩🏽‍💻", "a\tb\x7f", "aא", "'\"\\;--", "l" * 5000],
)
def test_any_password_counts(password: str):
    """Any UTF-8, of any length, and no other password is taken for it."""
    kept = CHEAP.make(password)
    assert CHEAP.check(password, kept)
    assert not CHEAP.check(password + "x", kept)
    assert not CHEAP.check(password.swapcase() + " ", kept)


def test_long_passwords_count_in_full():
    """bcrypt looks at the first 72 bytes only; here the last one makes a difference."""
    kept = CHEAP.make("l" * 4999 + "a")
    assert not CHEAP.check("l" * 4999 + "b", kept)
    assert not CHEAP.check("l" * 72, kept)


def test_a_nul_does_not_end_a_password():
    """What follows counts."""
    assert not CHEAP.check("abc\0x", CHEAP.make("abc\0y"))


@given(st.text(min_size=1), st.text(min_size=1))
@settings(max_examples=25)
def test_right_is_what_prepares_to_the_same(password: str, other: str):
    """Nothing else decides."""
    try:
        kept = CHEAP.make(password)
        same = prepare(password) == prepare(other)
    except PasswordRefused:
        return
    assert CHEAP.check(password, kept)
    assert CHEAP.check(other, kept) == same


@pytest.mark.parametrize(
    ("written", "prepared"),
    [
        # RFC 4013, section 3.
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        # Two ways to type the same letter, and a space that is none of ASCII.
        ("cafe\u0301", "caf\u00e9"),
        ("a\u00a0b", "a b"),
        # Right-to-left words are fine on their own.
        ("\u05d0\u05d1", "\u05d0\u05d1"),
        # What RFC 4013 prohibits is taken as it is, but for NFC.
        ("\u0007", "\u0007"),
        ("\u0627\u0031", "\u0627\u0031"),
        ("e\u0301\u0007\u00aa", "\u00e9\u0007\u00aa"),
        # Not in Unicode 3.2.
        ("\U0001f408", "\U0001f408"),
    ],
)
def test_passwords_are_prepared(written: str, prepared: str):
    """SASLprep, and what has no SASLprep form."""
    assert prepare(written) == prepared.encode()


@pytest.mark.parametrize("nothing", ["", "\u00ad", "\u200b\ufeff"])
def test_a_password_of_nothing_is_refused(nothing: str):
    """It cannot be set, and is never right."""
    with pytest.raises(PasswordRefused):
        CHEAP.make(nothing)
    assert not CHEAP.check(nothing, CHEAP.make("x"))


def test_the_scram_verifier_is_of_the_same_password():
    """A client that proves it knows the password needs the same one."""
    kept = CHEAP.make("cafe\u0301")
    assert kept.scram is not None
    assert kept.scram == derive_verifier("caf\u00e9".encode(), kept.scram.salt, 4096)


def test_two_of_the_same_are_kept_differently():
    """Salts are random."""
    one, other = CHEAP.make("same"), CHEAP.make("same")
    assert one.scram is not None and other.scram is not None
    assert one.password_hash != other.password_hash
    assert one.scram.salt != other.scram.salt


def test_the_digest_of_another_leak_does_not_log_in():
    """Knowing SHA-256 of the password is not enough to try it against the hash."""
    kept = CHEAP.make("secret")
    digest = hashlib.sha256(b"secret").digest()
    assert not bcrypt.checkpw(digest.hex().encode(), kept.password_hash.encode())
    assert not CHEAP.check(digest.hex(), kept)


def test_a_risen_cost_outdates_what_was_kept():
    """Then the password is hashed anew when it is next given; never because the cost has fallen."""
    kept = CHEAP.make("x")
    assert cost_of(kept) == 4
    assert not CHEAP.is_outdated(kept)
    assert Passwords(5, 4096).is_outdated(kept)
    assert Passwords(4, 8192).is_outdated(kept)
    assert CHEAP.is_outdated(Credentials(kept.password_hash))
    assert not CHEAP.is_outdated(Passwords(5, 8192).make("x"))


def test_nobody_takes_as_long_as_somebody(checked_costs: list[int]):
    """Each comparison doubles with the cost, so that an account hashed at cost 8 sums up to cost 10 like any other."""
    passwords = Passwords(cost=10, iterations=4096)
    hashed = b"$2b$08" + bcrypt.hashpw(b"?", bcrypt.gensalt(4))[6:]
    assert not passwords.check("x", None)
    assert checked_costs == [10]
    checked_costs.clear()
    assert not passwords.check("x", Credentials(hashed.decode()))
    assert sum(2**cost for cost in checked_costs) == 2**10
    checked_costs.clear()
    assert not passwords.check("", None)
    assert checked_costs == [10]


def test_credentials_show_nothing():
    """What is secret does not reach a log."""
    kept = CHEAP.make("hunter2")
    assert repr(kept) == "Credentials(scram=ScramVerifier(iterations=4096))"
