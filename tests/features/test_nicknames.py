"""Nicknames that belong to accounts: who gets them, and what others get."""

from __future__ import annotations

import pytest

from chatd.config import Accounts, Config
from chatd.core.events import NickGrouped
from chatd.testing import Client, Stage


@pytest.fixture(params=[1, 2], ids=["one node", "two nodes, late bus"])
def lenient(request: pytest.FixtureRequest) -> Stage:
    """A stage where anybody may have any nickname."""
    return Stage(Config(accounts=Accounts(nick_enforcement="off")), nodes=request.param)


def told(client: Client) -> list[str]:
    """Every line without its source, notices as their text."""
    lines = [line.partition(" ")[2] for line in client.take()]
    return [line.split(" :", 1)[1] if line.startswith("NOTICE ") else line for line in lines]


def arrives(stage: Stage, nick: str, *before: str) -> Client:
    """A client that connects under a nickname, whatever comes of it; nothing is taken away."""
    return stage.open().sends(*before, f"NICK {nick}", f"USER {nick} 0 * :x")


def test_a_stranger_becomes_a_guest(stage: Stage) -> None:
    """Others who ask for an account's nickname get another one, and are told why."""
    stage.registers("Alice")
    client = arrives(stage, "aLICE")
    nick = client.session.user.nick
    lines = told(client)
    assert nick.startswith("Guest") and nick[5:].isdigit()
    assert lines[0] == (
        f"aLICE belongs to an account that you are not logged in to. You are {nick} until you do: "
        "/msg NickServ IDENTIFY aLICE <password>"
    )
    assert lines[1].startswith(f"001 {nick} ")
    assert all(node.network.user("alice") is None for node in stage.nodes)


def test_or_is_asked_for_another() -> None:
    """With ``refuse``, the nickname is refused at the end of registration with 433, and another may be given."""
    stage = Stage(Config(accounts=Accounts(nick_enforcement="refuse")))
    stage.registers("alice")
    client = arrives(stage, "alice")
    assert told(client) == [
        "alice belongs to an account that you are not logged in to. Choose another nickname, or log in.",
        "433 * alice :Nickname is already in use",
    ]
    client.sends("NICK bob")
    assert client.session.user.nick == "bob"


def test_the_owner_gets_it(stage: Stage) -> None:
    """Whoever is logged in to the account by the end of registration, in whatever order."""
    stage.registers("alice")
    assert stage.connect("alice", account="alice").session.user.nick == "alice"


def test_off(lenient: Stage) -> None:
    """Without enforcement nicknames are anybody's."""
    lenient.registers("alice")
    assert arrives(lenient, "alice").session.user.nick == "alice"
    bob = lenient.connect("bob")
    lenient.registers("carol")
    bob.sends("NICK carol")
    assert bob.session.user.nick == "carol"


def test_changing_to_somebody_elses(stage: Stage) -> None:
    """It is refused with 433 and a reason; grouped nicknames count as the account's own name does."""
    stage.registers("alice")
    stage.server.emit(NickGrouped(stage.server.origin, "alice", "ally"))
    stage.settle()
    bob = stage.connect("bob")
    for nick in ("alice", "Ally"):
        bob.sends(f"NICK {nick}")
        assert told(bob) == [
            f"{nick} belongs to an account. If it is yours, log in: /msg NickServ IDENTIFY {nick} <password>",
            f"433 bob {nick} :Nickname is already in use",
        ]
    stage.logs_in(bob, "alice")
    bob.sends("NICK ally", "NICK alice", "NICK ALICE")
    assert bob.session.user.nick == "ALICE"


def test_a_guest_that_logs_in_gets_the_nickname(stage: Stage) -> None:
    """Old clients identify after connecting; they need not ask for the nickname again."""
    stage.registers("alice")
    client = arrives(stage, "alice")
    client.take()
    guest = client.session.user.nick
    stage.logs_in(client, "alice")
    assert client.session.user.nick == "alice"
    assert all(node.network.user(guest) is None for node in stage.nodes)


def test_who_chose_another_nickname_keeps_it(stage: Stage) -> None:
    """Logging in changes no nickname that one may have."""
    stage.registers("alice")
    bob = stage.connect("bob")
    stage.logs_in(bob, "alice")
    assert bob.session.user.nick == "bob"


