"""Metadata of those who are logged in is their account's: it outlives connections and restarts."""

from __future__ import annotations

import pytest
from consistency import check
from logins import log_in
from msgspec.structs import replace

from chatd.core.events import AccountDeleted, AccountRenamed
from chatd.testing import Client, Stage

CAPS = "draft/metadata-2 batch"


def alice(stage: Stage, before: str = "") -> Client:
    """Somebody who is logged in and has perhaps said something before registration."""
    if stage.accounts.find("alice") is None:
        stage.registers("alice")
    return log_in(stage, "alice", caps=CAPS, before=before)


def again(stage: Stage) -> Stage:
    """The same servers after a restart."""
    other = Stage(stage.server.config, nodes=len(stage.nodes), accounts=stage.accounts)
    other.shelf = stage.shelf
    other.settle()
    return other


def held(stage: Stage, nick: str = "alice") -> dict[str, str]:
    """What all nodes know alike of a user."""
    found = [dict(node.network.user(nick).metadata) for node in stage.nodes]
    assert found.count(found[0]) == len(found)
    return found[0]


def own(client: Client) -> list[str]:
    """What a client is told of itself in its greeting, before the end of the message of the day."""
    lines = [line.partition(" ")[2] if line[0] == "@" else line for line in client.take()]
    end = next(place for place, line in enumerate(lines) if line.split(" ")[1] in ("376", "422"))
    return [line.split(" METADATA ", 1)[1] for line in lines[:end] if " METADATA " in line]


def test_it_is_there_after_a_restart(stage: Stage) -> None:
    """"persistent for accounts": clients receive "any metadata stored by the server" in the registration burst."""
    client = alice(stage)
    client.sends("METADATA * SET url :https://example.org/", "METADATA * SET colour blue", "METADATA * SET colour")
    client.sends("QUIT")
    for now in (stage, again(stage)):
        client = alice(now)
        assert own(client) == ["alice url * :https://example.org/"]
        assert held(now) == {"url": "https://example.org/"}
        client.sends("QUIT")
    client = alice(stage)
    client.sends("METADATA * CLEAR", "QUIT")
    assert stage.accounts.documents("metadata") == []
    assert own(alice(again(stage))) == []


def test_what_was_set_before_registration_is_added(stage: Stage) -> None:
    """"plus any metadata set by the client during connection registration via `before-connect`"."""
    alice(stage).sends("METADATA * SET url one", "METADATA * SET colour blue", "QUIT")
    client = alice(stage, before="METADATA * SET url two")
    assert own(client) == ["alice url * :two", "alice colour * :blue"]
    client.sends("QUIT")
    assert own(alice(again(stage))) == ["alice url * :two", "alice colour * :blue"]


def test_one_more_connection_adds_what_it_has_set(stage: Stage) -> None:
    """Who joins a user that is there has set it of that user; others, and the other connections, are told."""
    first, watcher = alice(stage), stage.connect("watcher", caps=CAPS)
    for each in (first, watcher):
        each.sends("JOIN #a", "METADATA * SUB url")
    first.take(), watcher.take()
    second = alice(stage, before="METADATA * SET url two")
    assert own(second) == ["alice url * :two"]
    source = first.session.user.source
    first.sees(f":{source} METADATA alice url * :two")
    watcher.sees(f":{source} METADATA alice url * :two")
    third = alice(stage, before="METADATA * SET url two")
    assert own(third) == ["alice url * :two"]
    watcher.sees()
    assert held(again_with(stage)) == {"url": "two"}


def again_with(stage: Stage) -> Stage:
    """After a restart, with Alice there again."""
    other = again(stage)
    alice(other)
    return other


def test_who_stays_is_come_back_to(stage: Stage) -> None:
    """The same of a user without a connection."""
    client = alice(stage)
    client.sends("PERSISTENCE SET ON", "METADATA * SET url one")
    client.disappears()
    assert own(alice(stage, before="METADATA * SET colour red")) == ["alice url * :one", "alice colour * :red"]
    other = again(stage)
    assert held(other) == {"url": "one", "colour": "red"}


