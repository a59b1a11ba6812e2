"""A full or failing disk: the chat goes on, nothing is torn or doubled, what is lost is marked, operators know."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.history.failing import LAST_RETRY_MS
from chatd.history.gap import Gap, lost_lines
from chatd.history.lines import events
from chatd.history.naming import segment_name
from chatd.history.segment import DAY_MS
from chatd.history.trouble import SETTLED_MS

if TYPE_CHECKING:
    from archive import Archive

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z


def recover(archive: Archive, now_ms: int = T0) -> None:
    """Give the disk room again and let the longest pause between two tries pass."""
    archive.room = None
    archive.files.tick(now_ms + LAST_RETRY_MS + 1)


@pytest.mark.parametrize("room", range(16))
def test_disk_full_at_every_byte(archive: Archive, room: int) -> None:
    """Wherever the disk gets full within a flush, every line is there once and whole when there is room again."""
    archive.files.tick(T0)
    archive.said("#chat", "before")
    archive.room = room
    archive.said("#chat", "one", "two", "three")
    archive.said("#chat", "four")
    recover(archive)
    archive.said("#chat", "five")
    assert archive.lines("#chat") == ["before", "one", "two", "three", "four", "five"]
    assert archive.files.counts().failing == archive.files.counts().pending_bytes == 0


def test_disk_full_for_a_new_log(archive: Archive) -> None:
    """A log whose first write fails is written whole later."""
    archive.room = 0
    archive.said("#chat", "one")
    assert archive.files.counts().failing == 1
    assert archive.files.counts().pending_bytes > 0
    recover(archive)
    assert archive.lines("#chat") == ["one"]


def test_a_write_cut_short_is_continued_at_once(archive: Archive) -> None:
    """A partial write alone is no failure."""
    archive.said("#chat", "zero")
    archive.room = 5
    original = archive._write

    def one_short_write(fd: int, octets: bytes) -> int:
        count = original(fd, octets)
        archive.room = None
        return count

    archive.files._write = one_short_write
    archive.said("#chat", "one", "two")
    assert archive.lines("#chat") == ["zero", "one", "two"]
    assert archive.files.counts().failing == 0


def test_torn_line_is_finished_before_rotation(archive: Archive) -> None:
    """The rest of a line goes to the file that has its beginning, also on the next day."""
    archive.room = 2
    archive.said("#chat", "first", moment_ms=T0)
    archive.said("#chat", "second", moment_ms=T0 + DAY_MS)
    recover(archive)
    texts = [(archive.folder("#chat") / name).read_text() for name in archive.names("#chat")]
    assert texts == ["first\n", "second\n"]


def test_torn_line_in_a_file_closed_meanwhile(archive: Archive) -> None:
    """When the handle of a torn file was needed elsewhere, the line is still finished exactly there."""
    archive.open(open_files=1)
    archive.room = 2
    archive.said("#chat", "first")
    archive.room = None
    archive.said("#other", "x")
    recover(archive)
    assert archive.lines("#chat") == ["first"]
    assert len(archive.names("#chat")) == 1


def test_torn_file_deleted_meanwhile(archive: Archive) -> None:
    """When the file with the beginning of a line is gone, the line is written whole to a new one."""
    archive.room = 2
    archive.said("#chat", "first", "second")
    shutil.rmtree(archive.folder("#chat"))
    archive.files.tick(T0)
    recover(archive)
    assert archive.lines("#chat") == ["first", "second"]


def test_torn_file_changed_meanwhile(archive: Archive) -> None:
    """When somebody else wrote to a torn file, its torn line is cut and written again."""
    archive.open(open_files=1)
    archive.room = 2
    archive.said("#chat", "first")
    archive.room = None
    archive.said("#other", "x")
    (archive.folder("#chat") / archive.names("#chat")[0]).write_bytes(b"edited\nfi")
    recover(archive)
    assert archive.lines("#chat") == ["edited", "first"]


@pytest.mark.parametrize("when", ["open", "closed"])
def test_folder_deleted(archive: Archive, when: str) -> None:
    """A log whose folder was deleted begins again as soon as that is noticed."""
    archive.open(open_files=1)
    archive.said("#chat", "one")
    if when == "closed":
        archive.said("#other", "x")
    shutil.rmtree(archive.root)
    archive.files.tick(T0 + 2000)
    archive.said("#chat", "two", moment_ms=T0 + 2000)
    assert archive.lines("#chat") == ["two"]
    assert archive.files.counts().failing == 0


@pytest.mark.parametrize("fsync", ["never", "interval"])
def test_file_replaced(archive: Archive, fsync: str) -> None:
    """A file that was replaced by another (an editor, an erasing tool) is continued, not the deleted one."""
    archive.open(fsync=fsync)
    archive.said("#chat", "one", "secret")
    path = archive.folder("#chat") / archive.names("#chat")[0]
    edited = path.with_name("edited")
    edited.write_text("one\n")
    edited.rename(path)
    archive.files.tick(T0 + 2000)
    archive.said("#chat", "two")
    assert archive.lines("#chat") == ["one", "two"]


def test_unwritable_folder_spares_other_logs(archive: Archive) -> None:
    """One log that cannot be written does not keep others from being written, nor is it forgotten."""
    archive.folder("#bad").parent.mkdir(parents=True)
    archive.folder("#bad").write_text("a file where the folder should be")
    archive.said("#bad", "one")
    archive.said("#good", "one")
    assert archive.lines("#good") == ["one"]
    for second in range(20):
        archive.files.tick(T0 + second * 1000)
    archive.folder("#bad").unlink()
    recover(archive, T0 + 20_000)
    assert archive.lines("#bad") == ["one"]


def test_a_name_the_system_refuses_is_a_failure_not_a_crash(archive: Archive) -> None:
    """The flush raises nothing even when the path itself is impossible."""
    archive.root = Path("/nonexistent\0")
    archive.open()
    archive.said("#chat", "one")
    assert archive.files.counts().failing == 1


def test_failing_logs_are_not_tried_in_every_flush(archive: Archive) -> None:
    """While the disk fails a flush costs nothing; tries come at growing intervals."""
    archive.room = 0
    archive.files.tick(T0)
    tried = []
    archive._write = lambda fd, octets: tried.append(now_ms) or 0  # type: ignore[assignment]
    archive.open()
    archive.files.tick(now_ms := T0)
    for second in range(40):
        now_ms = T0 + second * 1000
        archive.files.tick(now_ms)
        archive.said("#chat", "x", moment_ms=now_ms)
    assert [(at - T0) // 1000 for at in tried] == [0, 1, 3, 7, 15, 23, 31, 39]


def test_reports(archive: Archive) -> None:
    """Operators are told once when trouble begins and once when it has been over for a while, with counts."""
    archive.files.tick(T0)
    archive.room = 0
    for second in range(3):
        for log in ("#a", "#b"):
            archive.said(log, "x", moment_ms=T0 + second * 1000)
        archive.files.tick(T0 + second * 1000)
    began = "History of #a cannot be written: No space left on device. The chat goes on; lines are kept in "
    began += "memory (up to 67108864 bytes) and tried again."
    assert archive.reports == [began]
    archive.room = None
    archive.files.tick(T0 + 9_000)
    archive.files.tick(T0 + 9_000 + SETTLED_MS)
    ended = "History is written again (after 2 s; logs affected: 2, lines lost: 0)"
    assert archive.reports == [began, ended]


def test_wavering_disk_is_one_trouble(archive: Archive) -> None:
    """A disk that fails every few seconds is reported once, not each time."""
    for second in range(60):
        archive.room = 0 if second % 5 == 0 else None
        archive.said("#chat", "x", moment_ms=T0 + second * 1000)
        archive.files.tick(T0 + second * 1000)
    assert len(archive.reports) == 1


def test_gap(archive: Archive) -> None:
    """Beyond the bound the oldest lines are lost, counted and reported; the log says so where they were."""
    archive.open(pending_bytes=2000)
    archive.files.tick(T0)
    archive.said("#chat", "before")
    archive.room = 0
    for n in range(200):
        archive.said("#chat", f"line {n:03d}", moment_ms=T0 + n)
    assert archive.files.counts().pending_bytes <= 2000
    recover(archive)
    archive.files.tick(T0 + LAST_RETRY_MS + 1 + SETTLED_MS)
    before, gap, *rest = archive.lines("#chat")
    lost = lost_lines(gap.encode())
    assert before == "before"
    assert gap.startswith(f"# gap: {lost} lines lost between 2026-11-24T00:00:00.000Z and 2026-11-24T00:")
    assert rest == [f"line {n:03d}" for n in range(lost, 200)]
    assert archive.files.counts().dropped == lost > 0
    assert archive.reports[1:] == [
        "History: the memory for lines that cannot be written is full; the oldest are lost.",
        f"History is written again (after 0 s; logs affected: 1, lines lost: {lost})",
    ]


def test_oldest_of_all_logs_are_lost(archive: Archive) -> None:
    """The bound is one for all logs: a quiet log's old lines go before a busy log's new ones."""
    archive.open(pending_bytes=5000)
    archive.room = 0
    archive.said("#quiet", "old")
    for n in range(600):
        archive.said("#busy", f"line {n:03d}")
    recover(archive)
    assert [lost_lines(line.encode()) for line in archive.lines("#quiet")] == [1]
    assert archive.lines("#busy")[-1] == "line 599"


def test_close_on_a_full_disk(archive: Archive) -> None:
    """What cannot be written at the end is counted and reported; the torn line is cut at the next start."""
    archive.said("#chat", "before")
    archive.room = 6
    archive.said("#chat", "one", "two")
    archive.files.close()
    archive.room = None
    assert archive.reports[-1] == "History cannot be written to the end; lines lost: 1"
    archive.open()
    archive.said("#chat", "three")
    assert archive.lines("#chat") == ["before", "one", "three"]


def test_other_errors_are_kept_too(archive: Archive) -> None:
    """An input/output error is treated as a full disk is."""
    archive.room, archive.error = 0, errno.EIO
    archive.said("#chat", "one")
    recover(archive)
    assert archive.lines("#chat") == ["one"]
    assert archive.reports[0].startswith("History of #chat cannot be written: Input/output error.")


def test_out_of_handles(archive: Archive) -> None:
    """When the process has no handle left, logs share the few there are, and no line is lost."""
    archive.open(open_files=1000)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = max(int(fd) for fd in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken + 8, limits[1]))
    try:
        for _ in range(2):
            for n in range(40):
                archive.say(f"#c{n}", "hello")
            archive.files.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert archive.files.counts().failing == 0
    assert all(archive.lines(f"#c{n}") == ["hello", "hello"] for n in range(40))


def test_something_else_in_the_way(archive: Archive) -> None:
    """A folder where the newest file should be is passed over."""
    (archive.folder("#chat") / segment_name(T0 + 5)).mkdir(parents=True)
    archive.said("#chat", "one")
    assert archive.names("#chat") == [segment_name(T0 + 5), segment_name(T0 + 6)]
    assert archive.files.counts().failing == 0


def test_marks_are_no_events(archive: Archive) -> None:
    """A reader of events does not see the mark of a gap."""
    archive.said("#chat", "one")
    with (archive.folder("#chat") / archive.names("#chat")[0]).open("ab") as stream:
        stream.write(Gap(1, T0, T0).line())
    archive.said("#chat", "two")
    mark = "# gap: 1 line lost between 2026-11-24T00:00:00.000Z and 2026-11-24T00:00:00.000Z"
    assert archive.lines("#chat") == ["one", mark, "two"]
    assert lost_lines(mark.encode()) == 1
    assert list(events(archive.folder("#chat"))) == [b"one", b"two"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from(["#a", "#b"]), st.integers(1, 60)),
        st.tuples(st.just("room"), st.just(""), st.integers(0, 300)),
        st.tuples(st.just("flush"), st.just(""), st.just(0)),
        st.tuples(st.just("tick"), st.just(""), st.integers(0, 90_000_000)),
        st.tuples(st.just("restart"), st.just(""), st.just(0)),
    ),
    max_size=60,
)


@given(STEPS, st.sampled_from([600, 2000, 10**6]), st.sampled_from([1, 8]))
def test_any_course_of_a_failing_disk(
    steps: list[tuple[str, str, int]], pending_bytes: int, open_files: int
) -> None:
    """Whatever the disk does, each log holds every line once, whole and in order, or a mark that counts it."""
    from archive import Archive

    with tempfile.TemporaryDirectory() as root:
        archive = Archive(Path(root) / "history")
        archive.open(pending_bytes=pending_bytes, open_files=open_files, rotate_bytes=200)
        now_ms, said = T0, {"#a": 0, "#b": 0}
        for what, log, amount in steps:
            if what == "say":
                archive.say(log, f"{said[log]:05d}" + "x" * amount, now_ms)
                said[log] += 1
            elif what == "room":
                archive.room = amount
            elif what == "flush":
                archive.files.flush()
            elif what == "tick":
                now_ms += amount
                archive.files.tick(now_ms)
            elif archive.files.counts().failing == 0:
                archive.files.flush()
                recover(archive, now_ms)
                archive.files.close()
                archive.open(pending_bytes=pending_bytes, open_files=open_files, rotate_bytes=200)
        archive.files.flush()
        recover(archive, now_ms)
        for log, count in said.items():
            expected = 0
            for line in archive.lines(log):
                lost = lost_lines(line.encode())
                if not lost:
                    assert int(line[:5]) == expected
                expected += lost or 1
            assert expected == count
        archive.files.close()
