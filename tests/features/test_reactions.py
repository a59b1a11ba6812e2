"""REACTIONS: an extension of this server, described in docs/protocol.md."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from speaking import say

from chatd.core.archive import Entry
from chatd.reading.reactions import tallies
from chatd.testing import Client, Stage

CAPS = "message-tags echo-message batch draft/chathistory draft/message-redaction"


@pytest.fixture
def room(stage: Stage) -> tuple[Client, Client, Client]:
    """Alice, the operator, Bob and Carol in #a."""
    clients = [stage.connect(nick, caps=CAPS) for nick in ("alice", "bob", "carol")]
    for client in clients:
        client.sends("JOIN #a")
    stage.passes(1)
    return clients[0], clients[1], clients[2]


def asks(client: Client, line: str) -> list[str]:
    """The lines inside the batch that answers, without the server's name and the batch's tag."""
    client.take()
    first, *lines, last = client.sends(f"REACTIONS {line}").take()
    assert " BATCH +" in first
    assert first.endswith(f" chatd/reactions {line.split(' ')[0]}")
    assert " BATCH -" in last
    return [line.partition(f":{client.node.name} ")[2] for line in lines]


def react(client: Client, msgid: str, reaction: str, verb: str = "react", target: str = "#a") -> str:
    """React to a message, or take that back."""
    return say(client, f"@+draft/{verb}={reaction};+reply={msgid} TAGMSG {target}")


def failure(client: Client, line: str) -> str:
    """The standard reply a line is answered with, without what precedes it."""
    client.take()
    (answer,) = client.sends(line).take()
    return answer.removeprefix(f":{client.node.name} FAIL REACTIONS ")


def test_reactions(room: tuple[Client, Client, Client]) -> None:
    """Each person once for each reaction, in the order in which reactions came; what was taken back is not counted."""
    alice, bob, carol = room
    msgid, other = say(alice, "PRIVMSG #a :one"), say(alice, "PRIVMSG #a :two")
    for client in (bob, carol, bob):
        react(client, msgid, "+1")
    react(carol, msgid, "heart")
    react(carol, msgid, "gone")
    react(carol, msgid, "gone", "unreact")
    react(alice, other, "+1")
    assert asks(carol, f"#a {msgid}") == [
        f"REACTIONS #a {msgid} 2 bob,carol :+1",
        f"REACTIONS #a {msgid} 1 carol :heart",
    ]
    react(bob, msgid, "+1", "unreact")
    react(carol, msgid, "heart", "unreact")
    both = [f"REACTIONS #a {msgid} 1 carol :+1", f"REACTIONS #a {other} 1 alice :+1"]
    assert asks(bob, f"#a {msgid} {other}") == both
    assert asks(bob, f"#a {other} {msgid}") == both[::-1]


def test_replies(room: tuple[Client, Client, Client]) -> None:
    """How many, by whom, and the last one's id."""
    alice, bob, carol = room
    msgid = say(alice, "PRIVMSG #a :one")
    for client in (bob, carol, bob):
        last = say(client, f"@+reply={msgid} PRIVMSG #a :an answer")
    react(bob, msgid, "x")
    assert asks(alice, f"#a {msgid}") == [f"REACTIONS #a {msgid} 1 bob :x", f"REPLIES #a {msgid} 3 bob,carol :{last}"]
    assert asks(alice, f"#a {last}") == []


def test_what_was_taken_back(room: tuple[Client, Client, Client]) -> None:
    """Neither what answers a message that is gone, nor an answer that is."""
    alice, bob, _ = room
    msgid, other = say(alice, "PRIVMSG #a :one"), say(alice, "PRIVMSG #a :two")
    reaction = react(bob, msgid, "x")
    react(bob, other, "y")
    bob.sends(f"REDACT #a {reaction}")
    assert asks(alice, f"#a {msgid}") == []
    alice.sends(f"REDACT #a {other}")
    assert asks(alice, f"#a {other}") == asks(alice, f"#a {msgid} {other}") == []


