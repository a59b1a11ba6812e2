"""The moment that no logged line is later than, kept over restarts, so that time and ids never go back.

Owns the small file ``newest``, which is a little ahead of the lines: it is written once a second, not for every line.
While it is locked, a server writes here. Must not fail: a disk that does not take it does not take lines either.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from chatd.clock import read_moment, utc_text
from chatd.history.naming import CHANNELS, PRIVATE
from chatd.history.segment import make_folder
from chatd.history.view import View

AHEAD_MS: Final = 1000
_FILE: Final = "newest"


class Newest:
    """``known_ms`` is what the file says, -1 when there is no line at all."""

    __slots__ = ("_fd", "_root", "known_ms")

    def __init__(self, root: Path) -> None:
        self._root = root
        self._fd = -1
        found = self._read()
        self.known_ms = newest_of_all(root) if found is None else found

    def _read(self) -> int | None:
        try:
            return read_moment((self._root / _FILE).read_text(encoding="ascii").strip())
        except (OSError, ValueError):
            return None

    def cover(self, moment_ms: int) -> None:
        """Note that lines of this moment will be written."""
        self.known_ms = moment_ms + AHEAD_MS
        with suppress(OSError, ValueError):
            if self._fd < 0:
                self._open()
            self._write(self.known_ms)

    def _open(self) -> None:
        make_folder(str(self._root))
        self._fd = os.open(self._root / _FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with suppress(OSError):
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _write(self, moment_ms: int) -> None:
        os.pwrite(self._fd, f"{utc_text(moment_ms)}\n".encode(), 0)

    def close(self, moment_ms: int) -> None:
        """Note the moment of the newest line exactly, and let go of the file."""
        fd = self._fd
        if fd >= 0:
            with suppress(OSError):
                self._write(moment_ms)
            self.known_ms = moment_ms
            self._fd = -1
            os.close(fd)


def newest_of_all(root: Path) -> int:
    """Look through all logs for their last lines; -1 when there are none.  For when the file is lost."""
    newest_ms = -1
    for folder in log_folders(root):
        with suppress(OSError), View(folder) as view:
            key = view.last_key()
            moment_ms = read_moment(key.decode()) if key else None
            newest_ms = max(newest_ms, -1 if moment_ms is None else moment_ms)
    return newest_ms


def log_folders(root: Path) -> Iterator[str]:
    """Yield the folders of all logs, links left out."""
    for kind in (CHANNELS, PRIVATE):
        with suppress(OSError, ValueError), os.scandir(root / kind) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield entry.path


def is_written(root: Path) -> bool:
    """Say whether a server writes here now."""
    try:
        fd = os.open(root / _FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False
