"""NickServ: what people do with their own account: SET, PASSWD, INFO, GROUP, CERT, DROP, EXPORT."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from talk import account_of, told, with_mail, with_settings

from chatd.core.accounts import Account
from chatd.core.wishes import WISHES
from chatd.testing import Client, Stage

FIRST, SECOND = "ab" * 32, "cd" * 32


def owner(stage: Stage, **peer: Any) -> tuple[Client, Account]:
    """Somebody with an account and a password, logged in to it, and here as its name."""
    made = stage.registers("alice", "correct-horse")
    return stage.connect("alice", account="alice", **peer), made


def test_every_command_here_needs_a_log_in(stage: Stage) -> None:
    """Who is not logged in has no account to do something with."""
    bob = stage.connect("bob")
    for line in ("SET", "PASSWD a b", "GROUP", "UNGROUP x", "CERT LIST", "DROP", "EXPORT", "TOKEN LIST", "INVITE LIST"):
        assert told(bob, f"NS {line}")[0].startswith("You are not logged in."), line
    assert told(bob, "NS INFO") == ["Whose? It is written: INFO <account>."]


# --- passwords and addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["PASSWD", "SET PASSWORD"])
def test_another_password(stage: Stage, command: str) -> None:
    """The old one is asked for, and is good for nothing afterwards."""
    alice, _ = owner(stage)
    assert told(alice, f"NS {command} wrong-horse battery-staple") == ["The account or the password is wrong."]
    assert told(alice, f"NS {command} correct-horse short") == ["A password has at least 6 letters."]
    assert told(alice, f"NS {command} correct-horse battery-staple")[0].startswith("Your password is changed.")
    bob = stage.connect("bob")
    assert told(bob, "NS IDENTIFY alice correct-horse") == ["The account or the password is wrong."]
    assert told(bob, "NS IDENTIFY alice battery-staple") == ["You are logged in as alice."]


def test_a_token_does_not_change_the_password(stage: Stage) -> None:
    """Who has stolen a token cannot take the account over with it."""
    alice, _ = owner(stage)
    token = told(alice, "NS TOKEN NEW phone")[1]
    refused = ["That is a session token; this takes your password."]
    assert told(alice, f"NS PASSWD {token} battery-staple") == refused
    assert told(alice, f"NS SET EMAIL thief@example.org {token}") == refused


def test_another_address(stage: Stage) -> None:
    """It is the account's when its code has been given; the password is asked for."""
    with_mail(stage)
    alice, made = owner(stage)
    assert told(alice, "NS SET EMAIL alice@example.org wrong-horse") == ["The account or the password is wrong."]
    assert stage.mailer.letters == []
    assert told(alice, "NS SET EMAIL alice@example.org correct-horse") == [
        "A code goes to alice@example.org. Give it: VERIFY alice <code>"
    ]
    assert told(alice, "NS SET EMAIL elsewhere@example.org correct-horse")[0].startswith("A code goes to elsewhere@")
    first, second = (re.findall(r"[A-Z2-9]{12}", letter.text)[0] for letter in stage.mailer.letters)
    assert told(alice, f"NS VERIFY alice {first}") == ["The code is wrong, or no longer good."]
    assert told(alice, f"NS VERIFY alice {second}") == ["The account alice has the address elsewhere@example.org now."]
    assert told(alice, "NS SET EMAIL - correct-horse") == ["Your account has no e-mail address any more."]
    found = stage.accounts.find("alice")
    assert found is not None
    assert (found.account_id, found.email) == (made.account_id, "")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("EMAIL nonsense correct-horse", "That is no e-mail address."),
        ("EMAIL a@b.c correct-horse", "This server sends no e-mail, so it cannot know that the address is yours."),
        ("EMAIL a@b.c", "It is written: SET EMAIL <address or -> <password>."),
        ("COLOUR blue", f"There is no such setting. They are EMAIL, PASSWORD, {', '.join(map(str.upper, WISHES))}."),
        ("ENFORCE maybe", "It is written: SET ENFORCE guest | refuse | off | default."),
        ("ENFORCE", "It is written: SET ENFORCE guest | refuse | off | default."),
    ],
)
def test_what_cannot_be_set(stage: Stage, given: str, said: str) -> None:
    """Each in a sentence."""
    alice, _ = owner(stage)
    assert told(alice, f"NS SET {given}") == [said]


