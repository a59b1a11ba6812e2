"""AWAY before registration.  See IRCv3 pre-away."""

from __future__ import annotations

from company import meeting

from chatd.testing import Stage


def test_before_registration(stage: Stage) -> None:
    """Servers MUST accept the AWAY command before connection registration has completed."""
    (bob,) = meeting(stage, bob="away-notify")
    alice = stage.open()
    alice.sends("CAP REQ :draft/pre-away", "AWAY *").take()
    alice.sends("AWAY", "AWAY :Gone to lunch.  Back in 5")
    assert [line.split(" ")[1] for line in alice.take()] == ["305", "306"]
    alice.sends("NICK alice", "USER alice 0 * :alice", "CAP END").take()
    bob.sends("PRIVMSG alice :hello")
    bob.sees(f":{bob.node.name} 301 bob alice :Gone to lunch.  Back in 5")
    alice.take()
    alice.sends("JOIN #a")
    source = f":{alice.session.user.source}"
    bob.sees(f"{source} JOIN #a", f"{source} AWAY :Gone to lunch.  Back in 5")


def test_before_registration_it_does_not_hide_the_arrival(stage: Stage) -> None:
    """AWAY pre-registration sets the away message but does not inhibit reporting of the change in nickname status."""
    bob = stage.connect("bob")
    bob.sends("MONITOR + alice").take()
    alice = stage.open()
    alice.sends("CAP REQ :draft/pre-away", "AWAY *", "NICK alice", "USER alice 0 * :alice", "CAP END")
    bob.sees(f":{bob.node.name} 730 bob :{alice.session.user.source}")
    bob.sends("USERHOST alice")
    assert bob.take()[0].startswith(f":{bob.node.name} 302 bob :alice=-")


def test_before_registration_it_needs_the_capability(stage: Stage) -> None:
    """Clients wishing to make use of this specification MUST negotiate the capability."""
    client = stage.open().sends("USER alice 0 * :Alice")
    client.sends("AWAY :gone")
    client.sees(f":{client.node.name} 451 * :You have not registered")
