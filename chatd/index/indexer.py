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
from chatd.index.reading import messages_of
from chatd.reports import reporter

log = reporter(__name__)

PAUSE_S: Final = 1.0
"""How long what is written waits to be indexed, at least."""
SURVEY_S: Final = 3600.0
"""Between two looks at all files."""
SHARE: Final = 0.5
"""How much of the time the thread works at most, so that it never holds up the server for long."""


class Indexer:
    """``wrote`` may be called by any thread; ``step`` and what it calls belong to the thread of the index."""

    def __init__(self, root: Path, path: Path, fold: Callable[[str], str], share: float = SHARE) -> None:
        self._root = root
        self._path = path
        self._fold = fold
        self._share = share
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
        """Begin to work in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End soon, and wait for that."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.step()
            except sqlite3.OperationalError as problem:  # the disk is full, perhaps
                log.warn("the index cannot be written: {problem}", problem=problem)
                self._stopping.wait(30)
            except sqlite3.DatabaseError as problem:
                log.warn("the index is made anew: {problem}", problem=problem)
                self.discard()
            except Exception:
                log.failure("the index failed")
                self._stopping.wait(30)
            self._stopping.wait(PAUSE_S)
        self.close()

    def step(self) -> None:
        """Index what was written; now and then look at all files."""
        book = self._open()
        with self._lock:
            written, self._written = self._written, {}
        if time.monotonic() - self._surveyed_s >= SURVEY_S:
            self.survey()
            self._surveyed_s = time.monotonic()
        for path in written:
            folder, name = os.path.split(path)
            stem, known_log = stem_of(name), log_of_folder(folder)
            if stem and known_log and not self._stopping.is_set():
                self._index(folder, known_log, stem, book.indexed_bytes(known_log, stem))

    def _open(self) -> Book:
        if self._book is not None and not self._path.exists():
            self.close()  # somebody deleted it, to have it made anew
            self._surveyed_s = float("-inf")
        if self._book is None:
            self._book = Book(self._path, writing=True)
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
            self._index(folder, name, stem, self._open().indexed_bytes(name, stem))

    @staticmethod
    def _is_whole(folder: str, stem: str, indexed_bytes: int) -> bool:
        """Say whether all of a segment is indexed; of a packed one, which is finished, there is nothing new."""
        with suppress(FileNotFoundError):
            return os.stat(os.path.join(folder, f"{stem}.log")).st_size <= indexed_bytes
        return indexed_bytes > 0

    def _index(self, folder: str, name: str, stem: str, start: int) -> None:
        book = self._open()
        began_s = time.perf_counter()
        for end, messages in messages_of(folder, stem, start, self._fold):
            if end > start:
                book.add(name, stem, end, messages)
            spent_s = time.perf_counter() - began_s
            if self._share < 1 and self._stopping.wait(spent_s * (1 / self._share - 1)):
                return
            began_s = time.perf_counter()

    def discard(self) -> None:
        """Delete the index; the next step makes it anew."""
        self.close()
        for ending in ("", "-wal", "-shm"):
            Path(f"{self._path}{ending}").unlink(missing_ok=True)
        self._surveyed_s = float("-inf")

    def close(self) -> None:
        """Close the database."""
        book, self._book = self._book, None
        if book is not None:
            book.close()