# --- what is told of an account ----------------------------------------------------------------------------


def test_what_others_are_told(stage: Stage) -> None:
    """Name and age, to everybody; nothing of an account that nobody has confirmed."""
    alice, _ = owner(stage)
    bob = stage.connect("bob")
    (line,) = told(bob, "NS INFO ALICE")
    assert line == "\x02alice\x02 was registered Tue Nov 14 2023 22:13:20 UTC."
    assert told(bob, "NS INFO nobody") == ["There is no account nobody."]
    with_mail(stage)
    with_settings(stage, accounts={"email_required": True})
    told(stage.connect("carol"), "NS REGISTER correct-horse carol@example.org")
    assert told(bob, "NS INFO carol") == ["There is no account carol."]
    assert len(told(alice, "NS INFO")) > 3


def test_what_the_owner_is_told(stage: Stage) -> None:
    """Everything that is not a secret."""
    alice, made = owner(stage)
    stage.accounts.set_email(made.account_id, "alice@example.org")
    stage.accounts.add_certificate(made.account_id, FIRST, 0, 5)
    told(alice, "NS TOKEN NEW phone")
    alice.sends("NICK ally")
    told(alice, "NS GROUP")
    settings = "enforce guest, always-on off, auto-away on, multiclient on, hide-mail on, hide-seen on, keep-private on"
    assert told(alice, "NS INFO")[1:] == [
        f"Settings: {settings}",
        "Last log-in: never",
        "E-mail: alice@example.org",
        "Further nicknames: ally",
        "Certificates: 1, session tokens: 1",
    ]


# --- nicknames ---------------------------------------------------------------------------------------------


def test_further_nicknames(stage: Stage) -> None:
    """They belong to the account: others become guests under them, and one logs in by them."""
    alice, _ = owner(stage)
    assert told(alice, "NS GROUP") == ["alice belongs to your account already."]
    alice.sends("NICK Ally")
    assert told(alice, "NS GROUP") == ["Ally belongs to alice now."]
    assert all(node.network.registry.owner("ally") == "alice" for node in stage.nodes)
    alice.sends("NICK alice")
    bob = stage.connect("ally")
    assert bob.session.shown_nick.startswith("Guest")
    assert "You are logged in as alice." in told(bob, "NS IDENTIFY ally correct-horse")
    assert told(alice, "NS UNGROUP ally") == ["ally does not belong to alice any more."]
    assert told(alice, "NS UNGROUP ally") == ["ally is no further nickname of your account."]
    assert told(alice, "NS UNGROUP alice") == ["alice is no further nickname of your account."]
    assert all(node.network.registry.owner("ally") is None for node in stage.nodes)


def test_nicknames_that_cannot_be_had(stage: Stage) -> None:
    """Those of others, of guests, and more than so many."""
    alice, _ = owner(stage)
    stage.registers("other")
    with_settings(stage, accounts={"nicks_per_account": 1, "nick_enforcement": "off"})
    alice.sends("NICK other")
    assert told(alice, "NS GROUP") == ["That name is taken."]
    alice.sends("NICK Guest123456")
    assert told(alice, "NS GROUP") == ["That name is kept by the server."]
    alice.sends("NICK one")
    told(alice, "NS GROUP")
    alice.sends("NICK two")
    assert told(alice, "NS GROUP") == ["Your account has as many nicknames as it may have; UNGROUP one."]


# --- certificates ------------------------------------------------------------------------------------------


