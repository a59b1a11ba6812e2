"""AWAY.  See IRCv3 away-notify and pre-away."""

from __future__ import annotations

from chatd.testing import Client, Stage

SERVER_TEXTS = {"305": "You are no longer marked as being away", "306": "You have been marked as being away"}


def meeting(stage: Stage, **caps: str) -> list[Client]:
    """Clients in #a with these capabilities, with nothing left to read."""
    clients = [stage.connect(nick, caps=wanted) for nick, wanted in caps.items()]
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients


def numeric(client: Client, code: str) -> str:
    """305 or 306 to a client."""
    return f":{client.node.name} {code} {client.session.shown_nick} :{SERVER_TEXTS[code]}"


def test_setting_changing_and_removing(stage: Stage) -> None:
    """Clients will be sent an AWAY message when a user sharing a channel with them sets, changes or removes their
    away state."""
    alice, bob, carol = meeting(stage, alice="", bob="away-notify", carol="")
    alice.sends("AWAY :at lunch", "AWAY :asleep", "AWAY")
    alice.sees(numeric(alice, "306"), numeric(alice, "306"), numeric(alice, "305"))
    source = f":{alice.session.user.source}"
    bob.sees(f"{source} AWAY :at lunch", f"{source} AWAY :asleep", f"{source} AWAY")
    carol.sees()


def test_nothing_is_said_of_what_was_so_before(stage: Stage) -> None:
    """A state that does not change is confirmed and not announced."""
    alice, bob = meeting(stage, alice="", bob="away-notify")
    alice.sends("AWAY", "AWAY :gone", "AWAY :gone")
    alice.sees(numeric(alice, "305"), numeric(alice, "306"), numeric(alice, "306"))
    bob.sees(f":{alice.session.user.source} AWAY :gone")


def test_not_of_oneself(stage: Stage) -> None:
    """Clients SHOULD NOT be sent AWAY messages to notify them of their own away status."""
    (alice,) = meeting(stage, alice="away-notify")
    alice.sends("AWAY :gone")
    alice.sees(numeric(alice, "306"))
    alice.sends("JOIN #b")
    assert not [line for line in alice.take() if " AWAY" in line]


def test_strangers_are_not_told(stage: Stage) -> None:
    """Only who shares a channel is told, and once, however many they share."""
    alice, bob = meeting(stage, alice="", bob="away-notify")
    carol = stage.connect("carol", caps="away-notify")
    for client in (alice, bob):
        client.sends("JOIN #b")
    bob.take()
    alice.sends("AWAY :gone")
    bob.sees(f":{alice.session.user.source} AWAY :gone")
    carol.sees()


def test_joining_while_away(stage: Stage) -> None:
    """AWAY is sent as well when a user joins and has an away message set, after the JOIN."""
    bob, carol = meeting(stage, bob="away-notify", carol="")
    alice = stage.connect("alice", caps="away-notify")
    alice.sends("AWAY :at lunch", "JOIN #a", "AWAY", "PART #a", "JOIN #a")
    source = f":{alice.session.user.source}"
    bob.sees(
        f"{source} JOIN #a", f"{source} AWAY :at lunch", f"{source} AWAY", f"{source} PART #a", f"{source} JOIN #a"
    )
    carol.sees(f"{source} JOIN #a", f"{source} PART #a", f"{source} JOIN #a")


def test_before_registration(stage: Stage) -> None:
    """Servers MUST accept the AWAY command before connection registration has completed."""
    (bob,) = meeting(stage, bob="away-notify")
    alice = stage.open()
    alice.sends("CAP REQ :draft/pre-away", "AWAY *").take()
    alice.sends("AWAY", "AWAY :Gone to lunch.  Back in 5")
    alice.sees(numeric(alice, "305"), numeric(alice, "306"))
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
