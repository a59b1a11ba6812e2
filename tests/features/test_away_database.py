"""The database is away: every command to a service, and every other one about accounts, says so and changes nothing."""

from __future__ import annotations

from base64 import b64encode
from copy import deepcopy
from typing import Any

import pytest
from chanserv import OPEN, founded, person
from msgspec.structs import replace
from twisted.logger import capturedLogs

from chatd.config import Operator
from chatd.stores.shelf import Shelf
from chatd.testing import Client, Stage

LATER = "That cannot be done just now; please try again in a few minutes."
SOON = "try again in a minute"
ELSEWHERE = {
    "GHOST", "REGAIN", "RECOVER", "RELEASE", "LOGIN", "ID", "IDENTIFY", "LOGOUT", "REGISTER", "VERIFY", "RESETPASS",
    "SESSIONS", "LIST", "INVITE", "DROP",
}  # fmt: skip
"""Commands to NickServ that need no database, or more than to be logged in; the latter are looked at by themselves."""
NICKSERV = {
    "CERT": f"CERT ADD {'ab' * 32}", "TOKEN": "TOKEN NEW phone", "SET": "SET HIDE-MAIL off", "INFO": "INFO",
    "EXPORT": "EXPORT", "GROUP": "GROUP", "UNGROUP": "UNGROUP alice2", "PASSWD": "PASSWD correct-horse battery-staple",
    "SUSPEND": "SUSPEND bob 1d spam", "UNSUSPEND": "UNSUSPEND bob", "RENAME": "RENAME bob robert", "ERASE": "ERASE bob",
}  # fmt: skip
STAFF = replace(OPEN, operators=(Operator(name="root", account="alice"),))
CHANSERV = {
    "REGISTER": "REGISTER #other", "DROP": "", "TRANSFER": "TRANSFER #chat bob", "SUCCESSOR": "SUCCESSOR #chat bob",
    "FLAGS": "FLAGS #chat bob op", "ACCESS": "ACCESS #chat ADD bob AOP", "SOP": "SOP #chat ADD bob",
    "AOP": "AOP #chat ADD bob", "HOP": "HOP #chat ADD bob", "VOP": "VOP #chat ADD bob",
    "TEMPLATE": "TEMPLATE #chat HELPER op", "AKICK": "AKICK #chat ADD *!*@192.0.2.200", "SET": "SET #chat url x",
    "INVITELINK": "INVITELINK #chat MAKE", "INVITE": "INVITE #chat carol", "UNINVITE": "UNINVITE #chat dora",
}  # fmt: skip


def shelved(shelf: Shelf) -> Any:
    """All that is kept."""
    return deepcopy({name: value for name, value in vars(shelf).items() if name not in ("is_gone", "_lock")})


def away(stage: Stage, client: Client, *lines: str) -> list[str]:
    """What is answered while the database is away; nothing was changed, and nothing went wrong besides."""
    stage.passes(2)
    before = shelved(stage.shelf)
    client.session.allowance = 1000.0
    client.take()
    stage.shelf.is_gone = True
    with capturedLogs() as events:
        client.sends(*lines)
        stage.passes(12)  # log-ins are tried more than once
    stage.shelf.is_gone = False
    assert shelved(stage.shelf) == before
    assert [event["log_format"] for event in events if "log_failure" in event] == []
    return [line.partition(" :")[2] for line in client.take()]


def chat(stage: Stage) -> Client:
    """Alice, an operator, who founded #chat and is in #other."""
    for name in ("bob", "carol", "dora"):
        person(stage, name).sends("QUIT")
    alice = founded(stage)
    alice.sends("JOIN #other", "OPER root", "CS INVITE #chat dora", "JOIN #third")
    return alice


@pytest.mark.parametrize("name", CHANSERV)
def test_chanserv(nodes: int, name: str) -> None:
    """What changes a registration."""
    stage = Stage(STAFF, nodes=nodes)
    alice = chat(stage)
    line = CHANSERV[name]
    if name == "DROP":
        alice.take()
        alice.sends("CS DROP #chat")
        line = f"DROP #chat {alice.take()[-1].rpartition(' ')[2]}"
    assert away(stage, alice, f"CS {line}") == [LATER]
    alice.sends(f"CS {line}")
    assert LATER not in " ".join(alice.take())


def test_every_command_to_nickserv_is_here(stage: Stage) -> None:
    """Somebody who adds one has to say what becomes of it."""
    assert set(stage.catalog.services["nickserv"].commands) == {*NICKSERV, *ELSEWHERE}


@pytest.mark.parametrize("name", NICKSERV)
def test_nickserv(nodes: int, name: str) -> None:
    """What those who are logged in ask for, and operators."""
    stage = Stage(STAFF, nodes=nodes)
    alice = chat(stage)
    if name == "GROUP":
        alice.sends("NICK alice2")
    said = away(stage, alice, f"NS {NICKSERV[name]}")
    assert len(said) == 1 and (said == [LATER] or SOON in said[0]), said


def test_dropping(nodes: int) -> None:
    """With the right code."""
    stage = Stage(STAFF, nodes=nodes)
    alice = chat(stage)
    assert away(stage, alice, "NS DROP") == [LATER]
    alice.sends("NS DROP")
    code = alice.take()[-1].rpartition(" ")[2]
    assert away(stage, alice, f"NS DROP {code}") == [LATER]
    assert alice.session.user is not None and alice.session.user.account == "alice"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("NS REGISTER correct-horse", SOON),
        ("NS IDENTIFY bob correct-horse", SOON),
        ("REGISTER * * correct-horse", SOON),
        ("VERIFY bob ABCDEFGHJKLM", SOON),
    ],
)
def test_strangers(stage: Stage, line: str, said: str) -> None:
    """Who is not logged in is told to try again, and is not logged in."""
    stage.registers("bob", "correct-horse")
    stranger = stage.connect("stranger", caps="draft/account-registration standard-replies")
    answer = away(stage, stranger, line)
    assert any(said in each for each in answer), answer
    assert stranger.session.user is not None and stranger.session.user.account is None


def test_sasl(stage: Stage) -> None:
    """904, after the tries that the desk has."""
    stage.registers("bob", "correct-horse")
    client = stage.open()
    client.sends("CAP REQ :sasl", "AUTHENTICATE PLAIN").take()
    message = b64encode(b"\0bob\0correct-horse").decode()
    stage.shelf.is_gone = True
    client.sends(f"AUTHENTICATE {message}")
    stage.passes(12)
    stage.shelf.is_gone = False
    (line,) = client.take()
    assert " 904 " in line and SOON in line
    assert client.session.account is None
