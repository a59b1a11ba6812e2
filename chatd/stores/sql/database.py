"""One database: reading and writing in transactions, whatever happens to it; any number of threads may ask.

Knows no table.  What goes wrong is StoreUnavailable, and nothing was done then.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DataError, SQLAlchemyError

from chatd.core.accounts import StoreError, StoreUnavailable
from chatd.stores.directory import Held
from chatd.stores.sql.address import WRITES, make_engine
from chatd.stores.sql.holding import HeldByAnother, Holding
from chatd.stores.sql.together import Together
from chatd.stores.sql.trouble import Alarm, is_trouble, reason

T = TypeVar("T")


def nobody(text: str) -> None:
    """Tell nobody."""


class Database:
    """Opens connections as they are needed, and again after they were lost."""

    def __init__(self, url: URL) -> None:
        """Raises DatabaseRefused; connects to nothing yet."""
        self.url = url
        self.engine: Engine = make_engine(url)
        self.file: Path | None = Path(url.database or "") if self.engine.dialect.name == "sqlite" else None
        self._place: tuple[int, int] | None = None
        self._holding: Holding | Held | None = None
        self._in_doubt = False
        self.report_to(nobody)
        # SQLite forces each commit to the disk by itself, and lets one write at a time; PostgreSQL does better.
        self._write = Together(self._written) if self.file is not None else self._write_alone

    def __str__(self) -> str:
        return str(self.file) if self.file is not None else self.url.render_as_string(hide_password=True)

    def hold(self, data: Path) -> None:
        """Keep all other servers off it until ``release``; the directory ``data`` is held already.

        Raises DirectoryTaken, StoreUnavailable and OSError.
        """
        if self.file is None:
            self._holding = holding = Holding(self.engine)
            with self._asked(self._writing):
                holding.need()
        elif self.file.parent != data:
            beside = self.file.with_name(f"{self.file.name}.lock")
            self._holding = Held(beside, f"{self}: another server is using this database")

    def sign(self) -> None:
        """Say who has it; the process may be another one by now.  Raises StoreUnavailable."""
        if self._holding is not None:
            with self._asked(self._writing):
                self._holding.sign()

    def release(self) -> None:
        """Let other servers have it."""
        holding, self._holding = self._holding, None
        if holding is not None:
            holding.release()

    def report_to(self, report: Callable[[str], None]) -> None:
        """Say from now on, in any thread, when it begins to fail and when it works again."""
        self._reading = Alarm(report, "read")
        self._writing = Alarm(report, "written")

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads."""
        with self._asked(self._reading), self.engine.begin() as connection:
            return work(connection)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do work that writes, and commit it; what it raises undoes it."""
        return self._write(work)

    def _write_alone(self, work: Callable[[Connection], T]) -> T:
        with self._written() as connection:
            return work(connection)

    @contextmanager
    def _written(self) -> Iterator[Connection]:
        with self._asked(self._writing), self.engine.connect() as connection:
            writing = connection.execution_options(**{WRITES: True})
            with writing.begin():
                yield writing

    @contextmanager
    def _asked(self, alarm: Alarm) -> Iterator[None]:
        try:
            self._check_place()
            if isinstance(self._holding, Holding):
                self._holding.need(self._in_doubt)
                self._in_doubt = False
            yield
        except DataError as problem:
            raise StoreError(reason(problem)) from None
        except SQLAlchemyError as problem:
            if not is_trouble(problem):
                raise
            self._place, self._in_doubt = None, True
            alarm.failed(reason(problem))
            raise StoreUnavailable(reason(problem)) from None
        except OSError as problem:
            alarm.failed(f"{problem.filename}: {problem.strerror}")
            raise StoreUnavailable(problem.strerror) from None
        except HeldByAnother as problem:
            alarm.failed(str(problem))
            raise
        except StoreError:
            alarm.worked()
            raise
        alarm.worked()

    def _check_place(self) -> None:
        """Look for the file: one that was removed can still be written to, but nobody would ever find that again."""
        if self.file is None:
            return
        found = os.stat(self.file)
        place = found.st_dev, found.st_ino
        if place != self._place:
            # Another one was put there, a back-up copy perhaps; or it was in trouble, and is opened anew.
            self.engine.dispose()
            self._place = place

    def tidy(self) -> None:
        """Empty SQLite's log into the file, so that what was deleted is not to be found there either."""
        if self.file is not None:
            with self._asked(self._writing), closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def rest(self) -> None:
        """Close what is open; the next call opens it again.  Nothing open may go along into a forked process."""
        self.engine.dispose()
