"""Which messages of a log were taken back or edited: beside its segments a file for each day (UTC) with such messages.

Derived from the REDACTs and EDITs in the log, which may be far behind what they are about; so whoever reads a page
looks into the files of its days only. The file of a day has the lines themselves.
"""

from __future__ import annotations

import errno
import os
import re
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias

from chatd.clock import base36, id_moment_ms, utc_text
from chatd.core.archive import Entry
from chatd.history.days import NOTHING, Day, Days
from chatd.history.naming import folder_of
from chatd.history.segment import DAY_MS, Segment, Unmendable, cut_torn_line

ENDING: Final = ".redactions"
DAY_LETTERS: Final = 10
AFTER_ALL: Final = "A"
"""Sorts behind every day."""
_MOST_WAITING: Final = 10_000
_NAME: Final = re.compile(r"\d{4}-\d\d-\d\d\.redactions", re.ASCII)


def day_of(msgid: str) -> str:
    """Give the day, as in the names of files, of a message by its id; "" for what is no id."""
    moment_ms = id_moment_ms(msgid)
    return "" if moment_ms is None else utc_text(moment_ms)[:DAY_LETTERS]


def days_in(names: Iterable[str]) -> frozenset[str]:
    """Pick the days that have redactions out of all names of a folder."""
    return frozenset(name[:DAY_LETTERS] for name in names if name.endswith(ENDING) and _NAME.fullmatch(name))


Waiting: TypeAlias = Callable[[str], Day]
"""Tells what of a folder is not in its files yet."""


class Ledger:
    """Where redactions and edits are written; what the disk refuses is kept (bounded) and tried again.

    Until then ``waiting`` tells what is not in the files, to any thread; all else belongs to the thread that writes.
    """

    __slots__ = ("_lock", "_root", "_waiting", "wrote")

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = Lock()
        self._waiting: deque[tuple[Path, str, bytes]] = deque(maxlen=_MOST_WAITING)
        self.wrote: list[Segment] = []

    def add(self, log: str, msgid: str, line: bytes) -> None:
        """Queue the line that takes back a message of a log, or those that edit it."""
        day = day_of(msgid)
        if day:
            with self._lock:
                self._waiting.append((folder_of(self._root, log), day, line.replace(b"\r", b"")))

    def waiting(self, folder: str) -> Day:
        """Give what of a folder is still to be written."""
        if not self._waiting:
            return NOTHING
        with self._lock:
            lines = [line for where, _, line in self._waiting if str(where) == folder]
        return Day(line for several in lines for line in several.splitlines())

    def forget(self, log: str) -> None:
        """Give up what is queued of a log that is deleted."""
        folder = folder_of(self._root, log)
        with self._lock:
            kept = [each for each in self._waiting if each[0] != folder]
            self._waiting.clear()
            self._waiting += kept

    def write(self) -> None:
        """Write what is queued; a log that is not there needs none.  Raises OSError for the first that is refused."""
        while self._waiting:
            folder, day, line = self._waiting[0]
            with suppress(FileNotFoundError):
                self.wrote.append(_append(str(folder / (day + ENDING)), line))
            with self._lock:
                self._waiting.popleft()


def _append(path: str, line: bytes) -> Segment:
    """Add a line, or those of one EDIT, or nothing if there is no room: half a text would count as a whole one."""
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        state = os.fstat(fd)
        try:
            size_bytes = cut_torn_line(fd, state.st_size)
        except Unmendable:
            line, size_bytes = b"\n" + line, state.st_size
        if os.write(fd, line) != len(line):
            os.ftruncate(fd, size_bytes)
            raise OSError(errno.ENOSPC, "cut short", path)
    finally:
        os.close(fd)
    segment = Segment(path, None)
    segment.inode = state.st_ino
    return segment


def forget(folder: str, before_day: str) -> None:
    """Delete the files of the days before one; what cannot be deleted stays."""
    with suppress(OSError):
        for name in os.listdir(folder):
            if _NAME.fullmatch(name) and name[:DAY_LETTERS] < before_day:
                os.unlink(os.path.join(folder, name))


def nothing_waits(folder: str) -> Day:
    """For who reads beside the server, or without one."""
    return NOTHING


class Redactions:
    """What one question has to know of them; files are read when a message of their day is met.

    ``files`` remembers those that were read. ``waiting`` was asked for before the names of the files: what is written
    meanwhile is in one of the two.
    """

    __slots__ = ("_day", "_days", "_files", "_first", "_folder", "_next", "_waiting", "are_some")

    def __init__(
        self, folder: str, days: frozenset[str], waiting: Day = NOTHING, files: Days | None = None
    ) -> None:
        self._folder = folder
        self._files = files or Days()
        self._days = days
        self._waiting = waiting
        self.are_some = bool(days) or waiting is not NOTHING
        self._day = NOTHING
        self._first = self._next = ""

    def of(self, msgid: str) -> Entry | None:
        """Give the REDACT that took a message back.  Raises OSError."""
        return self._waiting.of(msgid) or self._day_of(msgid).of(msgid)

    def edit_of(self, msgid: str) -> list[Entry] | None:
        """Give the lines of the last EDIT of a message.  Raises OSError."""
        return self._waiting.edit_of(msgid) or self._day_of(msgid).edit_of(msgid)

    def times_edited(self, msgid: str) -> int:
        """Say how often a message was edited.  Raises OSError."""
        return self._waiting.times_edited(msgid) + self._day_of(msgid).times_edited(msgid)

    def _day_of(self, msgid: str) -> Day:
        """What is known of the day of a message; that of the one before is at hand, as most are of the same day."""
        if not self._first <= msgid < self._next:
            moment_ms = id_moment_ms(msgid)
            if moment_ms is None:
                return NOTHING
            first_ms = moment_ms - moment_ms % DAY_MS
            day = utc_text(first_ms)[:DAY_LETTERS]
            known = self._files.read(os.path.join(self._folder, day + ENDING)) if day in self._days else NOTHING
            self._first, self._next, self._day = base36(first_ms, 9), base36(first_ms + DAY_MS, 9), known
        return self._day
