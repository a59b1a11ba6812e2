"""What has expired goes by itself, on every node that knows of it."""

from __future__ import annotations

from chatd.accounts.purging import INTERVAL_S
from chatd.core.accounts import PendingCode
from chatd.testing import Stage

HOUR_MS = 3_600_000


def unverified(stage: Stage, name: str) -> None:
    """An account that somebody has an hour to verify; its nickname is its own already."""
    now_ms = stage.server.now_ms()
    pending = PendingCode("register", b"hash", now_ms + HOUR_MS)
    stage.accounts.register(name, name, None, now_ms, pending=pending)
    for node in stage.nodes:
        node.network.registry.owners[name] = name


def test_accounts_nobody_verified(stage: Stage) -> None:
    """They are there until it is time; then their nicknames are free on every node."""
    unverified(stage, "late")
    stage.registers("alice")
    stage.passes(INTERVAL_S + 1)
    assert stage.accounts.find("late") is not None
    stage.now_s += HOUR_MS / 1000
    stage.passes(INTERVAL_S + 1)
    assert stage.accounts.find("late") is None
    assert stage.accounts.find("alice") is not None
    for node in stage.nodes:
        assert node.network.registry.owners == {"alice": "alice"}


def test_a_database_that_is_away(stage: Stage) -> None:
    """It is asked again next time."""
    unverified(stage, "late")
    stage.now_s += HOUR_MS / 1000
    stage.shelf.is_gone = True
    stage.passes(INTERVAL_S + 1)
    stage.shelf.is_gone = False
    assert stage.accounts.find("late") is not None
    stage.passes(INTERVAL_S + 1)
    assert stage.accounts.find("late") is None
