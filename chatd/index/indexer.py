"""Keeps the index up to date, in a thread of its own: all that is in the logs at start, then what is written.

Owns when the index is made anew: when it is damaged or of another version, and when much of it is gone from the logs.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

from chatd.history.naming import log_of_folder, stem_of, stems_of
from chatd.history.newest import log_folders
from chatd.index.book import Book
from chatd.index.editions import Editions, is_damage
from chatd.index.pace import Pace
from chatd.index.reading import messages_of
from chatd.reports import reporter

log = reporter(__name__)

PAUSE_S: Final = 1.0
"""How long what is written waits to be indexed, at least."""
SURVEY_S: Final = 3600.0
"""Between two looks at all files."""
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
        self._thread = Thread(target=self._run, name="index", daemon=True)

    def wrote(self, paths: Iterable[str]) -> None:
        """Something was written to these segments."""
        with self._lock:
            self._written.update(dict.fromkeys(paths))

    def start(self) -> None:
        """Have an index that can be asked, and begin to fill it in the background."""
        self.prepare()
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
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._soundly(self.step)
            except (OSError, sqlite3.Error) as problem:  # the disk is full, perhaps
                log.warn("the index cannot be written: {problem}", problem=problem)
            except Exception:
                log.failure("the index failed")
            else:
                self._stopping.wait(self._pause_s)
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
        """Index what was written; now and then look at all files."""
        self._open()
        with self._lock:
            written, self._written = self._written, {}
        if time.monotonic() - self._surveyed_s >= SURVEY_S:
            self._surveyed_s = time.monotonic()
            self.survey()
        for path in written:
            folder, name = os.path.split(path)
            stem, known_log = stem_of(name), log_of_folder(folder)
            if stem and known_log and not self._stopping.is_set():
                self._index(folder, known_log, stem)

    def _open(self) -> Book:
        """The index as it is now; another one than before is filled from the start."""
        path = self._editions.current()
        if self._book is not None and self._book.path != path:
            self.close()
        if self._book is None:
            self._surveyed_s = float("-inf")
            self._book = Book(path, writing=True)
        return self._book

    def survey(self) -> None:
        """Compare the index with the files: index what is missing, forget what is gone."""
        book = self._open()
        known = book.known()
        missing: list[tuple[str, str, str]] = []
        for folder in log_folders(self._root):
            name = log_of_folder(folder)
            if name is None:
                continue
            missing += [
                (stem, folder, name)
                for stem in stems_of(os.listdir(folder))
                if not self._is_whole(folder, stem, known.pop((name, stem), 0))
            ]
        if known:
            book.remove(known)
            if book.is_wasteful():
                self.discard()
                self.survey()
                return
        for stem, folder, name in sorted(missing):
            if self._stopping.is_set():
                return
            self._index(folder, name, stem)

    @staticmethod
    def _is_whole(folder: str, stem: str, indexed_bytes: int) -> bool:
        """Say whether all of a segment is indexed; of a packed one, which is finished, there is nothing new."""
        with suppress(FileNotFoundError):
            return os.stat(os.path.join(folder, f"{stem}.log")).st_size <= indexed_bytes
        return indexed_bytes > 0

    def _index(self, folder: str, name: str, stem: str) -> None:
        book = self._open()
        start = book.indexed_bytes(name, stem)
        self._pace.begin()
        with suppress(FileNotFoundError):  # it was just deleted
            for end, messages in messages_of(folder, stem, start, self._fold):
                if end > start:
                    book.add(name, stem, end, messages)
                rest_s = self._pace.rest_s()
                if rest_s and self._stopping.wait(rest_s):
                    return
                self._pace.begin()

    def discard(self) -> None:
        """Have another index instead, which the next step fills."""
        path = self._editions.current() if self._book is None else self._book.path
        self.close()
        self._editions.replace(path)

    def close(self) -> None:
        """Close the database."""
        book, self._book = self._book, None
        if book is not None:
            book.close()
