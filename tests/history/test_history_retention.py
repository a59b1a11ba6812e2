"""What is deleted, and what never is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chatd.config.history import Retain
from chatd.history.naming import segment_name
from chatd.history.retention import FOLDERS_PER_STEP, PAUSE_MS
from chatd.history.segment import DAY_MS

if TYPE_CHECKING:
    from pathlib import Path

    from archive import Archive

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z


def segment(archive: Archive, log: str, moment_ms: int, size_bytes: int = 10) -> Path:
    """Make a file as an earlier run would have left it."""
    path = archive.folder(log) / segment_name(moment_ms)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * (size_bytes - 1) + b"\n")
    os.utime(path, ns=(moment_ms * 1_000_000, moment_ms * 1_000_000))
    return path


def left(*paths: Path) -> list[bool]:
    return [path.exists() for path in paths]


def test_nothing_is_deleted_by_default(archive: Archive) -> None:
    """Without retention settings history is kept for ever."""
    old = segment(archive, "#chat", 0)
    archive.files.tick(T0)
    assert left(old) == [True]


def test_age(archive: Archive) -> None:
    """A file goes when even its last line, which is older than the next file, is too old."""
    archive.open(retention_days=7)
    files = [segment(archive, "#chat", T0 - days * DAY_MS) for days in (20, 10, 8, 5, 1)]
    archive.files.tick(T0)
    assert left(*files) == [False, False, True, True, True]
    assert archive.files.counts().deleted_files == 2


def test_size(archive: Archive) -> None:
    """The oldest files of a log go until the rest is within its size; the newest stays whatever its size."""
    archive.open(retention_bytes=100)
    files = [segment(archive, "#chat", T0 + n, 40) for n in range(4)]
    big = [segment(archive, "alice bob", T0 + n, size) for n, size in enumerate((10, 500))]
    archive.files.tick(T0)
    assert left(*files) == [False, False, True, True]
    assert left(*big) == [False, True]


def test_a_log_long_unused_goes_wholly(archive: Archive) -> None:
    """Nobody writes to it: its newest file goes by its own age, and the empty folder with it."""
    archive.open(retention_days=7)
    segment(archive, "#dead", T0 - 20 * DAY_MS)
    segment(archive, "#dead", T0 - 9 * DAY_MS)
    archive.files.tick(T0)
    assert not archive.folder("#dead").exists()


def test_file_in_use_is_never_deleted(archive: Archive) -> None:
    """A file that may be written to again stays, however old; once its log is forgotten it may go."""
    archive.open(retention_days=7)
    archive.files.tick(T0)
    archive.files.tick(T0 + PAUSE_MS - 1000)
    archive.said("#chat", "one", moment_ms=T0 + PAUSE_MS - 1000)
    (path,) = archive.folder("#chat").iterdir()
    os.utime(path, (0, 0))
    archive.files.tick(T0 + PAUSE_MS)
    assert left(path) == [True]
    archive.files.tick(T0 + 2 * PAUSE_MS - 1000)
    assert archive.files.counts().logs == 0
    archive.files.tick(T0 + 2 * PAUSE_MS)
    assert left(path) == [False]


def test_foreign_files_stay(archive: Archive) -> None:
    """Only files named as segments are deleted; a folder with anything else in it stays."""
    archive.open(retention_days=7)
    segment(archive, "#chat", 0)
    foreign = archive.folder("#chat") / "1970-notes.log"
    foreign.write_text("mine")
    archive.files.tick(T0)
    assert [path.name for path in archive.folder("#chat").iterdir()] == ["1970-notes.log"]


def test_links_are_not_followed(archive: Archive, tmp_path: Path) -> None:
    """A link to a folder elsewhere leads to no deletion there."""
    archive.open(retention_days=7)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    victim = elsewhere / segment_name(0)
    victim.write_text("x\n")
    (archive.root / "channels").mkdir(parents=True)
    (archive.root / "channels" / "#link").symlink_to(elsewhere)
    archive.files.tick(T0)
    assert left(victim) == [True]


def test_sweep_is_done_in_steps_and_in_the_background(archive: Archive) -> None:
    """A step looks at a bounded number of folders, one step runs at a time, and a sweep is followed by a pause."""
    archive.open(retention_days=7)
    archive.later = True
    files = [segment(archive, f"#c{n}", 0) for n in range(FOLDERS_PER_STEP + 1)]
    archive.files.tick(T0)
    archive.files.tick(T0 + 1000)
    assert len(archive.jobs) == 1
    assert all(left(*files))
    archive.run_jobs()
    assert sum(left(*files)) == 1
    archive.files.tick(T0 + 2000)
    archive.run_jobs()
    assert sum(left(*files)) == 0
    again = segment(archive, "#again", 0)
    archive.files.tick(T0 + 3000)
    archive.run_jobs()
    assert left(again) == [True]
    archive.files.tick(T0 + 2000 + PAUSE_MS)
    archive.run_jobs()
    assert left(again) == [False]


def test_failures_are_reported(archive: Archive) -> None:
    """A file that cannot be deleted is reported, and the others are deleted all the same."""
    archive.open(retention_days=7)
    odd = archive.folder("#odd") / segment_name(0)
    (odd / "in the way").mkdir(parents=True)
    os.utime(odd, (0, 0))
    plain = segment(archive, "#plain", 0)
    archive.files.tick(T0)
    archive.files.tick(T0)
    assert archive.reports == [f"Old history cannot be deleted: {archive.folder('#odd')}: Is a directory"]
    assert left(odd, plain) == [True, False]


def test_log_goes_on_after_its_past_is_deleted(archive: Archive) -> None:
    """A log whose whole past went begins anew without trouble."""
    archive.open(retention_days=7)
    segment(archive, "#chat", 0)
    archive.files.tick(T0)
    archive.said("#chat", "new")
    assert archive.lines("#chat") == ["new"]
    assert archive.files.counts().failing == 0


def test_rules_for_channels(archive: Archive) -> None:
    """The first mask that matches a channel decides; others, and conversations, are kept as all are."""
    archive.open(
        retention_days=7,
        retain=(Retain(mask="#KEEP*"), Retain(mask="#s?ort", days=2), Retain(mask="#small", bytes=50)),
    )
    names = ("#keep", "#keeper", "#short", "#chat", "short short", "#%e2%80%ae")
    files = [segment(archive, name, T0 - 5 * DAY_MS) for name in names]
    old = [segment(archive, name, T0 - 9 * DAY_MS) for name in names]
    small = [segment(archive, "#small", T0 - days * DAY_MS, 40) for days in (900, 800)]
    archive.files.tick(T0)
    assert left(*files) == [True, True, False, True, True, True]
    assert left(*old) == [True, True, False, True, True, True]
    archive.files.tick(T0 + PAUSE_MS)
    assert left(*small) == [False, True]


def test_size_of_all_history(archive: Archive) -> None:
    """Above ``total_bytes`` the oldest files of all logs go, whatever their log, and no more than is needed."""
    archive.open(total_bytes=250)
    logs = ("#a", "#b", "alice bob")
    files = [segment(archive, log, T0 - hours * 3_600_000, 50) for hours in (3, 2, 1) for log in logs]
    newest = [segment(archive, log, T0, 10) for log in logs]
    archive.files.tick(T0)
    assert all(left(*files))
    archive.files.tick(T0 + 1000)
    assert sum(left(*files)) == 4
    assert left(*files[:3]) == [False] * 3
    assert all(left(*files[6:], *newest))
    archive.files.tick(T0 + 2000)
    assert sum(left(*files)) == 4


def test_size_of_all_history_is_looked_at_in_peace(archive: Archive) -> None:
    """When nothing more may be deleted, the next walk waits for its time all the same."""
    archive.open(total_bytes=1, rotate_bytes=0)
    archive.files.tick(T0 - PAUSE_MS)
    archive.later = True
    archive.files.tick(T0 - 2000)
    archive.run_jobs()
    archive.said("#chat", "x" * 100)
    walks = 0
    for second in range(60):
        archive.files.tick(T0 + second * 1000)
        walks += bool(archive.jobs)
        archive.run_jobs()
    assert walks == 2
    assert archive.lines("#chat") == ["x" * 100]


def test_packed_files_are_files(archive: Archive) -> None:
    """Packed files are deleted as others are."""
    archive.open(retention_days=7)
    files = [segment(archive, "#chat", T0 - days * DAY_MS) for days in (20, 10, 8, 5, 1)]
    for path in files:
        path.rename(f"{path}.gz")
    archive.files.tick(T0)
    assert [path.name for path in sorted(archive.folder("#chat").iterdir())] == [f"{p.name}.gz" for p in files[2:]]


def test_of_one_hour_the_oldest_files_go(archive: Archive) -> None:
    """The size of all history is counted by the hour; within one, a log loses its beginning and never its middle."""
    archive.open(total_bytes=100)
    files = [segment(archive, "#chat", T0 - DAY_MS + n, 40) for n in range(4)]
    archive.files.tick(T0)
    archive.files.tick(T0 + 1000)
    assert left(*files) == [False, False, True, True]


def test_several_limits(archive: Archive) -> None:
    """Whichever limit is reached first counts: of age or size, of a rule for some channels or of all together."""
    archive.open(
        retention_days=10, retention_bytes=100, total_bytes=270, retain=(Retain(mask="#keep", days=30, bytes=200),)
    )
    ages = (40, 20, 9, 8, 7, 6)
    names = ("#chat", "#keep", "alice bob")
    chat, keep, private = (
        [segment(archive, name, T0 - age * DAY_MS + place, 45) for age in ages] for place, name in enumerate(names)
    )
    archive.files.tick(T0)
    assert left(*chat) == left(*private) == [False, False, False, False, True, True]
    assert left(*keep) == [False, False, True, True, True, True]
    archive.files.tick(T0 + 1000)
    assert left(*keep) == [False, False, False, False, True, True]
    assert left(*chat, *private) == [False, False, False, False, True, True] * 2
