"""The file of what is not in its store yet: what was given to it is read back, whatever a crash has left behind it."""

from __future__ import annotations

import os
import resource
import shutil
import stat
from binascii import crc32
from collections.abc import Callable
from pathlib import Path

import pytest
from twisted.logger import capturedLogs

from chatd.core.kept import Note
from chatd.stores.journal import ROOM_BYTES, JournalFile

NOTES = [Note("channel", "#a", {"topic": "rösen"}), Note("ban", "K x", None), Note("markers", "alice", {"#a": "1"})]


def at_once(work: Callable[[], None]) -> None:
    """No thread."""
    work()


def opened(path: Path) -> JournalFile:
    return JournalFile(path / "journal", at_once)


def written(path: Path, *notes: Note) -> JournalFile:
    journal = opened(path)
    for note in notes:
        journal.append(note)
    return journal


def test_what_was_appended_is_loaded(tmp_path: Path) -> None:
    """By another process, though nothing was closed; only the owner may read it."""
    written(tmp_path, *NOTES)
    assert opened(tmp_path).load() == NOTES
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o600


def test_the_last_note_counts(tmp_path: Path) -> None:
    """Of each kind and key, in the order of the last ones."""
    later = Note("channel", "#a", {"topic": "thyme"})
    written(tmp_path, *NOTES, later)
    assert opened(tmp_path).load() == [*NOTES[1:], later]


def test_what_comes_after_a_load_is_loaded_with_it(tmp_path: Path) -> None:
    """A start that goes on with what there is."""
    written(tmp_path, *NOTES[:2])
    journal = opened(tmp_path)
    journal.load()
    journal.append(NOTES[2])
    assert opened(tmp_path).load() == NOTES


@pytest.mark.parametrize("left", [[], NOTES[1:]])
def test_replaced(tmp_path: Path, left: list[Note]) -> None:
    """Nothing of the others is in the file, and what follows is read."""
    journal = written(tmp_path, *NOTES)
    journal.replace(left)
    assert "rösen".encode() not in (tmp_path / "journal").read_bytes()
    assert opened(tmp_path).load() == left
    journal = opened(tmp_path)
    journal.load()
    journal.append(NOTES[0])
    assert opened(tmp_path).load() == [*left, NOTES[0]]
    assert [path.name for path in tmp_path.iterdir()] == ["journal"]


def test_a_line_that_was_cut_off(tmp_path: Path) -> None:
    """At whatever byte: what was before it is there, nothing of it is, and what follows in its place is read."""
    written(tmp_path, *NOTES[:2])
    before = opened(tmp_path)
    before.load()
    start = before.size
    before.append(NOTES[2])
    octets = (tmp_path / "journal").read_bytes()
    for cut in range(start, before.size):
        (tmp_path / "journal").write_bytes(octets[:cut] + bytes(len(octets) - cut))
        journal = opened(tmp_path)
        assert journal.load() == NOTES[:2]
        journal.append(NOTES[0])
        assert opened(tmp_path).load() == [NOTES[1], NOTES[0]]


@pytest.mark.parametrize("offset", range(0, 46, 5))
def test_a_damaged_line(tmp_path: Path, offset: int) -> None:
    """There the notes end; what stands behind it is not taken for something new later."""
    written(tmp_path, NOTES[0], *NOTES[1:] * 2)
    octets = bytearray((tmp_path / "journal").read_bytes())
    octets[offset] ^= 1
    (tmp_path / "journal").write_bytes(octets)
    journal = opened(tmp_path)
    assert journal.load() == []
    for number in range(12):
        journal.append(Note("ban", f"{number}", None))
        assert [note.key for note in opened(tmp_path).load()] == [str(each) for each in range(number + 1)]


def test_old_lines_in_the_room_are_not_read(tmp_path: Path) -> None:
    """What was there before the file was emptied does not come back behind a shorter line."""
    journal = written(tmp_path, *NOTES * 3)
    journal.replace([])
    journal.append(NOTES[1])
    assert opened(tmp_path).load() == [NOTES[1]]


