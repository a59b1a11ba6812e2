"""AWAY of a user with several connections.  See what IRCv3 pre-away considers of implementations, and away-notify."""

from __future__ import annotations

from logins import log_in, several

from chatd.testing import Client, Stage


def watching(stage: Stage, *caps: str) -> tuple[Client, list[Client]]:
    """Somebody who shares a channel with a user of several sessions, and is told about AWAY."""
    clients = several(stage, *caps)
    bob = stage.connect("bob", caps="away-notify")
    clients[0].sends("JOIN #a")
    bob.sends("JOIN #a")
    for client in (bob, *clients):
        client.take()
    return bob, clients


def aways(client: Client) -> list[str]:
    """What AWAY says of others, "" for back."""
    lines = [line for line in client.take() if " AWAY" in line]
    return [line.partition(" :")[2] for line in lines]


def test_away_when_all_are(stage: Stage) -> None:
    """The user is away when all sessions are; others are told only when that changes."""
    bob, (one, two) = watching(stage, "", "")
    one.sends("AWAY :lunch")
    assert [line.split(" ")[1] for line in one.take()] == ["306"]
    two.sees()
    assert aways(bob) == []
    two.sends("AWAY :asleep")
    assert aways(bob) == ["asleep"]
    one.sends("AWAY :still at lunch")
    assert aways(bob) == ["still at lunch"]
    one.sends("AWAY")
    assert aways(bob) == [""]
    two.sends("AWAY")
    assert aways(bob) == []


def test_leaving_makes_those_count_who_stay(stage: Stage) -> None:
    """A session that goes takes its own state with it."""
    bob, (one, two, three) = watching(stage, "", "", "")
    one.sends("AWAY :lunch")
    two.sends("AWAY :asleep")
    assert aways(bob) == []
    three.sends("QUIT")
    assert aways(bob) == ["asleep"]
    two.sends("QUIT")
    assert aways(bob) == ["lunch"]


def test_coming_brings_the_user_back(stage: Stage) -> None:
    """A new session that is present means that the user is."""
    bob, (one,) = watching(stage, "")
    one.sends("AWAY :lunch")
    assert aways(bob) == ["lunch"]
    two = log_in(stage, "alice")
    assert aways(bob) == [""]
    assert not [line for line in two.take() if line.split(" ")[1] == "306"]


def test_a_session_in_the_background_does_not_count(stage: Stage) -> None:
    """"However, in most cases, an away message of `*` should be treated as though the connection did not exist at all
    (for example, it should not supersede a human-readable `AWAY` message set by another connection, even if it is more
    recent)."
    """
    bob, (one,) = watching(stage, "")
    one.sends("AWAY :lunch")
    assert aways(bob) == ["lunch"]
    two = log_in(stage, "alice", caps="draft/pre-away", before="AWAY *")
    assert aways(bob) == []
    two.sends("AWAY", "AWAY *")
    assert aways(bob) == ["", "lunch"]
    one.sends("QUIT")
    assert aways(bob) == []
    bob.sends("PRIVMSG alice :there?")
    assert bob.take() == [f":{bob.node.name} 301 bob alice :lunch"]


def test_nobody_but_the_background(stage: Stage) -> None:
    """"an `AWAY` message consisting of the single character `*`, as indicating that the user is not present for an
    unspecified reason."
    """
    bob, (one,) = watching(stage, "")
    one.sends("AWAY *")
    assert aways(bob) == ["*"]
    one.sends("AWAY :lunch", "AWAY *")
    assert aways(bob) == ["lunch", "*"]


def test_watchers_are_told_as_well(stage: Stage) -> None:
    """Who monitors the user without sharing a channel is told with extended-monitor."""
    (one,) = several(stage, "")
    carol = stage.connect("carol", caps="away-notify extended-monitor")
    carol.sends("MONITOR + alice").take()
    one.sends("AWAY :lunch")
    log_in(stage, "alice")
    source = f":{one.session.user.source}"
    carol.sees(f"{source} AWAY :lunch", f"{source} AWAY")
