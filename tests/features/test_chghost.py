"""CHGHOST, and what those see who did not negotiate it.  Quotes are from IRCv3 chghost."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Client, Stage


def meeting(stage: Stage, *clients: Client) -> None:
    """Put these into #a, with nothing left to read."""
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()


def sources(client: Client) -> tuple[str, str]:
    """How a client is seen with and without its cloak."""
    user = client.session.user
    return f"{user.nick}!{user.username}@{user.cloak}", f"{user.nick}!{user.username}@{user.real_host}"


def test_with_the_capability(stage: Stage) -> None:
    """"When a client username or host is changed, servers MUST send the `CHGHOST` message to other clients who share
    channels with the target client and who have enabled the `chghost` capability. Servers SHOULD also send the
    `CHGHOST` message to the client whose own username or host changed, if that client also supports the `chghost`
    capability."; a tilde "MUST be considered part of the username and included in any CHGHOST messages where relevant".
    """
    alice, bob = stage.connect("alice", caps="chghost"), stage.connect("bob", caps="chghost")
    meeting(stage, alice, bob)
    old, new = sources(alice)
    alice.sends("MODE alice -x")
    changed = f":{old} CHGHOST ~alice {new.partition('@')[2]}"
    alice.sees(
        f":{old} MODE alice :-x",
        changed,
        f":{alice.node.name} 396 alice {new.partition('@')[2]} :is now your displayed host",
    )
    bob.sees(changed)
    alice.sends("MODE alice +x")
    bob.sees(f":{new} CHGHOST ~alice {old.partition('@')[2]}")


def test_without_the_capability(stage: Stage) -> None:
    """"servers SHOULD send fallback messages to simulate the client reconnecting": "For shared channels, the simulated
    events SHOULD include appropriate `QUIT`, `JOIN` and `MODE` commands, to restore membership and user channel modes."
    """
    alice, bob, carol = stage.connect("alice"), stage.connect("bob"), stage.connect("carol")
    meeting(stage, alice, bob)
    alice.sends("JOIN #b", "JOIN #c", "MODE #a +v alice")
    bob.sends("JOIN #c")
    for client in (alice, bob, carol):
        client.take()
    old, new = sources(alice)
    alice.sends("MODE alice -x")
    alice.sees(
        f":{old} MODE alice :-x",
        f":{alice.node.name} 396 alice {new.partition('@')[2]} :is now your displayed host",
    )
    bob.sees(
        f":{old} QUIT :Changing host",
        f":{new} JOIN #a",
        f":{alice.node.name} MODE #a +ov alice alice",
        f":{new} JOIN #c",
        f":{alice.node.name} MODE #c +o alice",
    )
    carol.sees()


def test_a_plain_member_gets_no_mode(stage: Stage) -> None:
    """Who had no rank returns without one; who is away and knows of it is shown to be so again."""
    bob, alice = stage.connect("bob", caps="away-notify extended-join"), stage.connect("alice")
    meeting(stage, bob, alice)
    alice.sends("AWAY :gone").take()
    bob.take()
    old, new = sources(alice)
    alice.sends("MODE alice -x")
    bob.sees(f":{old} QUIT :Changing host", f":{new} JOIN #a * :alice", f":{new} AWAY :gone")


def test_the_server_is_no_bot(stage: Stage) -> None:
    """Tags speak of who a line is from: the server's MODE has none of the user's, and an id stands on one line only."""
    bob, alice = stage.connect("bob", caps="message-tags"), stage.connect("alice")
    meeting(stage, alice, bob)
    alice.sends("MODE alice +B").take()
    alice.sends("MODE alice -x")
    quit_line, join_line, mode_line = bob.take()
    assert quit_line.startswith("@msgid=") and ";bot :alice!" in quit_line
    assert join_line.startswith("@bot :alice!")
    assert mode_line == f":{alice.node.name} MODE #a +o alice"


@pytest.mark.parametrize("nodes", [1, 2])
def test_the_fallback_can_be_switched_off(nodes: int) -> None:
    """Without users.rejoin_on_host_change nobody is shown a quit."""
    config = Config()
    stage = Stage(replace(config, users=replace(config.users, rejoin_on_host_change=False)), nodes=nodes)
    alice, bob, carol = stage.connect("alice"), stage.connect("bob"), stage.connect("carol", caps="chghost")
    meeting(stage, alice, bob, carol)
    old, new = sources(alice)
    alice.sends("MODE alice -x")
    bob.sees()
    carol.sees(f":{old} CHGHOST ~alice {new.partition('@')[2]}")
