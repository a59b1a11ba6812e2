"""Group commit: what several threads write at one time is committed, and forced to disk, once.

Whoever finds nobody at work carries out what all are waiting for.  Nobody is answered before the commit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection

from chatd.core.accounts import StoreUnavailable
from chatd.stores.sql.trouble import is_trouble

T = TypeVar("T")
MOST = 256
"""Works in one transaction, at most."""


class Job:
    """One caller's work, and what came of it."""

    __slots__ = ("is_done", "problem", "result", "work")

    def __init__(self, work: Callable[[Connection], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.problem: Exception | None = None
        self.is_done = False


class Together:
    """``transaction`` opens one, commits it at the end, and raises StoreUnavailable when any of that fails."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._transaction = transaction
        self._waiting: deque[Job] = deque()
        self._turn = Lock()

    def __call__(self, work: Callable[[Connection], T]) -> T:
        """Do the work in a transaction, alone or with others'; raises what the work raises, and StoreUnavailable."""
        job = Job(work)
        self._waiting.append(job)
        with self._turn:
            while not job.is_done:
                self._carry_out([self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))])
        if job.problem is not None:
            raise job.problem
        result: T = job.result
        return result

    def _carry_out(self, jobs: list[Job]) -> None:
        try:
            with self._transaction() as connection:
                for job in jobs:
                    self._attempt(connection, job)
        except StoreUnavailable as problem:
            for job in jobs:
                job.problem = StoreUnavailable(str(problem))
        except Exception as problem:
            for job in jobs:
                job.problem = problem
        finally:
            for job in jobs:
                job.is_done = True

    @staticmethod
    def _attempt(connection: Connection, job: Job) -> None:
        """What fails is undone by itself, and leaves the others' alone; but a failing database ends them all."""
        point = connection.begin_nested()
        try:
            job.result = job.work(connection)
        except Exception as problem:
            if is_trouble(problem):
                raise
            job.problem = problem
            point.rollback()
        else:
            point.commit()
