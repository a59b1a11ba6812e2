"""JOIN with account and real name.  Quotes are from IRCv3 extended-join."""

from __future__ import annotations

from chatd.testing import Stage


def test_with_and_without(stage: Stage) -> None:
    """":nick!user@host JOIN #channelname * :Real Name": "This message represents that the user has not logged in to an
    account prior to channel ingress. As the penultimate parameter is an asterisk, this means that an asterisk is not a
    valid account name"; "This capability MUST be referred to as 'extended-join' at capability negotiation time."
    """
    alice, bob = stage.connect("alice", caps="extended-join"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
        client.take()
    alice.take()
    carol = stage.connect("carol", caps="extended-join")
    carol.sends("JOIN #a")
    source = f":{carol.session.user.source}"
    alice.sees(f"{source} JOIN #a * :carol")
    bob.sees(f"{source} JOIN #a")
    assert carol.take()[0] == f"{source} JOIN #a * :carol"


def test_who_is_logged_in(stage: Stage) -> None:
    """":nick!user@host JOIN #channelname accountname :Real Name": "The penultimate parameter is the display name of
    that account. The last parameter is the user's GECOS."
    """
    alice, bob = stage.connect("alice", caps="extended-join"), stage.connect("bob")
    alice.sends("JOIN #a").take()
    stage.logs_in(bob, "Robert")
    bob.sends("SETNAME :Bob B.", "JOIN #a")
    alice.sees(f":{bob.session.user.source} JOIN #a Robert :Bob B.")


def test_log_in_after_joining(stage: Stage) -> None:
    """"When enabled, the JOIN message will designate the account name of the user when they join a channel.": as it is
    then, also for who was an account's a moment ago.
    """
    alice, bob = stage.connect("alice", caps="extended-join"), stage.connect("bob", account="Robert")
    alice.sends("JOIN #a").take()
    stage.logs_in(bob, None)
    bob.sends("JOIN #a")
    alice.sees(f":{bob.session.user.source} JOIN #a * :bob")


def test_the_log_has_the_plain_line() -> None:
    """What is kept does not depend on who was listening."""
    stage = Stage()
    stage.connect("alice", caps="extended-join").sends("JOIN #a")
    assert [line.split(" ", 2)[2] for line in stage.history.logs["#a"]] == ["JOIN #a * :alice\r\n"]
