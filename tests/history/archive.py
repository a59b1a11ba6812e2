"""Log files in a folder of their own, threads that run when the test says so, a disk that may be full."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from chatd.config import History
from chatd.history.files import LogFiles
from chatd.history.lines import lines, segments
from chatd.history.naming import folder_of

OPENED: list[LogFiles] = []
"""What tests have opened; ``close_all`` closes it."""
T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z


def close_all() -> None:
    """Let no test leave files open: many crash on purpose, and select() takes none above 1023."""
    while OPENED:
        OPENED.pop().close()


class Archive:
    """LogFiles, what it reported, the jobs it deferred (run at once unless ``later``), and its files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.reports: list[str] = []
        self.jobs: list[Callable[[], None]] = []
        self.later = False
        self.synced: list[str] = []
        self.writes: list[bytes] = []
        self.room: int | None = None
        self.error = errno.ENOSPC
        self.sync_error: OSError | None = None
        self.syncfs: Callable[[int], None] | None = None
        self.files = self.open()

    def open(self, **settings: object) -> LogFiles:
        self.settings = History(**settings)  # type: ignore[arg-type]
        self.files = LogFiles(
            self.root,
            self.settings,
            self.reports.append,
            self._defer,
            str.lower,
            write=self._write,
            fsync=self._fsync,
            syncfs=self.syncfs,
        )
        OPENED.append(self.files)
        return self.files

    def _defer(self, job: Callable[[], None]) -> None:
        if self.later:
            self.jobs.append(job)
        else:
            job()

    def run_jobs(self) -> None:
        while self.jobs:
            self.jobs.pop(0)()

    def _write(self, fd: int, octets: bytes) -> int:
        """Write what the disk has room for: all while ``room`` is None."""
        if self.room is not None:
            if self.room <= 0:
                raise OSError(self.error, os.strerror(self.error))
            octets = octets[: self.room]
            self.room -= len(octets)
        self.writes.append(octets)
        return os.write(fd, octets)

    def _fsync(self, fd: int) -> None:
        if self.sync_error:
            raise self.sync_error
        self.synced.append(os.path.relpath(os.readlink(f"/proc/self/fd/{fd}"), self.root))
        os.fsync(fd)

    def say(self, log: str, text: str, moment_ms: int = T0) -> None:
        self.files.append(log, moment_ms, text.encode() + b"\r\n")

    def said(self, log: str, *texts: str, moment_ms: int = T0) -> None:
        for text in texts:
            self.say(log, text, moment_ms)
        self.files.flush()

    def folder(self, log: str) -> Path:
        return folder_of(self.root, log)

    def lines(self, log: str) -> list[str]:
        return [line.decode() for line in lines(self.folder(log))]

    def names(self, log: str) -> list[str]:
        return [path.name for path in segments(self.folder(log))]

    def open_paths(self) -> list[str]:
        """Paths of logs below the root that this process holds open."""
        found = []
        for fd in os.listdir("/proc/self/fd"):
            try:
                path = os.readlink(f"/proc/self/fd/{fd}")
            except OSError:
                continue
            if path.startswith(str(self.root)) and path.endswith(".log"):
                found.append(path)
        return found


def is_torn(path: Path) -> bool:
    """Say whether a plain file ends within a line."""
    octets = path.read_bytes()
    return path.suffix != ".gz" and octets[-1:] not in (b"", b"\n")
