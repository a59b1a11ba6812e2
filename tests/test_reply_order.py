"""What one command says comes in the same order, whether events come back at once or after the turn."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage

CAPS = "echo-message batch labeled-response message-tags"


def play(stage: Stage, line: str, caps: str) -> list[str]:
    """What somebody in #here, with bob and two channels out of reach, is told of one line."""
    bob = stage.connect("bob")
    bob.sends("JOIN #here,#closed,#full", "MODE #closed +i", "MODE #full +l 1")
    alice = stage.connect("alice", caps=caps)
    alice.sends("JOIN #here")
    bob.sends("MODE #here +o alice")
    alice.take()
    alice.sends(line)
    return [words_of(alice, told) for told in alice.take()]


def words_of(client: Client, line: str) -> str:
    """A line without what differs between two servers: ids, and the name of the node."""
    tags, rest = "", line
    if rest.startswith("@"):
        tags, _, rest = rest.partition(" ")
        tags = ";".join(tag for tag in tags[1:].split(";") if not tag.startswith("msgid="))
    return f"{tags} {rest.replace(client.node.name, 'server')}".strip()


@pytest.mark.parametrize("caps", ["", CAPS], ids=["plain", "labels"])
@pytest.mark.parametrize(
    "line",
    [
        "JOIN #new,#closed,#here,#other,#full,bad",
        "PART #here,#nowhere,#here",
        "PRIVMSG #here,nobody,bob,#closed :hello",
        "KICK #here nobody,bob,carol :out",
        "MODE #here +o-o+m nobody bob",
        "MODE #here +mz",
        "JOIN #closed,#new",
        "PRIVMSG bob,nobody,NickServ :INFO nobody",
        "PRIVMSG NickServ,bob,ChanServ,#here,NickServ :INFO nobody",
    ],
)
def test_same_order_everywhere(line: str, caps: str) -> None:
    """A refusal does not overtake what was done before it."""
    if caps:
        line = f"@label=one {line}"
    at_once = play(Stage(), line, caps)
    assert len(at_once) > 1
    assert play(Stage(late=True), line, caps) == at_once
    assert play(Stage(nodes=2), line, caps) == at_once


def test_what_was_held_is_said_before_the_end() -> None:
    """Nothing is lost when the connection is closed while an event is under way."""
    stage = Stage(late=True)
    alice = stage.connect("alice")
    alice.session.receive(b"JOIN #a,bad\r\n")
    alice.session.close("That is all")
    stage.settle()
    refused, ended, *_ = alice.take()
    assert " 403 alice bad " in refused or " 476 alice bad " in refused
    assert ended.startswith("ERROR ")
