"""One file of a log while it is being written: opening, continuing after a crash, the days it takes.

Owns what is done to a file on disk, but for the writes themselves. Every function may raise OSError.
Must not know who writes or when.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from chatd.history.naming import PACKED, segment_moment_ms, segment_name

DAY_MS: Final = 86_400_000
FOREVER_MS: Final = 1 << 62
TAIL_BYTES: Final = 65_536
"""How far back a torn last line is looked for; no line is nearly that long."""

_MAKE: Final = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_CREAT | os.O_EXCL
_CONTINUE: Final = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
_TRIES: Final = 1000


class Segment:
    """A file of a log; ``fd`` is -1 while it is closed.

    It takes lines of ``from_ms <= moment < until_ms``: its own day and, for clocks that waver around
    midnight, the day before. ``size_bytes`` and ``inode`` are those of the file when it was last written.
    """

    __slots__ = ("fd", "from_ms", "inode", "path", "size_bytes", "until_ms")

    def __init__(self, path: str, day_of_ms: int | None) -> None:
        self.path = path
        self.fd = -1
        self.inode = 0
        self.size_bytes = 0
        self.from_ms, self.until_ms = span(day_of_ms)

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return os.path.basename(self.path)

    def open(self) -> bool:
        """Open the file to go on writing; False when it is not as we left it, and any torn line was cut."""
        fd = os.open(self.path, _CONTINUE)
        try:
            state = os.fstat(fd)
            untouched = state.st_size == self.size_bytes and state.st_ino == self.inode
            self.size_bytes = state.st_size if untouched else cut_torn_line(fd, state.st_size)
        except OSError:
            os.close(fd)
            raise
        self.fd = fd
        self.inode = state.st_ino
        return untouched

    def in_place(self) -> bool:
        """Say whether the path still leads to this very file."""
        try:
            return os.stat(self.path, follow_symlinks=False).st_ino == self.inode
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Close the file; harmless when it is closed."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)


class Unmendable(OSError):
    """The tail of a file holds no line ending: it is no log of ours any more, and is left alone."""


def span(day_of_ms: int | None) -> tuple[int, int]:
    """Give the moments that go to one segment with ``day_of_ms`` (UTC); all of them for None."""
    if day_of_ms is None:
        return -FOREVER_MS, FOREVER_MS
    day = day_of_ms // DAY_MS
    return (day - 1) * DAY_MS, (day + 1) * DAY_MS


def cut_torn_line(fd: int, size_bytes: int) -> int:
    """Cut what follows the last line ending and give the new size.

    Raises Unmendable when there is none within ``TAIL_BYTES`` of the end of a larger file.
    """
    start = max(0, size_bytes - TAIL_BYTES)
    tail = os.pread(fd, size_bytes - start, start)
    if not tail or tail.endswith(b"\n"):
        return size_bytes
    whole = start + tail.rfind(b"\n") + 1
    if whole == start > 0:
        raise Unmendable(0, "no line ending near the end of the file")
    os.ftruncate(fd, whole)
    return whole


def newest_name(folder: Path) -> str:
    """Give the name of the newest segment in ``folder``; "" when there is none, or no folder."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if segment_moment_ms(entry.name) is not None]
    except FileNotFoundError:
        return ""
    return max(names, default="")


def adopt(folder: Path, name: str, daily: bool) -> Segment | None:
    """Open a segment that an earlier run left; None when it is packed, its end cannot be mended, or it is gone."""
    moment_ms = segment_moment_ms(name)
    if moment_ms is None:
        return None
    segment = Segment(str(folder / name), moment_ms if daily else None)
    if name.endswith(PACKED):
        return None
    try:
        segment.open()
    except (Unmendable, FileNotFoundError, IsADirectoryError):
        return None
    return segment


def create(folder: Path, moment_ms: int, after: str, daily: bool) -> Segment:
    """Make and open a segment for lines from ``moment_ms`` on, whose name sorts after ``after`` ("": any).

    When the clock went back, the name is the moment after that of ``after``, so that order never breaks.
    """
    last_ms = segment_moment_ms(after)
    named_ms = moment_ms if last_ms is None else max(moment_ms, last_ms + 1)
    for _ in range(_TRIES):
        segment = Segment(str(folder / segment_name(named_ms)), moment_ms if daily else None)
        try:
            segment.fd = _make(segment.path)
        except FileExistsError:
            named_ms += 1
            continue
        segment.inode = os.fstat(segment.fd).st_ino
        return segment
    raise FileExistsError(17, "no free name for a new file", str(folder))


def _make(path: str) -> int:
    try:
        return os.open(path, _MAKE, 0o600)
    except FileNotFoundError:
        make_folder(os.path.dirname(path))
        return os.open(path, _MAKE, 0o600)


def make_folder(path: str) -> None:
    """Make a folder and those above it, open to nobody else; harmless when it is there."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        make_folder(os.path.dirname(path))
        os.mkdir(path, 0o700)