def test_of_an_account(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """Who is logged in reacts once, under whatever nickname."""
    alice, bob, _ = room
    stage.registers("Robert")
    stage.logs_in(bob, "Robert")
    msgid = say(alice, "PRIVMSG #a :one")
    react(bob, msgid, "x")
    bob.sends("NICK rob")
    react(bob, msgid, "x")
    assert asks(alice, f"#a {msgid}") == [f"REACTIONS #a {msgid} 1 rob :x"]
    react(bob, msgid, "x", "unreact")
    assert asks(alice, f"#a {msgid}") == []


def test_conversations(room: tuple[Client, Client, Client]) -> None:
    """Of what two people say to each other, for those two."""
    alice, bob, carol = room
    msgid = say(alice, "PRIVMSG bob :one")
    react(bob, msgid, "x", target="alice")
    alice.stage.passes(1)
    assert asks(alice, f"bob {msgid}") == [f"REACTIONS bob {msgid} 1 bob :x"]
    assert asks(bob, f"alice {msgid}") == [f"REACTIONS alice {msgid} 1 bob :x"]
    assert asks(carol, f"bob {msgid}") == []


def test_what_may_not_be_read(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """The rules of CHATHISTORY: nothing of what was said before one came, to a rank, or where one is not."""
    alice, bob, _ = room
    msgid, secret = say(alice, "PRIVMSG #a :one"), say(alice, "PRIVMSG @#a :two")
    react(alice, secret, "x", target="@#a")
    react(alice, msgid, "ops", target="@#a")
    react(alice, msgid, "x")
    assert asks(bob, f"#a {secret}") == []
    assert asks(bob, f"#a {msgid} {secret}") == [f"REACTIONS #a {msgid} 1 alice :x"]
    assert asks(alice, f"#a {secret}") == [f"REACTIONS #a {secret} 1 alice :x"]
    dora = stage.connect("dora", caps=CAPS)
    assert failure(dora, f"REACTIONS #a {msgid}") == "INVALID_TARGET #a :Messages could not be retrieved"
    assert failure(dora, f"REACTIONS #nowhere {msgid}") == "INVALID_TARGET #nowhere :Messages could not be retrieved"
    dora.sends("JOIN #a")
    stage.passes(1)
    assert asks(dora, f"#a {msgid}") == []


def test_bad_questions(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """Ids that are none, and clients that know no history."""
    alice, _, _ = room
    assert failure(alice, "REACTIONS #a nonsense") == "INVALID_PARAMS nonsense :Invalid message id"
    plain = stage.connect("plain")
    assert failure(plain, "REACTIONS #a x") == "CAPABILITY_REQUIRED draft/chathistory :Negotiate this capability first"
    assert plain.sends("REACTIONS #a").take() == [f":{plain.node.name} 461 plain REACTIONS :Not enough parameters"]


def test_bounds(room: tuple[Client, Client, Client]) -> None:
    """No more than 50 reactions of a message, and none that is longer than 100 bytes."""
    alice, _, _ = room
    alice.session.allowance = 1e9
    msgid = say(alice, "PRIVMSG #a :one")
    react(alice, msgid, "x" * 101)
    for number in range(60):
        react(alice, msgid, f"r{number}")
    assert asks(alice, f"#a {msgid}") == [f"REACTIONS #a {msgid} 1 alice :r{number}" for number in range(50)]


def test_too_much_at_once(room: tuple[Client, Client, Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not told all learns that."""
    monkeypatch.setattr("chatd.features.reactions.MOST_LINES", 1)
    alice, _, _ = room
    msgid = say(alice, "PRIVMSG #a :one")
    react(alice, msgid, "x")
    assert len(asks(alice, f"#a {msgid}")) == 1
    react(alice, msgid, "y")
    *_, end, note = alice.sends(f"REACTIONS #a {msgid}").take()
    assert " BATCH -" in end
    assert note.startswith(f":{alice.node.name} NOTE REACTIONS INCOMPLETE #a :")


EVENTS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.sampled_from("12"), st.booleans()))


@given(EVENTS)
def test_against_a_naive_count(events: list[tuple[str, str, str, bool]]) -> None:
    """Whatever is done and undone, somebody counts if what they did last was to react."""
    entries = [
        Entry(0, str(number), {"+reply": msgid, "+draft/react" if does else "+draft/unreact": kind}, f"{nick}!u@h",
              "TAGMSG", ["#a"])
        for number, (nick, kind, msgid, does) in enumerate(events)
    ]  # fmt: skip
    last = {(nick, kind, msgid): does for nick, kind, msgid, does in events}
    found = {
        (nick, kind, msgid)
        for msgid, tally in tallies("12", entries, str.lower).items()
        for kind, people in tally.reactions.items()
        for nick in people.values()
    }
    assert found == {what for what, does in last.items() if does}
