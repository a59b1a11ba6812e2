"""What stays in the journal for a while after it was saved undoes nothing, and a journal that is full hides nothing."""

from __future__ import annotations

from pathlib import Path

from chanserv import OPEN, founded, log_in
from test_killed import CONFIG, killed, of_alice, says, staying

from chatd.core.events import AccountChanged, AccountDeleted, AccountRenamed
from chatd.features.markers import SAVE_S
from chatd.journal.unsaved import MemoryJournal
from chatd.stores.bans import BanFile
from chatd.testing import Client, Stage


def described() -> Client:
    """Alice, whose metadata was noted when she logged in with it, and is saved; the note is there still."""
    stage = Stage(CONFIG)
    alice = stage.connect("alice", caps="draft/metadata-2 batch")
    alice.sends("METADATA * SET colour blue").take()
    log_in(alice, "alice")
    assert stage.accounts.documents("metadata") == [("alice", {"colour": "blue"})]
    assert ("metadata", "alice") in [note[:2] for note in stage.journals[0].notes]
    return alice


def kept_metadata(stage: Stage) -> object:
    """What the next start after a SIGKILL has of it."""
    return killed(stage).accounts.documents("metadata")


def test_metadata_that_was_cleared() -> None:
    """It does not come back."""
    alice = described()
    alice.sends("METADATA * CLEAR").take()
    assert kept_metadata(alice.stage) == []


def test_who_has_set_a_ban_and_was_erased(tmp_path: Path) -> None:
    """The name stays away."""
    stage = Stage(CONFIG, keeper=BanFile(tmp_path / "bans.json"))
    alice = log_in(stage.connect("alice"), "alice")
    alice.sends("DLINE 192.0.2.77 :one")
    found = stage.accounts.find("alice")
    assert found is not None
    stage.accounts.delete(found.account_id, stage.server.now_ms())
    stage.server.emit(AccountDeleted(stage.server.origin, "alice"))
    stage.settle()
    assert "alice" not in (tmp_path / "bans.json").read_text()
    killed(stage)
    assert "alice" not in (tmp_path / "bans.json").read_text()


def test_a_start_with_a_full_disk() -> None:
    """Nobody is told a first change that is not written down."""
    journal = MemoryJournal()
    journal.is_full = True
    stage = Stage(OPEN, journals=[journal])
    alice = founded(stage)
    told = says(alice, "TOPIC #chat :roses")
    assert "TEMPORARILY_UNAVAILABLE" in told[0] or told[0].endswith("try again in a minute"), told
    journal.is_full = False
    stage.passes(1)
    assert says(alice, "TOPIC #chat :roses")[0].endswith(" TOPIC #chat :roses")


def test_what_goes_on_while_the_disk_is_full() -> None:
    """It is written down as long as the room lasts that was kept for it."""
    alice = staying()
    alice.stage.journals[0].is_full = True
    says(alice, "MODE alice +g")
    assert alice.node.unsaved.is_failing
    says(alice, "JOIN #b", "PART #a")
    alice.stage.journals[0].is_full = False
    assert of_alice(killed(alice.stage))[4:] == of_alice(alice.stage)[4:]  # type: ignore[index]


def test_what_somebody_has_read_while_the_account_is_renamed() -> None:
    """The store knows the new name before the server does: it is the account's all the same."""
    alice = staying()
    stage = alice.stage
    alice.sends("CAP REQ draft/read-marker").take()
    while stage.server.now_ms() // 1000 % SAVE_S != SAVE_S - 1:
        stage.passes(1)
    says(alice, "MARKREAD #a timestamp=2020-06-30T23:59:59.419Z")
    stage.now_s += 1
    stage.server.tick()
    found = stage.accounts.find("alice")
    assert found is not None
    stage.accounts.rename(found.account_id, "rose", "rose", stage.server.now_ms())
    stage.settle()
    stage.server.emit(AccountRenamed(stage.server.origin, "alice", "rose"))
    stage.server.emit(AccountChanged(alice.session.context.origin, "rose"))
    stage.passes(SAVE_S)
    assert stage.accounts.documents("markers") == [("rose", {"#a": "2020-06-30T23:59:59.419Z"})]
