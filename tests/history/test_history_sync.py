"""When lines are forced to disk, and that it never happens on the thread that writes."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatd.history.sync import FEW, system_syncfs
from chatd.history.trouble import SETTLED_MS

if TYPE_CHECKING:
    from archive import Archive

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z
FILE = "channels/#chat/2026-11-24T00-00-00.000Z.log"
FOLDERS = ["channels/#chat", "channels", "."]


def test_interval(archive: Archive) -> None:
    """Policy "interval": what was written since the last time is synced once the interval is over."""
    archive.open(fsync_interval_s=2)
    archive.files.tick(T0)
    archive.said("#chat", "one", "two")
    archive.files.tick(T0 + 1999)
    assert archive.synced == []
    archive.files.tick(T0 + 2000)
    assert archive.synced == [FILE, *FOLDERS]
    archive.files.tick(T0 + 4000)
    assert archive.synced == [FILE, *FOLDERS]
    archive.said("#chat", "three", moment_ms=T0 + 4100)
    archive.files.tick(T0 + 6000)
    assert archive.synced == [FILE, *FOLDERS, FILE]


def test_interval_below_a_second(archive: Archive) -> None:
    """An interval shorter than a tick is kept by the flushes themselves."""
    archive.open(fsync_interval_s=0.1)
    archive.files.tick(T0)
    archive.said("#chat", "one")
    assert archive.synced == []
    archive.said("#chat", "two", moment_ms=T0 + 100)
    assert archive.synced == [FILE, *FOLDERS]


def test_always(archive: Archive) -> None:
    """Policy "always": each flush requests a sync of what it wrote."""
    archive.open(fsync="always")
    archive.said("#chat", "one")
    archive.said("#chat", "two", moment_ms=T0 - 1)
    assert archive.synced == [FILE, *FOLDERS, FILE]


def test_never(archive: Archive) -> None:
    """Policy "never": nothing is ever synced, not even at the end."""
    archive.open(fsync="never")
    archive.said("#chat", "one")
    archive.files.tick(T0 + 5000)
    archive.files.close()
    assert archive.synced == []


def test_one_job_at_a_time(archive: Archive) -> None:
    """What is written while a job waits or runs is synced by that job; nothing piles up, nothing is missed."""
    archive.open(fsync="always")
    archive.later = True
    archive.said("#chat", "one")
    archive.said("#chat", "two")
    archive.said("#b", "three")
    assert len(archive.jobs) == 1
    archive.run_jobs()
    assert [path for path in archive.synced if path.endswith(".log")] == [FILE, FILE.replace("chat", "b")]
    archive.said("#chat", "four")
    assert len(archive.jobs) == 1


def test_closed_files_are_synced(archive: Archive) -> None:
    """A file that was rotated away or closed for want of handles is synced all the same."""
    archive.open(fsync="always", open_files=1, rotate_bytes=1)
    archive.later = True
    archive.said("#chat", "one")
    archive.said("#chat", "two")
    archive.said("#b", "three")
    archive.run_jobs()
    assert archive.open_paths() == [str(archive.folder("#b") / archive.names("#b")[0])]
    assert sum(path.endswith(".log") for path in archive.synced) == 3


def test_close_does_not_wait_for_a_job_that_never_runs(archive: Archive) -> None:
    """At the end everything is synced even if the threads are gone already."""
    archive.open(fsync="always")
    archive.later = True
    archive.said("#chat", "one")
    archive.files.close()
    assert archive.synced == [FILE, *FOLDERS]


def test_failures_are_reported(archive: Archive) -> None:
    """A sync that fails is reported once, from the tick, and so is the end of it."""
    archive.open(fsync="always")
    archive.files.tick(T0)
    archive.sync_error = OSError(errno.EIO, "Input/output error")
    archive.said("#chat", "one")
    archive.said("#chat", "two")
    assert archive.reports == []
    archive.files.tick(T0 + 1000)
    began = f"History cannot be forced to disk: {archive.root / FILE}: Input/output error"
    assert archive.reports == [began]
    archive.sync_error = None
    archive.files.tick(T0 + 1000 + SETTLED_MS)
    assert archive.reports == [began, "History is forced to disk again (after 0 s; failures: 5)"]


def test_many_files_are_synced_together(archive: Archive) -> None:
    """More than a few files are left to one sync of the whole file system, asked for on the root."""
    synced: list[str] = []
    archive.syncfs = lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}"))
    archive.open(fsync="always")
    for number in range(FEW + 1):
        archive.say(f"#chat{number}", "one")
    archive.files.flush()
    assert synced == [str(archive.root)]
    assert archive.synced == []


def test_many_files_among_which_one_was_deleted(archive: Archive) -> None:
    """A file that somebody deleted is noticed also when many are synced together, and made anew."""
    archive.syncfs = lambda fd: None
    archive.open(fsync="always")
    for _ in range(2):
        for number in range(FEW + 1):
            archive.say(f"#chat{number}", "one")
        archive.files.flush()
        for path in archive.folder("#chat0").iterdir():
            path.unlink()
    archive.files.tick(T0 + 1000)
    archive.said("#chat0", "two")
    assert archive.lines("#chat0") == ["two"]


def test_the_system_can_sync_a_file_system(tmp_path: Path) -> None:
    """What ctypes finds is the real call: it takes a directory, and refuses a descriptor that is none."""
    syncfs = system_syncfs()
    assert syncfs is not None
    fd = os.open(tmp_path, os.O_RDONLY)
    syncfs(fd)
    os.close(fd)
    with pytest.raises(OSError, match="Bad file descriptor"):
        syncfs(fd)
