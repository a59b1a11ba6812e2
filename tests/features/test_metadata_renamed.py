"""METADATA that waits to be written while its account is renamed or deleted is the account's, or nobody's."""

from __future__ import annotations

import pytest
from chanserv import person

from chatd.core.events import AccountChanged, AccountDeleted, AccountRenamed
from chatd.testing import Client, Stage

CAPS = "draft/metadata-2 batch"


def asks(stage: Stage) -> Client:
    """Alice sets a key; no thread has done anything for it yet."""
    alice = person(stage, "alice", caps=CAPS)
    stage.passes(2)
    alice.take()
    alice.session.receive(b"METADATA * SET colour blue\r\n")
    assert len(stage.work) == 1
    return alice


def renamed(stage: Stage) -> None:
    """The store has given the account another name."""
    found = stage.accounts.find("alice")
    assert found is not None
    stage.accounts.rename(found.account_id, "rose", "rose", stage.server.now_ms())


def heard(stage: Stage, client: Client | None) -> None:
    """And so has the server."""
    server = stage.server
    server.emit(AccountRenamed(server.origin, "alice", "rose"))
    if client is not None:
        server.emit(AccountChanged(client.session.context.origin, "rose"))


@pytest.mark.parametrize("first", ["thread", "server"])
@pytest.mark.parametrize("stays", [True, False])
def test_renamed(first: str, stays: bool) -> None:
    """Whoever hears of it first: it is on disk under the new name, known under it, and not left under the old one."""
    stage = Stage()
    alice = asks(stage)
    renamed(stage)
    if not stays:
        alice.session.lost("gone")
    if first == "server":
        heard(stage, alice if stays else None)
        stage.settle()
    else:
        stage.work.popleft()()
        heard(stage, alice if stays else None)
    stage.passes(3)
    assert stage.accounts.documents("metadata") == [("rose", {"colour": "blue"})]
    assert {name: dict(each) for name, each in stage.server.network.registry.metadata.items()} == {
        "rose": {"colour": "blue"}
    }


def test_deleted() -> None:
    """Nothing is left of it with an account; whoever is still here has it for as long as that."""
    stage = Stage()
    alice = asks(stage)
    found = stage.accounts.find("alice")
    assert found is not None
    stage.accounts.delete(found.account_id, stage.server.now_ms())
    stage.server.emit(AccountDeleted(stage.server.origin, "alice"))
    stage.server.emit(AccountChanged(alice.session.context.origin, None))
    stage.passes(3)
    assert stage.accounts.documents("metadata") == []
    assert not stage.server.network.registry.metadata
    assert any(" 761 alice alice colour * :blue" in line for line in alice.take())


def test_who_had_the_name_long_before_has_nothing_of_it() -> None:
    """An account that once had the name of one that is deleted meanwhile."""
    stage = Stage()
    stage.registers("alice")
    renamed(stage)
    heard(stage, None)
    stage.now_s += 86_400
    alice = asks(stage)
    found = stage.accounts.find("alice")
    assert found is not None
    stage.accounts.delete(found.account_id, stage.server.now_ms())
    stage.server.emit(AccountDeleted(stage.server.origin, "alice"))
    stage.server.emit(AccountChanged(alice.session.context.origin, None))
    stage.passes(3)
    assert stage.accounts.documents("metadata") == []
