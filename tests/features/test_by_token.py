"""What a log-in by a session token is not enough for: what it would leave behind, or could not be had back.

Issue: tokens "expire; revocable one by one or all".  So whoever found one has no more than it.
"""

from __future__ import annotations

import re
from base64 import b64encode

import pytest
from talk import account_of, told

from chatd.core.accounts import Suspension
from chatd.core.events import AccountRenamed
from chatd.testing import Client, Stage

ONLY = "A session token is not enough for this; log in with your password or certificate first"
PRINT = "ab" * 32
LASTING = {
    "certificate": f"NS CERT ADD {PRINT}",
    "certificate ends": f"NS CERT DEL {PRINT}",
    "token": "NS TOKEN NEW phone",
    "account ends": "NS DROP",
    "nickname ends": "NS UNGROUP ally",
    "channel ends": "CS DROP #chat",
    "channel goes": "CS TRANSFER #chat bob",
    "heir": "CS SUCCESSOR #chat bob",
}


def token_of(stage: Stage) -> str:
    """A token of Alice, who has #chat."""
    stage.registers("alice", "correct-horse")
    alice = stage.connect("alice")
    alice.sends("NS IDENTIFY correct-horse", "JOIN #chat", "CS REGISTER #chat").take()
    alice.sends("TOKEN NEW :phone")
    token = alice.take()[-1].split()[-1]
    alice.sends("QUIT")
    stage.settle()
    return token


def by_token(stage: Stage) -> Client:
    """Somebody who has nothing else."""
    thief = stage.connect("thief", caps="standard-replies")
    thief.sends(f"NS IDENTIFY {token_of(stage)}").take()
    assert account_of(thief) == "alice"
    return thief


def said(client: Client, line: str) -> str:
    """All that comes back."""
    client.take()
    client.sends(line)
    return "\n".join(client.take())


@pytest.mark.parametrize("line", LASTING.values(), ids=LASTING)
def test_what_needs_more(stage: Stage, line: str) -> None:
    """The password makes it possible, in the same connection; another token does not."""
    stage.registers("bob", "battery-staple")
    thief = by_token(stage)
    assert f"{ONLY}: /msg NickServ IDENTIFY alice <password>" in said(thief, line)
    assert ONLY in said(thief, line)
    thief.sends("NS IDENTIFY alice correct-horse")
    assert ONLY not in said(thief, line)


def test_no_token_comes_of_a_token(stage: Stage) -> None:
    """Neither by TOKEN nor with a log-in; or one that was found would last for ever."""
    token = token_of(stage)
    thief = stage.open()
    bearer = b64encode(f"\0session\0{token}".encode()).decode()
    thief.sends("CAP REQ :sasl standard-replies", "AUTHENTICATE IRCV3BEARER token=x", f"AUTHENTICATE {bearer}")
    assert f":{thief.node.name} WARN AUTHENTICATE NO_TOKEN alice :{ONLY}" in thief.take()
    thief.sends("TOKEN NEW").sees(f":{thief.node.name} FAIL TOKEN PASSWORD_REQUIRED :{ONLY}")
    assert [token.device for token in stage.accounts.tokens(1)] == ["phone"]


def test_what_it_is_enough_for(stage: Stage) -> None:
    """A device ends its own token, and lists what there is."""
    thief = by_token(stage)
    (line,) = [each for each in said(thief, "TOKEN LIST").split("\n") if " LIST " in each]
    assert told(thief, "NS CERT LIST") == ["0 certificates."]
    assert "TOKEN REVOKED" in said(thief, f"TOKEN REVOKE {line.split()[3]}")


def test_by_password_of_a_suspended_account(stage: Stage) -> None:
    """A password that logs nobody in proves nothing of the account that one is in."""
    thief = by_token(stage)
    stage.registers("mallory", "battery-staple")
    root = stage.accounts.find("mallory")
    assert root is not None
    stage.accounts.suspend(root.account_id, Suspension("", "root", 0, 0))
    assert told(thief, "NS IDENTIFY mallory battery-staple") == ["The account mallory is suspended."]
    assert ONLY in said(thief, "NS DROP")


def test_by_another_connection(stage: Stage) -> None:
    """Of two connections of one user, one logs in to an account by its token: the other has shown no more of it."""
    token = token_of(stage)
    stage.registers("mallory", "battery-staple")
    plain = b64encode(b"\0mallory\0battery-staple").decode()
    first, second = stage.open(), stage.open()
    for each in (first, second):
        each.sends("CAP REQ :sasl", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain}", "NICK mallory", "USER m 0 * :m")
        each.sends("CAP END")
    assert first.session.user.nick == second.session.user.nick == "mallory"  # type: ignore[union-attr]
    second.sends(f"NS IDENTIFY alice {token}")
    stage.settle()
    assert account_of(first) == "alice"
    assert ONLY in said(first, "NS DROP") and ONLY in said(second, "NS DROP")


def test_a_renamed_account(stage: Stage) -> None:
    """It stays so under another name; who logs out and comes with the password is free of it."""
    thief = by_token(stage)
    stage.accounts.rename(1, "alicia", "alicia", stage.server.now_ms())
    stage.server.emit(AccountRenamed(stage.server.origin, "alice", "alicia"))
    stage.settle()
    assert ONLY in said(thief, "NS DROP")
    thief.sends("NS LOGOUT", "NS IDENTIFY alicia correct-horse")
    assert re.search(r"If you are sure: DROP \S+", said(thief, "NS DROP"))
