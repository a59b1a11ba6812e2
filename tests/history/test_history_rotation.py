"""When a new file is begun, and that files always sort in the order they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatd.history.segment import DAY_MS

if TYPE_CHECKING:
    from archive import Archive

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z

FIRST = "2026-11-24T00-00-00.000Z.log"


def test_size(archive: Archive) -> None:
    """A file that has reached its size is followed by another, named by its own first moment."""
    archive.open(rotate_bytes=10)
    for n in range(5):
        archive.said("#chat", f"line {n}", moment_ms=T0 + n)
    assert archive.names("#chat") == [FIRST, FIRST.replace("000Z", "002Z"), FIRST.replace("000Z", "004Z")]
    assert archive.lines("#chat") == [f"line {n}" for n in range(5)]
    assert len(archive.open_paths()) == 1


def test_size_zero_is_no_limit(archive: Archive) -> None:
    """``rotate_bytes = 0`` never rotates by size."""
    archive.open(rotate_bytes=0)
    for _ in range(5):
        archive.said("#chat", "x" * 1000)
    assert archive.names("#chat") == [FIRST]


def test_two_files_in_one_millisecond(archive: Archive) -> None:
    """Names are never used twice: the second file of a moment is named by the next."""
    archive.open(rotate_bytes=1)
    for n in range(3):
        archive.said("#chat", f"line {n}")
    assert archive.names("#chat") == [FIRST.replace("000Z", f"00{n}Z") for n in range(3)]
    assert archive.lines("#chat") == ["line 0", "line 1", "line 2"]


def test_day(archive: Archive) -> None:
    """A line of the next day (UTC) begins a file."""
    archive.said("#chat", "last", moment_ms=T0 + DAY_MS - 1)
    archive.said("#chat", "first", moment_ms=T0 + DAY_MS)
    assert archive.names("#chat") == ["2026-11-24T23-59-59.999Z.log", "2026-11-25T00-00-00.000Z.log"]


def test_day_turns_within_a_flush(archive: Archive) -> None:
    """Lines of two days in one flush go to two files, each in order."""
    for log in ("#a", "#b"):
        archive.say(log, "1", T0 + DAY_MS - 2)
        archive.say(log, "2", T0 + DAY_MS - 1)
    for log in ("#b", "#a"):
        archive.say(log, "3", T0 + DAY_MS)
        archive.say(log, "4", T0 + DAY_MS + 1)
    archive.files.flush()
    for log in ("#a", "#b"):
        texts = [(archive.folder(log) / name).read_text() for name in archive.names(log)]
        assert texts == ["1\n2\n", "3\n4\n"]


def test_day_switched_off(archive: Archive) -> None:
    """``rotate_daily = false`` goes on with the same file for ever, also after a restart."""
    archive.open(rotate_daily=False)
    archive.said("#chat", "one")
    archive.said("#chat", "two", moment_ms=T0 + 40 * DAY_MS)
    archive.files.close()
    archive.open(rotate_daily=False)
    archive.said("#chat", "three", moment_ms=T0 + 80 * DAY_MS)
    assert archive.names("#chat") == [FIRST]
    assert archive.lines("#chat") == ["one", "two", "three"]


def test_day_switched_on_while_running(archive: Archive) -> None:
    """A rehash that asks for daily files holds for files already open."""
    archive.open(rotate_daily=False)
    archive.said("#chat", "one")
    archive.files.configure(type(archive.settings)())
    archive.said("#chat", "two", moment_ms=T0 + 1)
    archive.said("#chat", "three", moment_ms=T0 + DAY_MS)
    assert archive.names("#chat") == [FIRST, "2026-11-25T00-00-00.000Z.log"]


def test_clocks_that_waver_around_midnight(archive: Archive) -> None:
    """A line of a moment ago stays with its newer neighbours instead of beginning a file."""
    for moment_ms in (T0 + DAY_MS, T0 + DAY_MS - 5, T0 + DAY_MS + 1, T0 + DAY_MS - 1):
        archive.said("#chat", str(moment_ms), moment_ms=moment_ms)
    assert archive.names("#chat") == ["2026-11-25T00-00-00.000Z.log"]


@pytest.mark.parametrize("restart", [False, True])
def test_clock_set_back(archive: Archive, restart: bool) -> None:
    """After the clock went back, lines say when they were logged, which never falls; files sort as they were made."""
    archive.said("#chat", "future", moment_ms=T0 + 1000 * DAY_MS)
    for n, text in enumerate(("one", "two", "three")):
        if restart:
            archive.files.close()
            archive.open()
        archive.said("#chat", text, moment_ms=T0 + n * DAY_MS)
    late = "@logged=2029-08-20T00:00:00.000Z"
    assert archive.lines("#chat") == ["future", f"{late} one", f"{late} two", f"{late} three"]
    archive.files.configure(type(archive.settings)(rotate_bytes=1))
    archive.said("#chat", "@time=2026-11-24T00:00:00.000Z four")
    assert archive.names("#chat") == ["2029-08-20T00-00-00.000Z.log", "2029-08-20T00-00-00.001Z.log"]
    assert archive.lines("#chat")[-1] == f"{late};time=2026-11-24T00:00:00.000Z four"


def test_restart_goes_on_with_the_file_of_the_day(archive: Archive) -> None:
    """A restart on the same day begins no file, one on the next day does."""
    archive.said("#chat", "one")
    archive.files.close()
    archive.open()
    archive.said("#chat", "two", moment_ms=T0 + 1)
    archive.files.close()
    archive.open()
    archive.said("#chat", "three", moment_ms=T0 + DAY_MS)
    assert archive.names("#chat") == [FIRST, "2026-11-25T00-00-00.000Z.log"]
    assert (archive.folder("#chat") / FIRST).read_text() == "one\ntwo\n"


def test_restart_with_a_full_file(archive: Archive) -> None:
    """A file that has reached its size is not continued."""
    archive.said("#chat", "one")
    archive.files.close()
    archive.open(rotate_bytes=4)
    archive.said("#chat", "two", moment_ms=T0 + 1)
    assert archive.names("#chat") == [FIRST, FIRST.replace("000Z", "001Z")]


def test_foreign_files_are_left_alone(archive: Archive) -> None:
    """A file that is not named as a segment is never continued."""
    archive.folder("#chat").mkdir(parents=True)
    foreign = archive.folder("#chat") / "2099-notes.log"
    foreign.write_text("mine")
    archive.said("#chat", "one")
    assert archive.names("#chat") == [FIRST]
    assert foreign.read_text() == "mine"


@pytest.mark.parametrize("forgotten", [False, True])
def test_on_demand(archive: Archive, forgotten: bool) -> None:
    """One log, or all, begin a new file with the next line, and only one, also when they were idle."""
    for log in ("#a", "#b"):
        archive.said(log, "one")
    if forgotten:
        archive.files.tick(T0 + 10**9)
        assert archive.files.counts().logs == 0
    archive.files.rotate(T0 + 5, "#a")
    for log in ("#a", "#b"):
        archive.said(log, "two", "three", moment_ms=T0 + 6)
    assert [len(archive.names(log)) for log in ("#a", "#b")] == [2, 1]
    archive.files.rotate(T0 + 7)
    for log in ("#a", "#b"):
        archive.said(log, "four", moment_ms=T0 + 8)
        archive.said(log, "five", moment_ms=T0 + 9)
        assert archive.lines(log) == ["one", "two", "three", "four", "five"]
    assert [len(archive.names(log)) for log in ("#a", "#b")] == [3, 2]
