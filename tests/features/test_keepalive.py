"""PING, PONG, and the connections that say nothing."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Client, Stage


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def timed(stage: Stage, **settings: Any) -> Stage:
    """The same number of nodes, with other times."""
    config = Config()
    return Stage(replace(config, connections=replace(config.connections, **settings)), nodes=len(stage.nodes))


def test_ping_is_answered_with_the_same_token(stage: Stage) -> None:
    """Clients or servers must reply with a PONG message with the same <token> value."""
    alice = stage.connect("alice")
    alice.sends("PING abc", "PING :two words", "ping :", "PING ::)", "PING a b")
    name = server(alice)
    alice.sees(
        f"{name} PONG {name[1:]} :abc",
        f"{name} PONG {name[1:]} :two words",
        f"{name} 409 alice :No origin specified",
        f"{name} PONG {name[1:]} ::)",
        f"{name} PONG {name[1:]} :a",
    )


def test_ping_without_a_token(stage: Stage) -> None:
    """461."""
    alice = stage.connect("alice")
    alice.sends("PING")
    alice.sees(f"{server(alice)} 461 alice PING :Not enough parameters")


def test_ping_before_registration(stage: Stage) -> None:
    """Clients should not send PING during connection registration, though servers may accept it."""
    client = stage.open().sends("PING early")
    client.sees(f"{server(client)} PONG {server(client)[1:]} :early")


def test_pong_is_never_answered(stage: Stage) -> None:
    """None are its numerics, not even without a parameter, and not before registration."""
    alice, early = stage.connect("alice"), stage.open()
    for client in (alice, early):
        client.sends("PONG", "PONG x", "PONG a b c", "PONG :")
        client.sees()


def test_silence_is_broken_by_ping_and_ended_by_error(stage: Stage) -> None:
    """PING after the interval; QUIT to the others and ERROR after the time-out, with the time in the reason."""
    stage = timed(stage, ping_interval_s=30, ping_timeout_s=20)
    alice, bob = stage.connect("alice"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
    for client in (alice, bob):
        client.take()
    for _ in range(3):
        stage.passes(10)
        bob.sends("PONG x")
    stage.passes(2)
    alice.sees(f"PING :{alice.node.name}")
    source = alice.session.user.source
    for _ in range(3):
        stage.passes(10)
        bob.sends("PONG x")
    alice.sees("ERROR :Closing link: 192.0.2.1 (Ping timeout: 50 seconds)")
    assert alice.closed
    bob.sees(f":{source} QUIT :Ping timeout: 50 seconds")


def test_whatever_a_client_says_keeps_it(stage: Stage) -> None:
    """Any line counts as a sign of life, also an unknown command."""
    stage = timed(stage, ping_interval_s=30, ping_timeout_s=20)
    alice = stage.connect("alice")
    for line in ("PRIVMSG", "NONSENSE", "PONG", "PING x", "MODE alice") * 2:
        stage.passes(20)
        alice.sends(line)
    assert not alice.closed
    assert not [line for line in alice.take() if line.startswith("PING")]


def test_no_interval_means_no_ping(stage: Stage) -> None:
    """0 switches it off."""
    stage = timed(stage, ping_interval_s=0)
    alice = stage.connect("alice")
    stage.passes(1000)
    alice.sees()
    assert not alice.closed


def test_who_came_by_login_is_not_pinged(stage: Stage) -> None:
    """A person's client never answers PING."""
    person = stage.open().sends("LOGIN alice")
    person.take()
    stage.passes(1000)
    person.sees()
    assert not person.closed


@pytest.mark.parametrize("lines", [[], ["NICK alice"], ["CAP LS 302", "NICK a", "USER a 0 * :a"], ["PONG x"]])
def test_registration_takes_no_longer_than_allowed(stage: Stage, lines: list[str]) -> None:
    """What was said meanwhile does not prolong it."""
    client = stage.open()
    stage.passes(50)
    client.sends(*lines).take()
    stage.passes(12)
    client.sees("ERROR :Closing link: 192.0.2.1 (Registration timed out)")
    assert client.closed
    assert not any(node.network.user("alice") for node in stage.nodes)


def test_no_time_out_means_time_for_ever(stage: Stage) -> None:
    """0 switches it off; registration still works after a day."""
    stage = timed(stage, registration_timeout_s=0)
    client = stage.open()
    stage.passes(1000)
    client.sends("NICK alice", "USER alice 0 * :Alice")
    assert client.take()[0].startswith(f"{server(client)} 001 alice ")
