"""Batches that clients open: IRCv3 client-batch.  What is in those of draft/multiline is in test_multiline.py."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage

CAPS = "batch draft/multiline labeled-response echo-message"


@pytest.fixture
def room(stage: Stage) -> tuple[Client, Client]:
    """Alice and Bob in #a."""
    alice, bob = stage.connect("alice", caps=CAPS), stage.connect("bob", caps=CAPS)
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.take()
    bob.take()
    return alice, bob


def test_unknown_type(stage: Stage) -> None:
    """"Servers MUST use `FAIL` messages from the standard replies framework to notify clients of errors with
    client-initiated batches." "`UNKNOWN_TYPE <reference-tag> <type>`: the batch type is not recognized by the server,
    all past and future messages in this batch will be ignored."
    """
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("BATCH +1 example.com/foo", "@batch=1 PRIVMSG alice :hi", "BATCH -1")
    text = "That is no type of batch clients may open"
    alice.sees(f":{alice.node.name} FAIL BATCH UNKNOWN_TYPE 1 example.com/foo :{text}")


@pytest.mark.parametrize("caps", ["", "batch", "draft/multiline"])
def test_not_negotiated(stage: Stage, caps: str) -> None:
    """"Clients SHOULD NOT send `BATCH` commands to servers, unless they negotiated a capability that allows them to do
    so": without it the type is unknown. Of multiline: "This specification depends on the `batch` capability which MUST
    be negotiated to use multiline messages."
    """
    alice = stage.connect("alice", caps=caps)
    alice.sends("BATCH +1 draft/multiline alice", "@batch=1 PRIVMSG alice :hi", "BATCH -1")
    (line,) = alice.take()
    assert line.startswith(f":{alice.node.name} FAIL BATCH UNKNOWN_TYPE 1 draft/multiline :")


def test_invalid_reference(stage: Stage) -> None:
    """"These use the same syntax as server initiated batches." "`INVALID_REFTAG <reference-tag>`: the provided
    reference tag contains disallowed characters, all past and future messages in this batch will be ignored."
    """
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("BATCH +a_b draft/multiline alice", "@batch=a_b PRIVMSG alice :hi", "BATCH -nothing")
    assert [line.split(" ")[1:5] for line in alice.take()] == [
        ["FAIL", "BATCH", "INVALID_REFTAG", "a_b"], ["FAIL", "BATCH", "INVALID_REFTAG", "nothing"],
    ]  # fmt: skip


def test_left_open(stage: Stage) -> None:
    """"`TIMEOUT <reference-tag>`: the batch was left open for too long, all past and future messages in this batch will
    be ignored."
    """
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("BATCH +1 draft/multiline alice", "@batch=1 PRIVMSG alice :hi")
    stage.passes(29)
    alice.sees()
    stage.passes(2)
    alice.sees(f":{alice.node.name} FAIL BATCH TIMEOUT 1 :The batch was left open too long")
    alice.sends("@batch=1 PRIVMSG alice :hi", "BATCH -1")
    alice.sees()


def test_other_lines_meanwhile(room: tuple[Client, Client]) -> None:
    """"Once a client has opened a batch, it MUST NOT send any messages that are not part of the batch, until it is
    closed (with `BATCH -reference-tag`)": the batch fails, the other line is carried out.
    """
    alice, bob = room
    alice.sends("BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :in", "@label=o PRIVMSG #a :out", "BATCH -1")
    source = alice.session.user.source
    taken = alice.take()
    assert taken[0].startswith(f":{alice.node.name} FAIL BATCH MULTILINE_INVALID :")
    assert taken[1] == f"@label=o :{source} PRIVMSG #a :out"
    bob.sees(f":{source} PRIVMSG #a :out")


@pytest.mark.parametrize(
    "line", ["@batch=1 BATCH +2 draft/multiline #a", "BATCH +2 draft/multiline #a", "@batch=2 PRIVMSG #a :other"]
)
def test_batches_in_a_batch(room: tuple[Client, Client], line: str) -> None:
    """"Clients MUST NOT send nested batches, i.e. clients may not send `BATCH` commands with a `batch` tag": the batch
    is refused, once, and nothing of it is said.
    """
    alice, bob = room
    alice.sends("BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :one", line)
    (answer,) = alice.take()
    assert answer.startswith(f":{alice.node.name} FAIL BATCH MULTILINE_INVALID :")
    alice.sends("@batch=1 PRIVMSG #a :two", "BATCH -1")
    assert not any(" PRIVMSG " in told for told in [*alice.take(), *bob.take()])
