"""Packs segments that nothing is written to any more, one at a time, so that a crash at any moment leaves a whole one.

Owns the order of the steps: write beside, sync, rename, sync the folder, and only then delete the plain file. Runs in a
thread, or in another process than the server's; every function may raise OSError.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Lock
from typing import Final

from chatd.history.naming import PACKED, PLAIN, segment_moment_ms, stem_of
from chatd.history.packed import PackedText, pack

PART: Final = ".part"
WORTH_BYTES: Final = 8192
"""Smaller files stay as they are: they would take a block of the disk all the same."""
SETTLED_MS: Final = 2 * 86_400_000
"""How long the newest segment of a log must have been left alone to be packed."""
_PIECE_BYTES: Final = 262_144

Step = Callable[[str], None]
"""Told each step before it is taken; a test kills the process then."""


def _no_step(step: str) -> None:
    pass


class Packer:
    """Packs the segments of a folder; ``lock`` and ``live`` are the writer's (see ``disk.Disk``)."""

    __slots__ = ("_fsync", "_live", "_lock", "_step", "packed")

    def __init__(
        self,
        lock: Lock,
        live: set[str],
        fsync: Callable[[int], None] = os.fsync,
        step: Step = _no_step,
    ) -> None:
        self._lock = lock
        self._live = live
        self._fsync = fsync
        self._step = step
        self.packed = 0

    def pack_folder(self, folder: str, before_ms: int, budget_bytes: int) -> int:
        """Pack what ended before a moment; gives how much of the budget is left, below 0 if there was more to do.

        The newest segment may be written to again, and is only packed if it was left alone long before.
        """
        names = os.listdir(folder)
        for name in names:
            if name.endswith(PACKED + PART):
                clear_left_over(os.path.join(folder, name))
        ended_ms: int | None = None
        for name in sorted((name for name in names if stem_of(name)), reverse=True):
            path = os.path.join(folder, name)
            ended_before, ended_ms = ended_ms, segment_moment_ms(name)
            if name.endswith(PACKED):
                continue
            state = os.stat(path, follow_symlinks=False)
            if ended_before is None:
                ended_before = state.st_mtime_ns // 1_000_000 + SETTLED_MS
            doubled = name[: -len(PLAIN)] + PACKED in names
            if not doubled and (state.st_size < WORTH_BYTES or ended_before >= before_ms):
                continue
            if budget_bytes < 0:
                return budget_bytes
            if self.pack_segment(path):
                budget_bytes -= state.st_size
        return max(0, budget_bytes)

    def pack_segment(self, path: str) -> bool:
        """Put a packed file in the place of a plain one; False when that must not be now."""
        target = path[: -len(PLAIN)] + PACKED
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            state = os.fstat(fd)
            if not (self._is_settled(target, state.st_size) or self._make(path, target, fd, state)):
                return False
            self._step("delete")
            with self._lock:
                if path in self._live or not _same(path, state):
                    return False
                # While it is open, taking its name away is quick; the lock is held no longer.
                os.unlink(path)
        finally:
            os.close(fd)
        self.packed += 1
        return True

    def _is_settled(self, target: str, size_bytes: int) -> bool:
        """Whether a crash left both files and the packed one is whole; one that is not is deleted."""
        try:
            fd = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            whole = is_whole(fd, size_bytes)
        finally:
            os.close(fd)
        if not whole:
            os.unlink(target)
        return whole

    def _make(self, path: str, target: str, fd: int, state: os.stat_result) -> bool:
        part = target + PART
        out = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _same(part, os.fstat(out)):
                return False
            self._step("write")
            os.ftruncate(out, 0)
            pack(_pieces(fd, state.st_size), lambda octets: _write(out, octets))
            os.utime(out, ns=(state.st_mtime_ns, state.st_mtime_ns))
            self._step("sync")
            self._fsync(out)
            self._step("rename")
            with self._lock:
                if path in self._live or not _same(path, state):
                    os.unlink(part)
                    return False
                os.rename(part, target)
        except BlockingIOError:
            return False  # another process is at it
        except OSError:
            with suppress(OSError):
                os.unlink(part)
            raise
        finally:
            os.close(out)
        self._step("sync folder")
        sync_folder(os.path.dirname(path), self._fsync)
        return True


def clear_left_over(part: str) -> None:
    """Delete a part that nobody writes to: who did was killed."""
    with suppress(OSError):
        fd = os.open(part, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(part)
        finally:
            os.close(fd)


def is_whole(fd: int, size_bytes: int) -> bool:
    """Say whether a packed file can be read to its end and holds a text of this size."""
    try:
        text = PackedText(fd, os.pread)
        if text.size_bytes != size_bytes:
            return False
        for start in range(0, size_bytes, _PIECE_BYTES):
            text.read(start, start + _PIECE_BYTES)
    except OSError:
        return False
    return not text.bad_blocks


def _same(path: str, state: os.stat_result) -> bool:
    try:
        now = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return (now.st_ino, now.st_size, now.st_mtime_ns) == (state.st_ino, state.st_size, state.st_mtime_ns)


def _pieces(fd: int, size_bytes: int) -> Iterator[bytes]:
    for start in range(0, size_bytes, _PIECE_BYTES):
        yield os.pread(fd, min(_PIECE_BYTES, size_bytes - start), start)


def _write(fd: int, octets: bytes) -> None:
    view = memoryview(octets)
    while view:
        view = view[os.write(fd, view) :]


def sync_folder(folder: str, fsync: Callable[[int], None] = os.fsync) -> None:
    """Force to disk which files there are.  Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fsync(fd)
    finally:
        os.close(fd)