def test_it_grows(tmp_path: Path) -> None:
    """Beyond the room that was taken."""
    journal = opened(tmp_path)
    long = Note("channel", "#long", "x" * (ROOM_BYTES // 3))
    for number in range(4):
        journal.append(long._replace(key=f"#{number}"))
        journal.reserve()
    assert journal.size > ROOM_BYTES
    assert [note.key for note in opened(tmp_path).load()] == ["#0", "#1", "#2", "#3"]


def test_a_full_disk_is_known_before_it_matters(tmp_path: Path) -> None:
    """There is room for what is on its way when ``reserve`` first says no; what fails leaves all as it was."""
    journal = opened(tmp_path)
    journal.reserve()
    note = Note("channel", "#a", "x" * 10_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, before[1]))
    try:
        while True:
            journal.append(note)
            try:
                journal.reserve()
            except OSError:
                break
        for number in range(20):
            journal.append(NOTES[0]._replace(key=f"#{number}"))
        with pytest.raises(OSError, match="File too large"):
            journal.append(Note("ban", "K x", "x" * ROOM_BYTES))
        with pytest.raises(OSError, match="File too large"):
            journal.replace([Note("ban", "K x", "x" * ROOM_BYTES)])
        journal.append(NOTES[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    expected = [("channel", "#a"), *(("channel", f"#{number}") for number in range(20)), ("ban", "K x")]
    assert [note[:2] for note in opened(tmp_path).load()] == expected


def test_it_is_forced_to_disk_in_the_background(tmp_path: Path) -> None:
    """One at a time, however slow that is: what comes meanwhile is forced after it, in the same thread."""
    waiting: list[Callable[[], None]] = []
    sizes: list[int] = []

    def slow(_file: int) -> None:
        sizes.append(journal.size)
        if len(sizes) == 1:
            journal.append(NOTES[2])

    journal = JournalFile(tmp_path / "journal", waiting.append, slow)
    journal.append(NOTES[0])
    journal.append(NOTES[1])
    before = journal.size
    (work,) = waiting
    work()
    assert sizes == [before, journal.size]
    assert waiting == [work]
    journal.append(NOTES[0])
    assert len(waiting) == 2
    journal.close()


@pytest.mark.parametrize("left", [[], NOTES[1:]])
def test_what_was_taken_away_is_forced_to_disk(tmp_path: Path, left: list[Note]) -> None:
    """A machine that fails does not bring back what is older by now than what its store has."""
    waiting: list[Callable[[], None]] = []
    journal = JournalFile(tmp_path / "journal", waiting.append)
    journal.append(NOTES[0])
    waiting.pop()()
    journal.replace(left)
    assert len(waiting) == 1


def test_it_shrinks(tmp_path: Path) -> None:
    """What a database that was away for long has made large is small again once all is saved."""
    journal = opened(tmp_path)
    for number in range(4):
        journal.append(Note("channel", f"#{number}", "x" * (ROOM_BYTES // 3)))
    journal.replace([])
    journal.reserve()
    assert (tmp_path / "journal").stat().st_size == ROOM_BYTES
    journal.append(NOTES[0])
    assert opened(tmp_path).load() == NOTES[:1]


STRANGE = [
    b'["channel","#a",{},5,"more"]', b'{"kind":"channel"}', b'[["channel"],"#a",1,2]', b"[]", b"7", b"\x81\xa4kind",
]  # fmt: skip


@pytest.mark.parametrize("strange", STRANGE)
def test_a_line_of_another_version(tmp_path: Path, strange: bytes) -> None:
    """It is whole and no note: that is said in one line, and all others are there, those after it too."""
    lines = b""
    for number, text in enumerate((b'["ban","K x",null,1]', strange, b'["ban","K y",null,2]'), start=1):
        prefix = b"%d" % number
        lines += b"%b %08x %b\n" % (prefix, crc32(text + b"\n", crc32(prefix)), text)
    (tmp_path / "journal").write_bytes(lines)
    journal = opened(tmp_path)
    with capturedLogs() as captured:
        assert journal.load() == [Note("ban", "K x", None, 1), Note("ban", "K y", None, 2)]
    assert [each["log_format"].partition(": ")[2] for each in captured] == [
        "notes of another version of chatd, which are left out: {count}"
    ]
    journal.append(NOTES[0])
    with capturedLogs():
        assert opened(tmp_path).load()[-1] == NOTES[0]


def after_a_kill(path: Path, at: Path) -> list[Note]:
    """What a start would find, if there was one now."""
    shutil.copytree(path, at)
    return opened(at).load()


def test_another_file_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """In the background; whatever is written meanwhile is there, whenever the process ends."""
    waiting: list[Callable[[], None]] = []
    data = tmp_path / "data"
    data.mkdir()
    journal = JournalFile(data / "journal", waiting.append)
    journal.append(NOTES[0])
    waiting.pop()()
    journal.replace(NOTES[1:2])
    journal.append(NOTES[2])
    assert not journal.is_replaced()
    assert after_a_kill(data, tmp_path / "before") == [NOTES[0], NOTES[2]]
    (work,) = waiting
    work()
    assert journal.is_replaced()
    assert after_a_kill(data, tmp_path / "after") == NOTES[1:]
    journal.append(NOTES[0])
    assert after_a_kill(data, tmp_path / "later") == [*NOTES[1:], NOTES[0]]


def test_what_takes_the_place_is_on_disk_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that fails has the old file or the whole new one, never an empty one; then the name is forced too."""
    did: list[str] = []
    journal = JournalFile(tmp_path / "journal", at_once, lambda file: did.append(f"sync {os.fstat(file).st_ino}"))
    journal.append(NOTES[0])
    did.clear()
    replace, fsync = os.replace, os.fsync
    monkeypatch.setattr(os, "replace", lambda *names: (did.append("replace"), replace(*names)))
    monkeypatch.setattr(os, "fsync", lambda file: (did.append(f"sync {os.fstat(file).st_ino}"), fsync(file)))
    journal.replace(NOTES[1:])
    new, directory = (tmp_path / "journal").stat().st_ino, tmp_path.stat().st_ino
    assert did == [f"sync {new}", "replace", f"sync {directory}"]


def test_what_cannot_be_forced_to_disk_takes_no_place(tmp_path: Path) -> None:
    """That is said once, and all is as it was."""
    broken: list[int] = []

    def sync(_file: int) -> None:
        if broken:
            raise OSError(5, "Input/output error")

    journal = JournalFile(tmp_path / "journal", at_once, sync)
    journal.append(NOTES[0])
    broken.append(1)
    with capturedLogs():
        journal.replace(NOTES[1:2])
    with pytest.raises(OSError, match="Input/output"):
        journal.is_replaced()
    assert journal.is_replaced()
    broken.clear()
    journal.append(NOTES[2])
    assert opened(tmp_path).load() == [NOTES[0], NOTES[2]]
    assert [path.name for path in tmp_path.iterdir()] == ["journal"]
