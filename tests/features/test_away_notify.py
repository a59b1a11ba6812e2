"""AWAY, and who is told.  Quotes are from IRCv3 away-notify."""

from __future__ import annotations

from company import meeting

from chatd.testing import Client, Stage

SERVER_TEXTS = {"305": "You are no longer marked as being away", "306": "You have been marked as being away"}


def numeric(client: Client, code: str) -> str:
    """305 or 306 to a client."""
    return f":{client.node.name} {code} {client.session.shown_nick} :{SERVER_TEXTS[code]}"


def test_setting_changing_and_removing(stage: Stage) -> None:
    """"clients will be sent an AWAY message when a user sharing a channel with them sets, changes or removes their away
    state"; ":nick!user@host AWAY [:message]"; "If the message is not present, the user is removing their away
    message/state."
    """
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
    """"Clients SHOULD NOT be sent AWAY messages to notify them of their own away status (as they can rely on
    `RPL_NOWAWAY` and `RPL_UNAWAY`)."
    """
    (alice,) = meeting(stage, alice="away-notify")
    alice.sends("AWAY :gone")
    alice.sees(numeric(alice, "306"))
    alice.sends("JOIN #b")
    assert not [line for line in alice.take() if " AWAY" in line]


def test_strangers_are_not_told(stage: Stage) -> None:
    """Only "a user sharing a channel with them", and once, however many they share."""
    alice, bob = meeting(stage, alice="", bob="away-notify")
    carol = stage.connect("carol", caps="away-notify")
    for client in (alice, bob):
        client.sends("JOIN #b")
    bob.take()
    alice.sends("AWAY :gone")
    bob.sees(f":{alice.session.user.source} AWAY :gone")
    carol.sees()


def test_joining_while_away(stage: Stage) -> None:
    """"as well as when a user joins and has an away message set", after the JOIN; "(Note that AWAY will not be sent for
    joining users with no away message set.)"
    """
    bob, carol = meeting(stage, bob="away-notify", carol="")
    alice = stage.connect("alice", caps="away-notify")
    alice.sends("AWAY :at lunch", "JOIN #a", "AWAY", "PART #a", "JOIN #a")
    source = f":{alice.session.user.source}"
    bob.sees(
        f"{source} JOIN #a", f"{source} AWAY :at lunch", f"{source} AWAY", f"{source} PART #a", f"{source} JOIN #a"
    )
    carol.sees(f"{source} JOIN #a", f"{source} PART #a", f"{source} JOIN #a")
