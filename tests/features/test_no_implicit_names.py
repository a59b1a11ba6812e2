"""JOIN without NAMES.  Quotes are from IRCv3 no-implicit-names."""

from __future__ import annotations

from logins import several

from chatd.testing import Client, Stage


def verbs(client: Client) -> list[str]:
    return [line.split(" ")[1] for line in client.take()]


def test_joining(stage: Stage) -> None:
    """"When negotiated, servers MUST NOT send an implicit `NAMES` reply after sending a `JOIN` message. Servers MUST
    reply to explicit `NAMES` commands sent by the client as usual."
    """
    alice, bob = stage.connect("alice", caps="no-implicit-names"), stage.connect("bob")
    bob.sends("JOIN #a", "TOPIC #a :hello").take()
    assert verbs(alice.sends("JOIN #a")) == ["JOIN", "332", "333"]
    assert verbs(alice.sends("NAMES #a")) == ["353", "366"]
    assert verbs(alice.sends("JOIN #b,#c")) == ["JOIN", "JOIN"]
    alice.sends("CAP REQ -no-implicit-names", "PART #a").take()
    assert verbs(alice.sends("JOIN #a")) == ["JOIN", "332", "333", "353", "366"]


def test_other_connections(stage: Stage) -> None:
    """Each connection of a user as it asked, whichever of them joins."""
    one, other = several(stage, "no-implicit-names", "")
    one.sends("JOIN #a")
    assert verbs(one) == ["JOIN"]
    assert verbs(other) == ["JOIN", "353", "366"]


def test_a_channel_that_gets_another_name(stage: Stage) -> None:
    """The JOIN that stands for a RENAME is one as well."""
    alice, bob = stage.connect("alice"), stage.connect("bob", caps="no-implicit-names")
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.take(), bob.take()
    alice.sends("RENAME #a #b")
    assert verbs(bob) == ["PART", "JOIN"]
    assert verbs(alice) == ["PART", "JOIN", "353", "366"]


def test_somebody_who_is_put_into_a_channel(staffed: Stage) -> None:
    """"an implicit `NAMES` reply": also after a JOIN that one did not ask for."""
    root, bob = staffed.connect("root").sends("OPER root secret"), staffed.connect("bob", caps="no-implicit-names")
    root.sends("SAJOIN bob #a")
    assert verbs(bob) == ["JOIN"]
