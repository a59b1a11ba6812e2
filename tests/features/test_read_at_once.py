"""What was said just before is found by whoever asks, in the same turn too: "messages stored [...] and never lost"."""

from __future__ import annotations

import pytest
from speaking import say

from chatd.config import Config, History
from chatd.testing import Client, Stage

CAPS = "message-tags echo-message batch draft/chathistory draft/search"
TARGETS = "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 5"


@pytest.fixture
def stage() -> Stage:
    """One server, of whose channels members read everything."""
    return Stage(Config(history=History(access="members")))


@pytest.fixture
def room(stage: Stage) -> tuple[Client, Client]:
    """Alice and Bob in #a."""
    alice, bob = (stage.connect(nick, caps=CAPS) for nick in ("alice", "bob"))
    for client in (bob, alice):
        client.sends("JOIN #a")
    alice.take()
    return alice, bob


def answer(client: Client) -> list[str]:
    """What is in the batch that answers, and how it opens and ends."""
    lines = client.take()
    return lines[next(place for place, line in enumerate(lines) if " BATCH +" in line) :]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("CHATHISTORY LATEST #a * 5", ["PRIVMSG #a :alice 2", "PRIVMSG #a :alice 3"]),
        ("CHATHISTORY LATEST bob * 5", ["PRIVMSG bob :alice 1"]),
        (TARGETS, ["CHATHISTORY TARGETS #a", "CHATHISTORY TARGETS bob"]),
        ("SEARCH text=alice", ["PRIVMSG bob :alice 1", "PRIVMSG #a :alice 2", "PRIVMSG #a :alice 3"]),
    ],
)
def test_of_ones_own(room: tuple[Client, Client], question: str, found: list[str]) -> None:
    """It came in one segment with the question."""
    alice, _ = room
    lines = ("PRIVMSG bob :alice 1", "PRIVMSG #a :alice 2", "PRIVMSG #a :alice 3", question)
    alice.sends_bytes("".join(f"{line}\r\n" for line in lines).encode())
    assert all(each in line for each, line in zip(found, answer(alice)[1:-1], strict=True))


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("CHATHISTORY LATEST #a * 5", ["PRIVMSG #a :alice 2", "PRIVMSG #a :alice 3"]),
        ("CHATHISTORY LATEST bob * 5", ["PRIVMSG alice :alice 1"]),
        (TARGETS, ["CHATHISTORY TARGETS #a", "CHATHISTORY TARGETS bob"]),
        ("SEARCH text=alice", ["PRIVMSG alice :alice 1", "PRIVMSG #a :alice 2", "PRIVMSG #a :alice 3"]),
        ("UNREAD", ["UNREAD #a 2 2 *", "UNREAD bob 1 1 *"]),
        ("MENTIONS", ["PRIVMSG alice :alice 1", "PRIVMSG #a :alice 2", "PRIVMSG #a :alice 3"]),
    ],
)
def test_of_somebody_else(room: tuple[Client, Client], question: str, found: list[str]) -> None:
    """It came by another connection, in the turn of the question."""
    alice, bob = room
    bob.session.receive(b"PRIVMSG alice :alice 1\r\nPRIVMSG #a :alice 2\r\nPRIVMSG #a :alice 3\r\n")
    alice.sends(question)
    assert all(each in line for each, line in zip(found, answer(alice)[1:-1], strict=True))


def test_a_reaction(room: tuple[Client, Client]) -> None:
    """It is counted with the others."""
    alice, _ = room
    msgid = say(alice, "PRIVMSG #a :one")
    alice.sends_bytes(f"@+draft/react=x;+reply={msgid} TAGMSG #a\r\nREACTIONS #a {msgid}\r\n".encode())
    assert any(f"REACTIONS #a {msgid} 1 alice :x" in line for line in answer(alice))


def test_what_comes_with_join(stage: Stage, room: tuple[Client, Client]) -> None:
    """It was said before the JOIN, so it is shown with it."""
    alice, _ = room
    carol = stage.connect("carol")
    alice.session.receive(b"PRIVMSG #a :one\r\n")
    carol.sends("JOIN #a")
    assert carol.take()[-1].endswith("] one")