def test_certificates(stage: Stage) -> None:
    """The one of the connection, or any by its fingerprint in any spelling."""
    alice, _ = owner(stage, secure=True, certfp=FIRST)
    assert told(alice, "NS CERT ADD") == [f"The certificate {FIRST} logs in to your account now."]
    colons = ":".join(["CD"] * 32)
    assert told(alice, f"NS CERT ADD {colons}") == [f"The certificate {SECOND} logs in to your account now."]
    assert told(alice, "NS CERT LIST") == [f"{FIRST} (this connection)", SECOND, "2 certificates."]
    bob = stage.connect("bob", secure=True, certfp=SECOND)
    assert told(bob, "NS IDENTIFY") == ["You are logged in as alice."]
    assert told(alice, f"NS CERT DEL {SECOND}") == [f"The certificate {SECOND} does not log in any more."]
    assert told(alice, f"NS CERT DEL {SECOND}") == ["Your account has no such certificate. LIST shows them."]
    carol = stage.connect("carol", secure=True, certfp=SECOND)
    assert told(carol, "NS IDENTIFY") == ["This certificate belongs to no account, or to another one."]


def test_who_has_the_key_says_whose_a_certificate_is(stage: Stage) -> None:
    """Somebody who only knows the fingerprint neither keeps it from its owner nor catches the owner's log-ins."""
    mallory = stage.registers("mallory")
    stage.accounts.add_certificate(mallory.account_id, FIRST, 0, 5)
    alice, _ = owner(stage, secure=True, certfp=FIRST)
    assert told(alice, "NS CERT ADD") == [f"The certificate {FIRST} logs in to your account now."]
    assert stage.accounts.certificates(mallory.account_id) == []
    bob = stage.connect("bob", secure=True, certfp=FIRST)
    assert told(bob, "NS IDENTIFY") == ["You are logged in as alice."]
    assert told(alice, "NS CERT ADD") == ["That certificate logs in to an account already."]


def test_certificates_that_cannot_be_added(stage: Stage) -> None:
    """One that is somebody's, none, nonsense, and more than so many."""
    alice, _ = owner(stage)
    other = stage.registers("other")
    stage.accounts.add_certificate(other.account_id, FIRST, 0, 5)
    with_settings(stage, accounts={"certificates_per_account": 1})
    assert told(alice, f"NS CERT ADD {FIRST}") == ["That certificate logs in to an account already."]
    assert told(alice, "NS CERT ADD")[0].startswith("You are not connected with a TLS client certificate.")
    assert told(alice, "NS CERT ADD abc") == ["A fingerprint is the SHA-256 of a certificate: 64 hexadecimal digits."]
    assert told(alice, "NS CERT DEL")[0].startswith("It is written: CERT ADD")
    told(alice, f"NS CERT ADD {SECOND}")
    assert told(alice, f"NS CERT ADD {'ef' * 32}")[0].startswith("Your account has as many certificates")


# --- the end -----------------------------------------------------------------------------------------------


def test_dropping_an_account(stage: Stage) -> None:
    """After a code that is repeated; then nothing of it is left, and nobody can have the name for a while."""
    alice, made = owner(stage, secure=True, certfp=FIRST)
    told(alice, "NS CERT ADD")
    token = told(alice, "NS TOKEN NEW phone")[1]
    stage.accounts.put_document(made.account_id, "settings", {"colour": "blue"})
    warning, ask = told(alice, "NS DROP")
    assert warning == "This deletes your account alice and everything stored about it, for good."
    code = ask.removeprefix("If you are sure: DROP ")
    assert told(alice, "NS DROP 00000000") == ["That is not the code. DROP tells it."]
    assert "The account alice is gone." in told(alice, f"NS DROP {code}")
    assert account_of(alice) is None
    assert all(node.network.registry.owner("alice") is None for node in stage.nodes)
    bob = stage.connect("bob", secure=True, certfp=FIRST)
    assert told(bob, f"NS IDENTIFY {token}") == ["The account or the password is wrong."]
    assert told(bob, "NS IDENTIFY") == ["This certificate belongs to no account, or to another one."]
    assert told(bob, "NS IDENTIFY alice correct-horse") == ["The account or the password is wrong."]
    alice.sends("QUIT")
    bob.sends("NICK alice")
    assert told(bob, "NS REGISTER correct-horse") == ["That name is taken."]


