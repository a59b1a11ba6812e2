"""Keeps the index up to date, in a thread of its own: all that is in the logs at start, then what is written.

What is deleted from the logs leaves the index, too. Owns when it is made anew: when damaged or of another version.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

from chatd.history.naming import PACKED, PLAIN, log_of_folder, stem_of, stems_of
from chatd.history.newest import log_folders
from chatd.index.book import Book
from chatd.index.editions import Editions, is_damage
from chatd.index.pace import Pace
from chatd.index.reading import messages_of
from chatd.reports import reporter

log = reporter(__name__)

PAUSE_S: Final = 1.0
"""From one look at what was written to the next, at least."""
SURVEY_S: Final = 3600.0
"""Between two looks at all files."""
MERGING_S: Final = 1.0
"""So long, at a time, small volumes are made large ones."""
FINISHED: Final = -1
"""Instead of the size of a file."""
RETRY_S: Final = 30.0
"""How long to wait when the disk refuses."""


class Indexer:
    """``wrote`` may be called by any thread; ``step`` and what it calls belong to the thread of the index."""

    def __init__(
        self,
        root: Path,
        editions: Editions,
        fold: Callable[[str], str],
        pace: Pace | None = None,
        pauses_s: tuple[float, float] = (PAUSE_S, RETRY_S),
    ) -> None:
        self._root = root
        self._editions = editions
        self._fold = fold
        self._pace = pace or Pace()
        self._pause_s, self._retry_s = pauses_s
        self._book: Book | None = None
        self._lock = Lock()
        self._written: dict[str, None] = {}
        self._stopping = Event()
        self._surveyed_s = float("-inf")
        self._unclean = True
        self._merging: Iterator[None] | None = None
        self._packed: set[tuple[str, str]] = set()
        self._thread: Thread | None = None  # a process that goes into the background must not have one before

    def wrote(self, paths: Iterable[str]) -> None:
        """Something was written to these segments."""
        with self._lock:
            self._written.update(dict.fromkeys(paths))

    def start(self) -> None:
        """Have an index that can be asked, and begin to fill it in the background."""
        self.prepare()
        self._thread = Thread(target=self._run, name="index", daemon=True)
        self._thread.start()

    def prepare(self) -> None:
        """See that there is a sound index, if only one without words; never raises, as the thread tries again."""
        try:
            self._editions.tidy()
            self._soundly(self._open)
        except (OSError, sqlite3.Error) as problem:
            log.warn("the index cannot be made: {problem}", problem=problem)

    def stop(self) -> None:
        """End soon, and wait for that."""
        self._stopping.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            began_s = time.monotonic()
            try:
                self._soundly(self.step)
            except (OSError, sqlite3.Error) as problem:  # the disk is full, perhaps
                log.warn("the index cannot be written: {problem}", problem=problem)
            except Exception:
                log.failure("the index failed")
            else:
                self._stopping.wait(max(0.0, began_s + self._pause_s - time.monotonic()))
                continue
            self._surveyed_s = float("-inf")  # what was still to be indexed is found by looking at all files
            self._stopping.wait(self._retry_s)
        self.close()

    def _soundly(self, work: Callable[[], object]) -> None:
        """Do something with the index; one that turns out to be damaged, or of another version, is replaced."""
        try:
            work()
        except sqlite3.DatabaseError as problem:
            if not is_damage(problem):
                raise
            log.warn("the index is made anew: {problem}", problem=problem)
            self.discard()

    def step(self) -> None:
        """Index what was written, and forget what was deleted; now and then look at all files."""
        book = self._open()
        self._pace.begin()
        with self._lock:
            written, self._written = self._written, {}
        if time.monotonic() - self._surveyed_s >= SURVEY_S:
            self._surveyed_s = time.monotonic()
            self.survey()
            book = self._open()
        gone = []
        for path in written:
            folder, name = os.path.split(path)
            stem, known_log = stem_of(name), _log_of(folder)
            if stem and known_log and not self._stopping.is_set():
                if _size_bytes(folder, stem) is None:
                    gone.append((known_log, stem))
                else:
                    self._index(folder, known_log, stem)
        book.save()
        self._forget(gone)
        self._merge()
        self._scrub()

    def _open(self) -> Book:
        """The index as it is now; another one than before is filled from the start."""
        path = self._editions.current()
        if self._book is not None and self._book.path != path:
            self.close()
        if self._book is None:
            self._surveyed_s = float("-inf")
            self._unclean = True
            self._packed.clear()
            self._book = Book(path, writing=True, rest=self._is_stopped)
        return self._book

    def survey(self) -> None:
        """Compare the index with the files: index what is missing, forget what is gone or is not what it was.

        What was packed may have grown before, while there was no index of it; so it is looked at once.
        """
        known = self._open().known()
        gone: list[tuple[str, str]] = []
        missing: list[tuple[str, str, str]] = []
        for folder in log_folders(self._root):
            name = _log_of(folder)
            if name is None:
                continue
            for stem in stems_of(os.listdir(folder)):
                indexed_bytes, size_bytes = known.pop((name, stem), -1), _size_bytes(folder, stem)
                if size_bytes is not None and FINISHED < size_bytes < indexed_bytes:
                    gone.append((name, stem))
                    indexed_bytes = -1
                is_packed = size_bytes == FINISHED and (name, stem) not in self._packed
                if indexed_bytes < 0 or is_packed or (size_bytes is not None and size_bytes > indexed_bytes):
                    missing.append((stem, folder, name))
        self._forget([*gone, *known])
        for stem, folder, name in sorted(missing):
            if self._stopping.is_set():
                break
            if self._index(folder, name, stem) and _size_bytes(folder, stem) == FINISHED:
                self._packed.add((name, stem))
        book = self._open()
        book.save()
        if not self._stopping.is_set():
            self._editions.full = book.path

    def _index(self, folder: str, name: str, stem: str) -> bool:
        """Index what is missing of a segment; says whether that is all of it."""
        book = self._open()
        start = book.indexed_bytes(name, stem) or 0
        with suppress(FileNotFoundError):  # it was just deleted
            for end, messages in messages_of(folder, stem, start, self._fold):
                if end > start:
                    book.add(name, stem, end, messages)
                if self._is_stopped():
                    return False
        return True

    def _merge(self) -> None:
        """Make large volumes of small ones, for a moment: what is written meanwhile has not to wait for long."""
        until_s = time.monotonic() + MERGING_S
        if self._merging is None:
            self._merging = self._open().merging()
        for _ in self._merging:
            if self._is_stopped() or time.monotonic() > until_s:
                return
        self._merging = None

    def _forget(self, gone: list[tuple[str, str]]) -> None:
        """Take segments that are not there out of the index, down to the last word."""
        if gone:
            self._merging = None
            self._unclean = True
            for _ in self._open().remove(gone):
                if self._is_stopped():
                    return
            self._scrub()

    def _scrub(self) -> None:
        """Leave nothing of that beside the database, as soon as nobody reads there."""
        if self._unclean and self._open().scrub():
            self._unclean = False

    def _is_stopped(self) -> bool:
        """Rest if it is time to; says whether to stop."""
        rest_s = self._pace.rest_s()
        if rest_s:
            self._stopping.wait(rest_s)
            self._pace.begin()
        return self._stopping.is_set()

    def discard(self) -> None:
        """Have another index instead, which the next step fills."""
        path = self._editions.current() if self._book is None else self._book.path
        self.close()
        self._editions.replace(path)

    def close(self) -> None:
        """Close the database."""
        self._merging = None
        book, self._book = self._book, None
        if book is not None:
            book.close()


def _log_of(folder: str) -> str | None:
    """The log whose folder this is; None for what no text can say, and so nobody can ask for."""
    name = log_of_folder(folder)
    with suppress(UnicodeEncodeError):
        return name if name is not None and name.encode() else None
    return None


def _size_bytes(folder: str, stem: str) -> int | None:
    """How large a segment is; FINISHED for one that is packed, and so finished, None for one that is gone."""
    with suppress(FileNotFoundError):
        return os.stat(os.path.join(folder, stem + PLAIN)).st_size
    return FINISHED if os.path.exists(os.path.join(folder, stem + PACKED)) else None
