"""Which file is the index: each time it is made anew it has a name that none had before while the server runs.

So nothing that is left of an earlier one, a connection in some thread or SQLite's files beside it, ever touches it.
For any thread: whoever needs an index and finds none makes it, and the thread of the index fills it.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from chatd.index.book import make_tables

_NAME: Final = re.compile(r"words-(\d{1,9})\.sqlite", re.ASCII)
_OURS: Final = re.compile(r"words[.-].*")
_PART: Final = ".part"
_ENDINGS: Final = ("", "-wal", "-shm")


def is_damage(problem: sqlite3.Error) -> bool:
    """Say whether the file is the trouble, and not the disk, or somebody who holds it.

    So are tables that are not there, keys that are there twice, and what cannot be decoded (which has no code).
    """
    if isinstance(problem, sqlite3.OperationalError):
        return getattr(problem, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR
    return type(problem) in (sqlite3.DatabaseError, sqlite3.IntegrityError)


class Editions:
    """The files in ``folder``; every method may raise OSError and sqlite3.Error.

    ``full`` is the one that everything is in that was there when all files were looked at, if there is one.
    """

    __slots__ = ("_folder", "_last", "_lock", "full")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._last = 0
        self.full: Path | None = None

    def current(self) -> Path:
        """The index; one without words is made if there is none, as when somebody deleted it."""
        newest = self._newest()
        if newest is None:
            with self._lock:
                newest = self._newest() or self._make()
        return newest

    def replace(self, path: Path) -> None:
        """Make a new index instead of this one, unless somebody else has; there is always one."""
        with self._lock:
            if self._newest() in (path, None):
                self._make()
            for ending in _ENDINGS:
                Path(f"{path}{ending}").unlink(missing_ok=True)

    def tidy(self) -> None:
        """At the start, when nobody has any open: delete all but the newest."""
        newest = self._newest()
        kept = {f"{newest.name}{ending}" for ending in _ENDINGS} if newest is not None else ()
        with suppress(FileNotFoundError):
            for name in os.listdir(self._folder):
                if _OURS.fullmatch(name) and name not in kept:
                    (self._folder / name).unlink(missing_ok=True)

    def _newest(self) -> Path | None:
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return None
        last = max((int(found[1]) for name in names if (found := _NAME.fullmatch(name))), default=0)
        self._last = max(self._last, last)
        return self._folder / f"words-{last}.sqlite" if last else None

    def _make(self) -> Path:
        """Nobody sees it before it is complete, and has nothing beside it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"words-{self._last + 1}.sqlite"
        part = Path(f"{path}{_PART}")
        for ending in (*_ENDINGS, "-journal"):
            Path(f"{part}{ending}").unlink(missing_ok=True)
        part.touch(mode=0o600)
        make_tables(part)
        part.rename(path)
        self._last += 1
        return path
