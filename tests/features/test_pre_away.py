"""AWAY before registration.  See IRCv3 pre-away; what it says of several connections is in test_away_together.py."""

from __future__ import annotations

from chatd.testing import Stage


def test_a_message(stage: Stage) -> None:
    """"If the capability has been negotiated, servers MUST accept the `AWAY` command before connection registration has
    completed." "the `AWAY` command MAY be used pre-registration to set a human-readable away message associated with
    the connection as usual."
    """
    bob = stage.connect("bob", caps="away-notify").sends("JOIN #a")
    bob.take()
    alice = stage.open()
    alice.sends("CAP REQ :draft/pre-away").take()
    alice.sends("AWAY *", "AWAY", "AWAY :Gone to lunch.  Back in 5")
    alice.sees(
        f":{alice.node.name} 306 * :You have been marked as being away",
        f":{alice.node.name} 305 * :You are no longer marked as being away",
        f":{alice.node.name} 306 * :You have been marked as being away",
    )
    alice.sends("NICK alice", "USER alice 0 * :alice", "CAP END").take()
    bob.sends("PRIVMSG alice :hello")
    bob.sees(f":{bob.node.name} 301 bob alice :Gone to lunch.  Back in 5")
    alice.take()
    alice.sends("JOIN #a")
    source = f":{alice.session.user.source}"
    bob.sees(f"{source} JOIN #a", f"{source} AWAY :Gone to lunch.  Back in 5")


def test_no_reason(stage: Stage) -> None:
    """"an `AWAY` message consisting of the single character `*`, as indicating that the user is not present for an
    unspecified reason. Clients MAY also send `AWAY *` post-registration"; "Servers MAY substitute a human-readable
    message for the `*`": it is shown as it is, which clients that know it understand.
    """
    bob = stage.connect("bob", caps="away-notify").sends("JOIN #a")
    bob.take()
    alice = stage.open()
    alice.sends("CAP REQ :draft/pre-away", "AWAY *", "NICK alice", "USER alice 0 * :alice", "CAP END").take()
    bob.sends("PRIVMSG alice :hello")
    bob.sees(f":{bob.node.name} 301 bob alice :*")
    alice.sends("JOIN #a")
    source = f":{alice.session.user.source}"
    bob.sees(f"{source} JOIN #a", f"{source} AWAY :*")
    alice.sends("AWAY", "AWAY *")
    bob.sees(f"{source} AWAY", f"{source} AWAY :*")


def test_present(stage: Stage) -> None:
    """"Similarly, `AWAY` with no parameters indicates that the user is present."""
    bob = stage.connect("bob")
    alice = stage.open()
    alice.sends("CAP REQ :draft/pre-away", "AWAY *", "AWAY", "NICK alice", "USER alice 0 * :alice", "CAP END")
    bob.sends("PRIVMSG alice :hello", "USERHOST alice")
    assert [line.split(" ")[1] for line in bob.take()] == ["302"]


def test_it_does_not_hide_the_arrival(stage: Stage) -> None:
    """"If the client's nickname was not already present on the server, then `AWAY` pre-registration sets the away
    message but does not inhibit reporting of the change in nickname status, e.g. via `monitor`."
    """
    bob = stage.connect("bob")
    bob.sends("MONITOR + alice").take()
    alice = stage.open()
    alice.sends("CAP REQ :draft/pre-away", "AWAY *", "NICK alice", "USER alice 0 * :alice", "CAP END")
    bob.sees(f":{bob.node.name} 730 bob :{alice.session.user.source}")
    bob.sends("USERHOST alice")
    assert bob.take()[0].startswith(f":{bob.node.name} 302 bob :alice=-")


def test_it_needs_the_capability(stage: Stage) -> None:
    """"Clients wishing to make use of this specification MUST negotiate the capability"."""
    client = stage.open().sends("USER alice 0 * :Alice")
    client.sends("AWAY :gone")
    client.sees(f":{client.node.name} 451 * :You have not registered")
