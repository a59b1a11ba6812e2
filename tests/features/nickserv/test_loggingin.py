"""NickServ: IDENTIFY and LOGOUT."""

from __future__ import annotations

import pytest
from talk import account_of, told, with_settings

from chatd.core.accounts import SessionToken, Suspension
from chatd.credentials.tokens import hash_secret, new_token
from chatd.testing import Stage


@pytest.mark.parametrize("name", ["IDENTIFY", "identify", "ID", "LOGIN"])
def test_a_password(stage: Stage, name: str) -> None:
    """With an account or without: then the one of the nickname, or of the nickname that one came with."""
    stage.registers("Alice", "correct-horse")
    bob, alice = stage.connect("bob"), stage.connect("alice")
    assert told(bob, f"NS {name} alice correct-horse") == ["You are logged in as Alice."]
    assert account_of(bob) == "Alice"
    assert alice.session.shown_nick != "alice"
    assert "You are logged in as Alice." in told(alice, f"PRIVMSG NickServ :{name} correct-horse")
    assert account_of(alice) == "Alice"


def test_a_password_with_spaces(stage: Stage) -> None:
    """Somebody may have chosen one elsewhere; by a message it cannot be told."""
    stage.registers("alice", "correct horse  battery")
    bob = stage.connect("bob")
    assert told(bob, "PRIVMSG NickServ :IDENTIFY alice correct horse")[0].startswith("That is too much.")
    assert told(bob, "NS IDENTIFY alice :correct horse  battery") == ["You are logged in as alice."]


@pytest.mark.parametrize("given", ["alice wrong", "nobody correct-horse", "wrong"])
def test_a_wrong_password(stage: Stage, given: str) -> None:
    """The same answer, whatever is wrong."""
    stage.registers("alice", "correct-horse")
    bob = stage.connect("bob")
    assert told(bob, f"NS IDENTIFY {given}") == ["The account or the password is wrong."]
    assert account_of(bob) is None


def test_a_token(stage: Stage) -> None:
    """A token is accepted wherever a password is, with its account or without any."""
    made = stage.registers("alice")
    text, now_ms = new_token(), stage.server.now_ms()
    stage.accounts.add_token(
        SessionToken(text.token_id, made.account_id, hash_secret(text.secret), "phone", "", now_ms, now_ms), 10
    )
    stage.registers("bob", "correct-horse")
    bob = stage.connect("bob")
    assert told(bob, f"NS IDENTIFY bob {text.text}") == ["The account or the password is wrong."]
    assert told(bob, f"NS IDENTIFY {text.text}") == ["You are logged in as alice."]
    assert told(bob, f"NS IDENTIFY alice {text.text}") == ["You are logged in as alice."]


def test_a_certificate(stage: Stage) -> None:
    """With nothing at all."""
    made = stage.registers("alice")
    stage.accounts.add_certificate(made.account_id, "ab" * 32, 0, 5)
    bob = stage.connect("bob", secure=True, certfp="ab" * 32)
    assert told(bob, "NS IDENTIFY") == ["You are logged in as alice."]
    carol = stage.connect("carol", secure=True, certfp="cd" * 32)
    assert told(carol, "NS IDENTIFY") == ["This certificate belongs to no account, or to another one."]


def test_wrong_passwords_are_throttled(stage: Stage) -> None:
    """By the same desk as everywhere."""
    stage.registers("alice", "correct-horse")
    bob = stage.connect("bob")
    said = [told(bob, "NS IDENTIFY alice wrong-one")[0] for _ in range(9)]
    assert said == ["The account or the password is wrong."] * 8 + ["Too many attempts; try again in 30 seconds."]


def test_a_suspended_account(stage: Stage) -> None:
    """Its owner is told why."""
    made = stage.registers("alice", "correct-horse")
    stage.accounts.suspend(made.account_id, Suspension("spam", "root", 0))
    bob = stage.connect("bob")
    assert told(bob, "NS IDENTIFY alice correct-horse") == ["The account alice is suspended: spam."]
    assert account_of(bob) is None


def test_logging_out(stage: Stage) -> None:
    """One stays, without an account."""
    stage.registers("alice", "correct-horse")
    bob = stage.connect("bob")
    assert told(bob, "NS LOGOUT")[0].startswith("You are not logged in.")
    told(bob, "NS IDENTIFY alice correct-horse")
    assert told(bob, "NS LOGOUT") == ["You are no longer logged in as alice."]
    assert account_of(bob) is None


def test_logging_out_of_the_account_of_ones_nickname(stage: Stage) -> None:
    """The nickname stays with the account; the password alone brings both back."""
    stage.registers("alice", "correct-horse")
    alice = stage.connect("alice", account="alice")
    assert "You are no longer logged in as alice." in told(alice, "NS LOGOUT")
    assert alice.session.shown_nick.startswith("Guest")
    assert told(alice, "NS IDENTIFY correct-horse") == ["You are logged in as alice."]
    assert alice.session.shown_nick == "alice"


def test_from_one_account_to_another(stage: Stage) -> None:
    """The later log-in counts."""
    stage.registers("alice", "correct-horse")
    stage.registers("other", "battery-staple")
    bob = stage.connect("bob")
    told(bob, "NS IDENTIFY alice correct-horse")
    assert told(bob, "NS IDENTIFY other wrong-one") == ["The account or the password is wrong."]
    assert account_of(bob) == "alice"
    assert told(bob, "NS IDENTIFY other battery-staple") == ["You are logged in as other."]
    assert account_of(bob) == "other"


def test_a_label_waits_for_the_verdict(stage: Stage) -> None:
    """The answer to a labelled command that takes its time carries the label; the password is not in it."""
    stage.registers("alice", "correct-horse")
    bob = stage.connect("bob", caps="labeled-response batch echo-message")
    bob.sends("@label=x PRIVMSG NickServ :IDENTIFY alice correct-horse")
    lines = bob.take()
    assert lines[0].startswith("@label=x ")
    assert any("900 bob" in line for line in lines)
    assert any(line.endswith("PRIVMSG NickServ :IDENTIFY ***") for line in lines)
    assert not any("correct-horse" in line for line in lines)


def test_passwords_over_tls_only(stage: Stage) -> None:
    """Where that is configured; nothing is looked at then."""
    stage.registers("alice", "correct-horse")
    with_settings(stage, accounts={"passwords_need_tls": True})
    plain, secure, local = stage.connect("a"), stage.connect("b", secure=True), stage.connect("c", ip="127.0.0.1")
    refused = ["Passwords and codes are taken over TLS only. Yours has been sent in the clear: change it."]
    assert told(plain, "NS IDENTIFY alice correct-horse") == refused
    assert told(plain, "NS REGISTER correct-horse") == refused
    assert told(secure, "NS IDENTIFY alice correct-horse") == ["You are logged in as alice."]
    assert told(local, "NS IDENTIFY alice correct-horse") == ["You are logged in as alice."]
