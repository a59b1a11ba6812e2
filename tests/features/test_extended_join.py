"""JOIN with account and real name.  See IRCv3 extended-join and no-implicit-names."""

from __future__ import annotations

from chatd.core.events import AccountChanged
from chatd.testing import Stage


def test_with_and_without(stage: Stage) -> None:
    """The JOIN message represents that the user has not logged in to an account: the penultimate parameter is an
    asterisk."""
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
    """The penultimate parameter is the display name of that account. The last parameter is the user's GECOS."""
    alice, bob = stage.connect("alice", caps="extended-join"), stage.connect("bob")
    alice.sends("JOIN #a").take()
    bob.node.emit(AccountChanged(bob.session.context.origin, "Robert"))
    stage.settle()
    bob.sends("SETNAME :Bob B.", "JOIN #a")
    alice.sees(f":{bob.session.user.source} JOIN #a Robert :Bob B.")


def test_the_log_has_the_plain_line() -> None:
    """What is kept does not depend on who was listening."""
    stage = Stage()
    stage.connect("alice", caps="extended-join").sends("JOIN #a")
    assert [line.split(" ", 2)[2] for line in stage.history.logs["#a"]] == ["JOIN #a * :alice\r\n"]


def test_no_implicit_names(stage: Stage) -> None:
    """Servers MUST NOT send an implicit NAMES reply after a JOIN; they MUST reply to explicit NAMES as usual."""
    alice, bob = stage.connect("alice", caps="no-implicit-names"), stage.connect("bob")
    bob.sends("JOIN #a", "TOPIC #a :hello").take()
    alice.sends("JOIN #a")
    assert [line.split(" ")[1] for line in alice.take()] == ["JOIN", "332", "333"]
    alice.sends("NAMES #a")
    assert [line.split(" ")[1] for line in alice.take()] == ["353", "366"]
    alice.sends("CAP REQ -no-implicit-names", "PART #a").take()
    alice.sends("JOIN #a")
    assert [line.split(" ")[1] for line in alice.take()] == ["JOIN", "332", "333", "353", "366"]
