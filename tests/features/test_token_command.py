"""TOKEN, as a command of the protocol and as one of NickServ."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

import pytest
from talk import account_of, told, with_settings

from chatd.testing import Client, Stage

DAY_MS = 86_400_000


def owner(stage: Stage, **given: Any) -> Client:
    """Somebody who is logged in."""
    stage.registers("alice", "correct-horse")
    return stage.connect("alice", account="alice", **given)


def new_token(client: Client, device: str = "phone") -> tuple[str, str]:
    """The id of a new token, and the token."""
    client.take()
    client.sends(f"TOKEN NEW :{device}")
    (line,) = client.take()
    found = re.fullmatch(rf":{client.node.name} TOKEN NEW (\S+) 2024-02-12T22:13:20.000Z (\S+)", line)
    assert found is not None, line
    return found[1], found[2]


def works(stage: Stage, token: str) -> bool:
    """Whether a stranger can log in with it."""
    return "You are logged in as alice." in told(stage.connect(f"s{stage._connected}"), f"NS IDENTIFY {token}")


def test_a_token_logs_in_wherever_a_password_does(stage: Stage) -> None:
    """IDENTIFY, PASS, LOGIN, SASL PLAIN, and IRCV3BEARER."""
    token = new_token(owner(stage))[1]
    assert works(stage, token)
    by_pass = stage.open()
    by_pass.sends(f"PASS {token}", "NICK p", "USER p 0 * :p")
    assert account_of(by_pass) == "alice"
    by_login = stage.open()
    by_login.sends(f"LOGIN alice {token}")
    assert account_of(by_login) == "alice"
    for mechanism, message in (("PLAIN", f"\0alice\0{token}"), ("IRCV3BEARER", f"\0session\0{token}")):
        client = stage.open()
        said = b64encode(message.encode()).decode()
        client.sends("CAP REQ :sasl", f"AUTHENTICATE {mechanism}", f"AUTHENTICATE {said}")
        assert any(" 903 " in line for line in client.take()), mechanism


def test_before_registration(stage: Stage) -> None:
    """A client that has logged in by SASL may ask at once; one that has not is refused."""
    stage.registers("alice", "correct-horse")
    client = stage.open()
    client.sends("TOKEN NEW").sees(f":{client.node.name} FAIL TOKEN ACCOUNT_REQUIRED :You are not logged in")
    plain = b64encode(b"\0alice\0correct-horse").decode()
    client.sends("CAP REQ :sasl", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain}")
    assert works(stage, new_token(client)[1])


def test_a_list(stage: Stage) -> None:
    """Each with device, address and last use; the tokens themselves are never told again."""
    alice = owner(stage)
    first, token = new_token(alice, "my  phone\x02")
    stage.now_s += 60
    assert works(stage, token)
    second, _ = new_token_at(alice, "")
    alice.sends("TOKEN LIST").sees(
        f":{alice.node.name} TOKEN LIST {first} 2023-11-14T22:13:20.000Z 2023-11-14T22:14:20.000Z "
        "2024-02-12T22:13:20.000Z 192.0.2.1 :my phone",
        f":{alice.node.name} TOKEN LIST {second} 2023-11-14T22:14:20.000Z 2023-11-14T22:14:20.000Z "
        "2024-02-12T22:14:20.000Z 192.0.2.1 :unnamed",
        f":{alice.node.name} TOKEN END",
    )
    assert token not in "\n".join(told(alice, "NS TOKEN LIST"))
    assert told(alice, "NS TOKEN LIST")[0].startswith(f"{first} for my phone, made Tue Nov 14 2023")


def new_token_at(client: Client, device: str) -> tuple[str, str]:
    """As ``new_token``, at another moment."""
    client.take()
    client.sends(f"TOKEN NEW :{device}")
    words = client.take()[0].split(" ")
    return words[3], words[5]


def test_a_revoked_token_stops_working_at_once(stage: Stage) -> None:
    """By its id, for its owner; others have no token of that id."""
    alice = owner(stage)
    stage.registers("bob")
    bob = stage.connect("bob", account="bob")
    token_id, token = new_token(alice)
    bob.sends(f"TOKEN REVOKE {token_id}").sees(
        f":{bob.node.name} FAIL TOKEN UNKNOWN_TOKEN {token_id} :You have no token of that id"
    )
    assert works(stage, token)
    alice.sends(f"TOKEN REVOKE {token_id}").sees(f":{alice.node.name} TOKEN REVOKED {token_id} 1")
    assert not works(stage, token)
    alice.sends(f"TOKEN REVOKE {token_id}").sees(
        f":{alice.node.name} FAIL TOKEN UNKNOWN_TOKEN {token_id} :You have no token of that id"
    )


def test_all_of_them(stage: Stage) -> None:
    """At once, by either command."""
    alice = owner(stage)
    tokens = [new_token(alice)[1] for _ in range(2)]
    alice.sends("TOKEN REVOKE all").sees(f":{alice.node.name} TOKEN REVOKED * 2")
    assert not any(works(stage, token) for token in tokens)
    token = told(alice, "NS TOKEN NEW my phone")[1]
    assert works(stage, token)
    assert told(alice, "NS TOKEN REVOKE ALL") == ["1 token revoked. SESSIONS shows who is logged in still."]
    assert not works(stage, token)
    assert told(alice, "NS TOKEN REVOKE ALL") == ["0 tokens revoked. SESSIONS shows who is logged in still."]
    assert told(alice, "NS TOKEN LIST") == ["You have no tokens."]
    assert told(alice, "NS TOKEN REVOKE x") == ["You have no token of that id. LIST shows them."]


def test_tokens_expire(stage: Stage) -> None:
    """After so many days, or never."""
    alice = owner(stage)
    token = new_token(alice)[1]
    with_settings(stage, accounts={"token_days": 0})
    alice.sends("TOKEN NEW")
    words = alice.take()[0].split(" ")
    assert words[4] == "*"
    stage.now_s += 91 * 86_400
    assert not works(stage, token)
    assert works(stage, words[5])
    alice.sends("TOKEN LIST")
    assert len(alice.take()) == 2


def test_not_without_end(stage: Stage) -> None:
    """So many for an account."""
    alice = owner(stage)
    with_settings(stage, accounts={"tokens": 2})
    new_token(alice)
    new_token(alice)
    alice.sends("TOKEN NEW").sees(
        f":{alice.node.name} FAIL TOKEN TOO_MANY_TOKENS :The account has as many tokens as it may have; REVOKE one"
    )
    assert told(alice, "NS TOKEN NEW") == ["You have as many tokens as you may have; REVOKE one."]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("TOKEN", "461 {nick} TOKEN :Not enough parameters"),
        ("TOKEN FORGE", "FAIL TOKEN INVALID_PARAMS FORGE :TOKEN takes NEW, LIST and REVOKE"),
        ("TOKEN :", "FAIL TOKEN INVALID_PARAMS * :TOKEN takes NEW, LIST and REVOKE"),
        ("TOKEN REVOKE", "FAIL TOKEN NEED_MORE_PARAMS REVOKE :Which one? LIST shows their ids; ALL is all"),
        ("TOKEN REVOKE :a b", "FAIL TOKEN UNKNOWN_TOKEN a :You have no token of that id"),
        ("TOKEN REVOKE ::", "FAIL TOKEN UNKNOWN_TOKEN * :You have no token of that id"),
    ],
)
def test_what_is_malformed(stage: Stage, line: str, said: str) -> None:
    """In the protocol's own words."""
    alice = owner(stage)
    alice.sends(line).sees(f":{alice.node.name} {said.format(nick='alice')}")


def test_a_store_that_is_away(stage: Stage) -> None:
    """A temporary failure."""
    alice = owner(stage)
    stage.shelf.is_gone = True
    alice.sends("TOKEN LIST")
    assert alice.take()[0].startswith(f":{alice.node.name} FAIL TOKEN TEMPORARILY_UNAVAILABLE")


def test_a_token_of_somebody_who_is_suspended_or_gone(stage: Stage) -> None:
    """Neither logs in."""
    alice = owner(stage)
    token = new_token(alice)[1]
    found = stage.accounts.find("alice")
    assert found is not None
    stage.accounts.delete(found.account_id, 0)
    assert not works(stage, token)
