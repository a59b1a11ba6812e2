"""What was left in the journal is saved at the next start, and only what is what it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from twisted.logger import capturedLogs

from chatd.core.accounts import Json
from chatd.core.kept import KeptBan, KeptChannel, Note
from chatd.journal.recovery import ban_note, channel_note, recover
from chatd.journal.unsaved import MemoryJournal
from chatd.stores.bans import BanFile
from chatd.stores.memory import MemoryAccounts
from chatd.stores.memory_channels import MemoryChannels
from chatd.stores.shelf import Shelf

CHANNEL = KeptChannel("#chat", "#chat", "alice", 5)
BAN = KeptBan("D", "192.0.2.7", "x", "y", 5, 0)


class Disk:
    """All stores, with an account that was made at 1000 ms, and its channel."""

    def __init__(self, path: Path) -> None:
        shelf = Shelf()
        self.accounts, self.channels = MemoryAccounts(shelf), MemoryChannels(shelf)
        self.bans = BanFile(path / "bans.json")
        self.account_id = self.accounts.register("alice", "alice", None, 1000).account_id
        self.channels.register(CHANNEL, 9)

    def recovers(self, *notes: Note) -> None:
        """The next start."""
        journal = MemoryJournal()
        journal.notes = list(notes)
        recover(journal, self.accounts, self.channels, self.bans, str.lower)
        assert journal.notes == []


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.mark.parametrize(("at_ms", "expected"), [(999, None), (1000, {"#a": "1"}), (2000, {"#a": "1"})])
def test_who_has_the_name_of_somebody_who_was_erased(disk: Disk, at_ms: int, expected: Json) -> None:
    """What was noted before an account was made is not of it."""
    disk.recovers(Note("markers", "alice", {"#a": "1"}, at_ms))
    assert disk.accounts.document(disk.account_id, "markers") == expected


STRANGE = [
    Note("channel", "#chat", None, 2000), Note("channel", "#chat", {}, 2000), Note("channel", "#chat", "x", 2000),
    Note("channel", "#chat", {"kept_as": ["#chat"], "folded": "#chat", "registered_ms": 5}, 2000),
    Note("ban", "D 192.0.2.7", ["D"], 2000), Note("markers", "alice", [1], 2000), Note("else", "nobody", 1, 2000),
]  # fmt: skip


@pytest.mark.parametrize("strange", STRANGE)
def test_one_that_makes_no_sense(disk: Disk, strange: Note) -> None:
    """It keeps neither the others from being saved nor the server from starting."""
    row = KeptChannel("#Chat", "#chat", "alice", 5, document={"topic": {"text": "roses"}})
    others = (
        Note("channel", "#chat", channel_note(row, "#chat"), 2000), Note("ban", "D 192.0.2.7", ban_note(BAN), 2000),
        Note("presence", "alice", {"nick": "alice"}, 2000),
    )  # fmt: skip
    with capturedLogs():
        disk.recovers(strange, *others)
    assert disk.channels.load() == [row]
    assert disk.bans.load() == [BAN]
    assert disk.accounts.document(disk.account_id, "presence") == {"nick": "alice"}
