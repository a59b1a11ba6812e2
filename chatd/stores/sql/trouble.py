"""What goes wrong with a database, told apart from what a store says no with; and told to operators, not too often.

Never shows a statement's values, which may be secrets.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, TimeoutError

AGAIN_S = 300.0
"""Operators are told the same again after this time."""


def is_trouble(problem: BaseException) -> bool:
    """Say whether the database could not be asked, rather than that it was asked for what cannot be."""
    return isinstance(problem, DBAPIError | TimeoutError) and not isinstance(problem, IntegrityError | DataError)


def reason(problem: SQLAlchemyError) -> str:
    """What the database says is wrong, in one line."""
    if isinstance(problem, TimeoutError):
        return "all connections are busy"
    cause = problem.orig if isinstance(problem, DBAPIError) else problem
    first, _, _ = str(cause).strip().partition("\n")
    return first or type(cause).__name__


class Alarm:
    """Says when one thing begins to fail, and when it works again; ``report`` is called in any thread."""

    def __init__(self, report: Callable[[str], None], what: str) -> None:
        self._report = report
        self._what = what
        self._failing = ""
        self._said_s = 0.0

    def failed(self, why: str) -> None:
        """It did not work."""
        now_s = monotonic()
        if why != self._failing or now_s - self._said_s > AGAIN_S:
            self._failing, self._said_s = why, now_s
            self._report(f"accounts: the database cannot be {self._what}: {why}")

    def worked(self) -> None:
        """It did."""
        if self._failing:
            self._failing = ""
            self._report(f"accounts: the database can be {self._what} again")
