"""What is appended is in the right file after the flush, at the price of one write, and only if wanted."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from chatd.history.files import IDLE_MS, LOGS_IN_MEMORY

if TYPE_CHECKING:
    from archive import Archive

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z

LINE = "@time=2026-11-24T00:15:30.123Z;msgid=a1 :alice!a@h PRIVMSG #chat :hello"


def test_lines_are_kept_as_given(archive: Archive) -> None:
    """A log is LF-terminated text of the lines as given, in a file named by its first moment."""
    archive.said("#chat", LINE, "QUIT :Grüße", moment_ms=T0 + 930_123)
    path = archive.folder("#chat") / "2026-11-24T00-15-30.123Z.log"
    assert path.read_bytes() == f"{LINE}\nQUIT :Grüße\n".encode()


def test_append_does_no_input_or_output(archive: Archive) -> None:
    """Nothing is made or written before the flush."""
    archive.say("#chat", LINE)
    assert not archive.root.exists()


def test_one_write_for_each_log_and_flush(archive: Archive) -> None:
    """However many lines a turn brought, each log costs one system call."""
    for n in range(3):
        archive.say("#a", f"a{n}")
        archive.say("#b", f"b{n}")
    archive.files.flush()
    archive.said("#a", "a3", "a4")
    archive.files.flush()
    assert archive.writes == [b"a0\na1\na2\n", b"b0\nb1\nb2\n", b"a3\na4\n"]


def test_conversations_have_a_log_of_their_own(archive: Archive) -> None:
    """A conversation is logged once, below private."""
    archive.said("alice bob", "PRIVMSG bob :psst")
    assert archive.folder("alice bob") == archive.root / "private" / "alice+bob"
    assert archive.lines("alice bob") == ["PRIVMSG bob :psst"]


def test_nobody_else_can_read(archive: Archive) -> None:
    """Folders are 0700 and files 0600."""
    archive.said("alice bob", "psst")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in archive.root.rglob("*")}
    assert modes == {"private": 0o700, "alice+bob": 0o700, "2026-11-24T00-00-00.000Z.log": 0o600, "newest": 0o600}
    assert stat.S_IMODE(archive.root.stat().st_mode) == 0o700


def test_off_switches(archive: Archive) -> None:
    """Masked channels, and conversations if so configured, leave no trace."""
    archive.open(off=("#Private*", "#x?"), conversations="off")
    for log in ("#private", "#private-too", "#x1", "alice bob", "#x", "#open"):
        archive.said(log, "hello")
    assert sorted(path.name for path in (archive.root / "channels").iterdir()) == ["#open", "#x"]
    assert not (archive.root / "private").exists()
    assert archive.files.counts().lines == 2


def test_disabled(archive: Archive) -> None:
    """With history disabled nothing is written."""
    archive.open(enabled=False)
    archive.said("#chat", "hello")
    assert not archive.root.exists()


def test_new_settings_hold_for_logs_in_use(archive: Archive) -> None:
    """A rehash switches logs off and on again."""
    archive.said("#chat", "one")
    archive.files.configure(type(archive.settings)(off=("#chat",)))
    archive.said("#chat", "two")
    archive.files.configure(archive.settings)
    archive.said("#chat", "three")
    assert archive.lines("#chat") == ["one", "three"]


@pytest.mark.parametrize("open_files", [1, 7])
def test_many_logs_with_few_open_files(archive: Archive, open_files: int) -> None:
    """Hundreds of logs need no more handles than allowed, and each goes on where it was."""
    archive.open(open_files=open_files)
    logs = [f"#c{n}" for n in range(300)]
    for text in ("one", "two"):
        for log in logs:
            archive.say(log, text)
        archive.files.flush()
        assert len(archive.open_paths()) == archive.files.counts().open_files == open_files
    assert all(archive.lines(log) == ["one", "two"] for log in logs)
    assert all(len(archive.names(log)) == 1 for log in logs)


def test_idle_logs_are_forgotten(archive: Archive) -> None:
    """A log that is not used for long costs neither memory nor a handle; it goes on in the same file."""
    archive.files.tick(T0)
    archive.said("#chat", "one")
    archive.files.tick(T0 + IDLE_MS + 1)
    counts = archive.files.counts()
    assert (counts.logs, counts.open_files, archive.open_paths()) == (0, 0, [])
    archive.said("#chat", "two", moment_ms=T0 + IDLE_MS + 1)
    assert archive.lines("#chat") == ["one", "two"]
    assert len(archive.names("#chat")) == 1


def test_memory_for_logs_is_bounded(archive: Archive) -> None:
    """More logs than are remembered can be in use; those used longest ago are forgotten."""
    archive.open(off=("*",))
    for n in range(LOGS_IN_MEMORY + 1):
        archive.say(f"#c{n}", "hello")
    archive.files.flush()
    assert archive.files.counts().logs == LOGS_IN_MEMORY * 3 // 4


def test_counts(archive: Archive) -> None:
    """STATS sees what was taken, written and is open."""
    archive.said("#a", "one", "two")
    archive.said("#b", "three")
    counts = archive.files.counts()
    assert (counts.lines, counts.written_bytes, counts.dropped, counts.failing) == (3, 14, 0, 0)
    assert (counts.pending_bytes, counts.logs, counts.open_files) == (0, 2, 2)


def test_close(archive: Archive) -> None:
    """Closing writes what is queued, syncs it, and gives all handles back; once more is harmless."""
    archive.say("#chat", "one")
    archive.files.close()
    archive.files.close()
    assert archive.lines("#chat") == ["one"]
    assert "channels/#chat/2026-11-24T00-00-00.000Z.log" in archive.synced
    assert archive.open_paths() == []
    assert archive.reports == []
