"""Time limits of connections in one place: PROXY headers, TLS handshakes, last words.

One ``tick`` a second serves all of them, so that no connection needs a timer of its own.  Knows no reactor.
"""

from __future__ import annotations

from math import ceil
from typing import Protocol


class Limited(Protocol):
    """A connection that waits for its peer."""

    def overdue(self) -> None:
        """The time is over."""

    def hasten(self) -> None:
        """Close as soon as everything is sent, without waiting for the peer."""


class Deadlines:
    """Whoever is not cleared in time is overdue: after at least the seconds given, at most one more."""

    __slots__ = ("_due", "_ticks")

    def __init__(self) -> None:
        self._ticks = 0
        self._due: dict[Limited, int] = {}

    def __len__(self) -> int:
        return len(self._due)

    def set(self, connection: Limited, seconds: float) -> None:
        """Give a connection so many seconds, in place of what it had; 0 is no limit."""
        if seconds > 0:
            # The next tick may be near: counting starts with it.
            self._due[connection] = self._ticks + ceil(seconds) + 1
        else:
            self._due.pop(connection, None)

    def clear(self, connection: Limited) -> None:
        """Take its limit from a connection, if it has one."""
        self._due.pop(connection, None)

    def hasten(self) -> None:
        """Wait for nobody any more: the server is stopping."""
        for connection in list(self._due):
            connection.hasten()

    def tick(self) -> None:
        """A second has passed."""
        self._ticks += 1
        for connection in [connection for connection, due in self._due.items() if due <= self._ticks]:
            self._due.pop(connection, None)
            connection.overdue()
