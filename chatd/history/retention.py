"""Packs closed segments and deletes old ones, a few folders at a time and in a thread.

Owns which files go. Deletes nothing but files named as segments, never one that is ``live`` (see Disk), and
folders that are empty then. A segment's lines end before the next one's first moment; that is its age.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from chatd.history.naming import CHANNELS, PRIVATE, is_conversation, log_of_folder, segment_moment_ms
from chatd.history.packing import Packer
from chatd.history.policy import Keep, Policy, Total
from chatd.history.redactions import AFTER_ALL, DAY_LETTERS, forget
from chatd.history.segment import DAY_MS
from chatd.history.trouble import Failures

FOLDERS_PER_STEP: Final = 100
PACKED_BYTES_PER_STEP: Final = 67_108_864
"""So much is packed in one step at most, a second or two, since a server that stops waits for its threads."""
PAUSE_MS: Final = 3_600_000
"""Between the end of one sweep and the beginning of the next."""


class Sweeper:
    """Walks all folders again and again.

    ``deleted`` counts files, ``gone`` receives their paths, ``failed`` what went wrong. ``removed`` is
    told each folder that is gone. The size of all history is counted in one sweep; what is too much goes in the next,
    which follows at once.
    """

    __slots__ = (
        "_defer",
        "_due_ms",
        "_erasing",
        "_folder",
        "_live",
        "_lock",
        "_removed",
        "_root",
        "_running",
        "_total",
        "_walk",
        "deleted",
        "failed",
        "gone",
        "packer",
    )

    def __init__(
        self,
        root: Path,
        defer: Callable[[Callable[[], None]], None],
        lock: Lock,
        live: set[str],
        removed: Callable[[str], None],
    ) -> None:
        self._root = root
        self._defer = defer
        self._lock = lock
        self._live = live
        self._removed = removed
        self._walk: Iterator[str] | None = None
        self._folder: str | None = None
        self._running = False
        self._due_ms = 0
        self._total = Total()
        self._erasing: deque[tuple[str, int]] = deque()
        self.packer = Packer(lock, live)
        self.deleted = 0
        self.gone: deque[str] = deque()
        self.failed = Failures()

    def step(self, now_ms: int, policy: Policy) -> None:
        """Go on with the sweep, or begin one when it is due; once a second, from the writing thread."""
        if not self._running and self._erasing:
            self._running = True
            self._defer(self.erase_all)
        if self._running or policy.idle:
            return
        if self._walk is None:
            if self._due_ms - PAUSE_MS <= now_ms < self._due_ms:
                return
            self._walk = self._folders()
        self._running = True
        self._defer(lambda: self._sweep(now_ms, policy))

    def _sweep(self, now_ms: int, policy: Policy) -> None:
        try:
            budget_bytes = PACKED_BYTES_PER_STEP
            for _ in range(FOLDERS_PER_STEP):
                folder = self._folder or (next(self._walk, None) if self._walk else None)
                self._folder = None
                if folder is None:
                    self._end(now_ms, policy)
                    return
                if policy.compress_days:
                    before_ms = now_ms - policy.compress_days * DAY_MS
                    budget_bytes = self._pack(folder, before_ms, budget_bytes)
                    if budget_bytes < 0:
                        self._folder = folder
                        return
                try:
                    self._sweep_folder(folder, now_ms, policy)
                except OSError as error:
                    self.failed.note(folder, error)
        finally:
            self._running = False

    def _end(self, now_ms: int, policy: Policy) -> None:
        self._walk = None
        too_much = 0 < policy.total_bytes < self._total.size_bytes and not self._total.deciding
        self._total.decide(policy.total_bytes)
        self._due_ms = now_ms if too_much else now_ms + PAUSE_MS

    def _pack(self, folder: str, before_ms: int, budget_bytes: int) -> int:
        try:
            return self.packer.pack_folder(folder, before_ms, budget_bytes)
        except OSError as error:
            self.failed.note(folder, error)
            return budget_bytes

    def _folders(self) -> Iterator[str]:
        for kind in (CHANNELS, PRIVATE):
            try:
                with os.scandir(self._root / kind) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            yield entry.path
            except FileNotFoundError:
                continue
            except OSError as error:
                self.failed.note(str(self._root / kind), error)

    def _sweep_folder(self, folder: str, now_ms: int, policy: Policy) -> None:
        log = log_of_folder(folder)
        keep = policy.keep(None if log is None or is_conversation(log) else log)
        gone = 0
        oldest = ""
        for fate in fates(folder, now_ms, keep, self._total):
            if fate.goes and self._delete(fate.path):
                gone += 1
            else:
                self._total.count(fate.ended_ms, fate.size_bytes)
                oldest = oldest or os.path.basename(fate.path)[:DAY_LETTERS]
        if gone:
            forget(folder, oldest or AFTER_ALL)
        if gone and not oldest:
            self._remove(folder)

    def erase(self, folder: str, until_ms: int) -> None:
        """Have the segments of a folder deleted that began until then, when the thread is free."""
        self._erasing.append((folder, until_ms))

    def erase_all(self) -> None:
        """Delete what is to be; what cannot be is told."""
        try:
            while True:
                folder, until_ms = self._erasing.popleft()
                try:
                    self._erase(folder, until_ms)
                except OSError as error:
                    self.failed.note(folder, error)
        except IndexError:
            self._running = False

    def _erase(self, folder: str, until_ms: int) -> None:
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return
        for name in names:
            moment_ms = segment_moment_ms(name)
            if moment_ms is not None and moment_ms <= until_ms:
                self._delete(os.path.join(folder, name))
        forget(folder, AFTER_ALL)
        self._remove(folder)

    def _delete(self, path: str) -> bool:
        if not delete_segment(path, self._lock, self._live):
            return False
        self.deleted += 1
        self.gone.append(path)
        return True

    def _remove(self, folder: str) -> None:
        with self._lock:
            try:
                os.rmdir(folder)
            except OSError:
                return  # somebody keeps other files there, or the log goes on
        self._removed(folder)


class Fate(NamedTuple):
    """A segment, when it ended, and whether it goes."""

    path: str
    size_bytes: int
    ended_ms: int
    is_newest: bool
    goes: bool


def fates(folder: str, now_ms: int, keep: Keep, total: Total | None) -> list[Fate]:
    """Say of each segment of a folder, the oldest first, whether it goes by the rules.  Raises OSError."""
    cutoff_ms = now_ms - keep.days * DAY_MS if keep.days else None
    found: list[Fate] = []
    size_bytes = 0
    ended_ms: int | None = None
    for name in sorted((name for name in os.listdir(folder) if segment_moment_ms(name) is not None), reverse=True):
        path = os.path.join(folder, name)
        try:
            state = os.stat(path, follow_symlinks=False)
        except FileNotFoundError:
            continue  # packed or deleted meanwhile
        size_bytes += state.st_size
        is_newest = ended_ms is None
        if ended_ms is None:
            ended_ms = state.st_mtime_ns // 1_000_000
        expired = cutoff_ms is not None and ended_ms < cutoff_ms
        too_much = 0 < keep.limit_bytes < size_bytes and not is_newest
        found.append(Fate(path, state.st_size, ended_ms, is_newest, expired or too_much))
        ended_ms = segment_moment_ms(name)
    found.reverse()
    if total is None:
        return found
    return [
        fate if fate.goes else fate._replace(goes=total.takes(fate.ended_ms, fate.size_bytes)) for fate in found
    ]


def delete_segment(path: str, lock: Lock, live: set[str]) -> bool:
    """Delete a segment, unless it is live or somebody else was faster.  Raises OSError."""
    try:
        # While the file is open, taking its name away is quick whatever its size; the lock is held no longer.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        with lock:
            if path in live:
                return False
            os.unlink(path)
    except FileNotFoundError:
        return False
    finally:
        os.close(fd)
    return True