def test_logging_out_of_a_nickname(stage: Stage) -> None:
    """Who is not logged in any more does not keep the account's nickname; everybody sees the change."""
    stage.registers("alice")
    alice, bob = stage.connect("alice", account="alice"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.take(), bob.take()
    source = alice.session.user.source
    stage.logs_in(alice, None)
    nick = alice.session.user.nick
    assert nick.startswith("Guest")
    bob.sees(f":{source} NICK {nick}")


def test_logging_in_to_another_account(stage: Stage) -> None:
    """The nickname follows: that of the account that is left goes, that of the other comes when it is free."""
    stage.registers("alice"), stage.registers("bob"), stage.registers("carol")
    client, _ = stage.connect("alice", account="alice"), stage.connect("carol", account="carol")
    stage.logs_in(client, "bob")
    assert client.session.user.nick == "bob"
    stage.logs_in(client, "carol")
    assert client.session.user.nick.startswith("Guest")


def test_the_owner_takes_it_back(lenient: Stage) -> None:
    """Whoever has it without owning it makes way for the owner, before registration and after it."""
    lenient.registers("alice")
    first = lenient.connect("alice")
    owner = lenient.connect("alice", account="alice")
    assert (owner.session.user.nick, first.session.user.nick[:5]) == ("alice", "Guest")
    owner.sends("NICK other")
    second, third = lenient.connect("alice"), lenient.connect("third")
    third.sends("NICK alice")
    assert told(third)[-1] == "433 third alice :Nickname is already in use"
    owner.sends("NICK alice")
    assert (owner.session.user.nick, second.session.user.nick[:5]) == ("alice", "Guest")


def test_the_owner_is_not_put_out_by_itself(stage: Stage) -> None:
    """Two of the same account: the nickname stays with who has it."""
    stage.registers("alice")
    first = stage.connect("alice", account="alice")
    second = stage.connect("bob", account="alice")
    second.sends("NICK alice")
    assert told(second)[-1] == "433 bob alice :Nickname is already in use"
    assert first.session.user.nick == "alice"


def test_pass(stage: Stage) -> None:
    """``PASS account:password``, before NICK and USER, logs in; so does a session token without a name."""
    stage.registers("alice", "sesame")
    client = arrives(stage, "alice", "PASS alice:sesame")
    assert [line.split(" ")[1] for line in client.take()][:2] == ["900", "001"]
    assert client.session.user.account == "alice"
    client = arrives(stage, "bob", "PASS ALICE:sesame")
    assert (client.session.user.nick, client.session.user.account) == ("bob", "alice")


def test_pass_without_an_account(stage: Stage) -> None:
    """The password alone is that of the nickname's account; for a nickname that is nobody's it means nothing."""
    stage.registers("alice", "sesame")
    client = arrives(stage, "alice", "PASS sesame")
    assert client.session.user.account == "alice"
    client = arrives(stage, "bob", "PASS sesame")
    assert (client.session.user.nick, client.session.user.account) == ("bob", None)
    assert client.session.password == ""


@pytest.mark.parametrize("given", ["alice:millet", "millet", "nobody:sesame"])
def test_pass_wrong(stage: Stage, given: str) -> None:
    """464 and a sentence; the connection goes on without the account."""
    stage.registers("alice", "sesame")
    client = arrives(stage, "alice", f"PASS {given}")
    lines = told(client)
    assert lines[0] == "You are not logged in: The account or the password is wrong."
    assert lines[1].startswith("464 ") and lines[1].endswith(" :Password incorrect")
    assert (client.session.user.nick[:5], client.session.user.account) == ("Guest", None)


def test_pass_while_the_database_is_away(stage: Stage) -> None:
    """Nobody is logged in by mistake, and nobody waits for ever."""
    stage.registers("alice", "sesame")
    stage.shelf.is_gone = True
    client = arrives(stage, "alice", "PASS alice:sesame")
    assert client.session.user is None
    stage.passes(2)
    lines = told(client)
    assert lines[0] == "You are not logged in: Accounts cannot be asked just now; try again in a minute."
    assert client.session.user.account is None


def test_passwords_are_not_kept(stage: Stage) -> None:
    """What was given is gone from the session when registration has ended."""
    stage.registers("alice", "sesame")
    for given in ("alice:sesame", "sesame", "alice:wrong"):
        client = arrives(stage, "alice", f"PASS {given}")
        assert (client.session.password, client.session.user is None) == ("", False)
        client.disappears()
