"""CAP."""

from __future__ import annotations

from chatd.config import Config, Limits
from chatd.testing import Stage, renamed


def test_requests_are_all_or_nothing(stage: Stage) -> None:
    """The server MUST NOT make any change to any capabilities if it replies with a NAK."""
    alice = stage.connect("alice")
    server = f":{alice.node.name}"
    alice.sends("CAP REQ :server-time no-such-thing", "CAP LIST", "CAP REQ :multi-prefix setname", "CAP LIST")
    alice.sees(
        f"{server} CAP alice NAK :server-time no-such-thing",
        f"{server} CAP alice LIST :",
        f"{server} CAP alice ACK :multi-prefix setname",
        f"{server} CAP alice LIST :multi-prefix setname",
    )
    alice.sends("CAP REQ :-setname", "CAP LIST")
    alice.sees(f"{server} CAP alice ACK :-setname", f"{server} CAP alice LIST :multi-prefix")


def test_errors(stage: Stage) -> None:
    """410 for an unknown subcommand, 461 without one."""
    alice = stage.connect("alice")
    server = f":{alice.node.name}"
    alice.sends("CAP NOPE", "CAP")
    alice.sees(
        f"{server} 410 alice NOPE :Invalid CAP command",
        f"{server} 461 alice CAP :Not enough parameters",
    )


def test_version_302_cannot_drop_cap_notify(stage: Stage) -> None:
    """The cap-notify capability MUST be implicitly enabled for 302, and cannot be disabled."""
    client = stage.open()
    server = f":{client.node.name}"
    client.sends("CAP LS 302").take()
    client.sends("CAP LIST", "CAP REQ :-cap-notify")
    client.sees(f"{server} CAP * LIST :cap-notify", f"{server} CAP * NAK :-cap-notify")


def test_negotiation_delays_registration(stage: Stage) -> None:
    """The server MUST not complete registration until the client sends a CAP END command."""
    client = stage.open()
    client.sends("CAP LS").take()
    client.sends("NICK alice", "USER a 0 * :a")
    client.sees()
    client.sends("CAP END")
    assert client.take()[0].startswith(f":{client.node.name} 001 alice :Welcome to the ")


def test_capabilities_change_what_is_received_at_once(stage: Stage) -> None:
    """The line after the ACK has the time already, and the one after it is taken back has none."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
    bob.sends("CAP REQ server-time").take()
    alice.sends("PRIVMSG #a :one")
    (line,) = bob.take()
    said = f":{alice.session.user.source} PRIVMSG #a"
    assert line.startswith("@time=2023-11-14T22:13:20.") and line.endswith(f"Z {said} :one")
    bob.sends("CAP REQ -server-time").take()
    alice.sends("PRIVMSG #a :two")
    bob.sees(f"{said} :two")


def test_changed_values_are_told(stage: Stage) -> None:
    """CAP NEW tells those who know values of every one that the operator changes, and nobody else."""
    alice, bob, carol = stage.connect("alice"), stage.connect("bob", caps="cap-notify"), stage.connect("carol")
    alice.sends("CAP LS 302").take()
    config = Config(limits=Limits(multiline_lines=7, multiline_bytes=5000))
    for number, node in enumerate(stage.nodes):
        node.reconfigure(renamed(config, number), node.texts)
    stage.settle()
    alice.sees(f":{alice.node.name} CAP alice NEW :draft/multiline=max-bytes=5000,max-lines=7")
    bob.sees()
    carol.sees()