def test_it_was_written_down_with_the_user_once(stage: Stage) -> None:
    """What an earlier version kept of who stays without a connection is taken over."""
    client = alice(stage)
    client.sends("PERSISTENCE SET ON")
    client.disappears()
    ((_, document),) = stage.accounts.documents("presence")
    assert isinstance(document, dict)
    found = stage.accounts.find("alice")
    assert found is not None
    stage.accounts.put_document(found.account_id, "presence", {**document, "metadata": {"url": "old"}})
    assert held(again(stage)) == {"url": "old"}


@pytest.mark.parametrize("before", ["", "METADATA * SET e 5"])
def test_no_more_than_configured(stage: Stage, before: str) -> None:
    """Neither by what one sets before registration, nor by coming again and again."""
    settings = replace(stage.server.config.metadata, max_keys=4)
    for node in stage.nodes:
        node.reconfigure(replace(node.config, metadata=settings), node.texts)
    alice(stage).sends(*(f"METADATA * SET {key} 1" for key in "abcd"), "QUIT")
    client = alice(stage, before=before)
    assert set(held(stage)) == set("abcd")
    alice(stage, before="METADATA * SET f 6")
    assert set(held(stage)) == set("abcd")
    client.sends("QUIT")


def test_logging_in_and_out(stage: Stage) -> None:
    """It comes with the account and goes with it; an account that has none takes what its user had."""
    stage.registers("alice")
    stage.registers("bob")
    client, watcher = stage.connect("someone", caps=CAPS), stage.connect("watcher", caps=CAPS)
    for each in (client, watcher):
        each.sends("JOIN #a", "METADATA * SUB url colour").take()
    client.sends("METADATA * SET url mine")
    watcher.take()
    stage.logs_in(client, "alice")
    watcher.sees()
    assert held(stage, client.session.shown_nick) == {"url": "mine"}
    stage.logs_in(client, None)
    source = client.session.user.source
    watcher.sees(f":{source} METADATA {client.session.shown_nick} url *")
    client.sends("METADATA * SET colour red")
    watcher.take()
    stage.logs_in(client, "alice")
    nick = client.session.shown_nick
    assert held(stage, nick) == {"url": "mine"}
    assert {line.split(" METADATA ")[1] for line in watcher.take() if " METADATA " in line} == {
        f"{nick} colour *", f"{nick} url * :mine"
    }  # fmt: skip
    assert stage.accounts.documents("metadata") == [("alice", {"url": "mine"})]
    for node in stage.nodes:
        check(node.network)


def test_it_follows_the_account(stage: Stage) -> None:
    """To another name, with what was just set; and ends with it."""
    client = alice(stage)
    client.sends("METADATA * SET url one")
    found = stage.accounts.find("alice")
    assert found is not None
    stage.accounts.rename(found.account_id, "Alicia", "alicia", stage.server.now_ms())
    client.sends("METADATA * SET url two")
    stage.server.emit(AccountRenamed(stage.server.origin, "alice", "Alicia"))
    stage.settle()
    assert stage.accounts.documents("metadata") == [("alicia", {"url": "two"})]
    assert stage.accounts.export(found.account_id)["documents"]["metadata"] == {"url": "two"}
    stage.accounts.delete(found.account_id, 0)
    stage.server.emit(AccountDeleted(stage.server.origin, "Alicia"))
    stage.settle()
    assert held(stage) == {}
    assert all(node.network.registry.metadata == {} for node in stage.nodes)


def test_a_database_that_is_gone(stage: Stage) -> None:
    """What comes along with a log-in is saved as soon as that can be done."""
    stage.registers("alice")
    client = stage.connect("alice", caps=CAPS)
    client.sends("METADATA * SET url one")
    stage.shelf.is_gone = True
    stage.logs_in(client, "alice")
    stage.shelf.is_gone = False
    stage.passes(6)
    assert stage.accounts.documents("metadata") == [("alice", {"url": "one"})]