def test_a_name_may_be_free_at_once(stage: Stage) -> None:
    """Where that is configured."""
    with_settings(stage, accounts={"reserved_days": 0})
    alice, _ = owner(stage)
    code = told(alice, "NS DROP")[1].removeprefix("If you are sure: DROP ")
    told(alice, f"NS DROP {code}")
    assert "is made" in told(alice, "NS REGISTER battery-staple")[0]
    assert told(alice, f"NS DROP {code}") == ["That is not the code. DROP tells it."], "it was of the other account"


def test_an_export(stage: Stage) -> None:
    """Everything that is stored, line by line, and no secret."""
    alice, made = owner(stage)
    stage.accounts.set_email(made.account_id, "alice@example.org")
    token = told(alice, "NS TOKEN NEW phone")[1]
    stage.accounts.put_document(made.account_id, "settings", {"colour": "blue", "list": [1, 2]})
    lines = told(alice, "NS EXPORT")
    pairs = dict(line.split(": ", 1) for line in lines[:-1])
    assert lines[-1] == f"{len(pairs)} lines."
    values = {name: json.loads(value) for name, value in pairs.items()}
    assert "alice@example.org" in values.values()
    assert "phone" in values.values()
    assert "blue" in values.values()
    kept = stage.accounts.look_up("alice")
    assert kept is not None
    assert kept[1] is not None
    text = "\n".join(lines)
    assert token.split("-", 2)[2] not in text
    assert kept[1].password_hash not in text
    assert stage.accounts.tokens(made.account_id)[0].secret_hash.hex() not in text


def test_an_export_in_a_batch_and_not_too_often(stage: Stage) -> None:
    """A batch for who knows them; it costs a third of what a client may send at once."""
    stage.registers("alice", "correct-horse")
    alice = stage.connect("alice", account="alice", caps="batch")
    alice.sends("NS EXPORT")
    lines = alice.take()
    assert lines[0] == f":{alice.node.name} BATCH +1 chatd/export alice"
    assert lines[-1] == f":{alice.node.name} BATCH -1"
    for _ in range(6):
        alice.sends("NS EXPORT")
    assert alice.session.allowance < 0


def test_the_account_of_somebody_else(stage: Stage) -> None:
    """Is nobody's business."""
    alice, _ = owner(stage)
    stage.registers("other")
    assert told(alice, "NS EXPORT other") == [
        "EXPORT of another account is for server operators with the privilege accounts."
    ]


def test_an_account_that_is_gone_meanwhile(stage: Stage) -> None:
    """A sentence, when the news has not come here yet."""
    alice, made = owner(stage)
    stage.accounts.delete(made.account_id, 0)
    for line in ("CERT LIST", "DROP", "EXPORT", "TOKEN LIST", "GROUP"):
        if line == "GROUP":
            alice.sends("NICK ally")
        assert told(alice, f"NS {line}") == ["There is no account alice."], line


def test_a_store_that_is_away(stage: Stage) -> None:
    """Each command says so, and works again afterwards."""
    alice, _ = owner(stage)
    stage.shelf.is_gone = True
    sentence = ["That cannot be done just now; please try again in a few minutes."]
    for line in ("INFO", "CERT LIST", "TOKEN LIST", "DROP", "EXPORT", "UNGROUP x", f"CERT ADD {FIRST}"):
        assert told(alice, f"NS {line}") == sentence, line
    stage.shelf.is_gone = False
    assert told(alice, "NS CERT LIST") == ["0 certificates."]
