"""How much of the time the thread of the index works: chat comes first, and the two share one interpreter."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

SHARE: Final = 0.5
"""Of the time that the server's other threads leave, at most, so that it never holds up the server for long."""
LEAST: Final = 0.02
"""Of all time, however busy they are.  They lose about as much again, as the interpreter changes hands."""
PIECE_S: Final = 0.001
"""Pieces of work that are shorter are taken together: who waits for the interpreter waits no longer than for one."""


class Moment(NamedTuple):
    """What the clocks say: time, and the processor time of the other threads, both in seconds."""

    now_s: float
    others_s: float


def look() -> Moment:
    """Read the clocks; to be compared within one thread, whose work is paced."""
    return Moment(time.monotonic(), time.process_time() - time.thread_time())


class Pace:
    """Says after each piece of work how long to rest; a share of 1 is no rest at all."""

    def __init__(self, share: float = SHARE, least: float = LEAST, clocks: Callable[[], Moment] = look) -> None:
        self._share = share
        self._least = least if share < 1 else share
        self._clocks = clocks
        self._began_s = 0.0
        self._rested = clocks()

    def begin(self) -> None:
        """A piece of work begins now."""
        self._began_s = self._clocks().now_s

    def rest_s(self) -> float:
        """How long to rest now, by what happened since the last rest began; 0 for not yet."""
        now = self._clocks()
        if now.now_s - self._began_s < PIECE_S:
            return 0.0
        before, self._rested = self._rested, now
        busy = (self._rested.others_s - before.others_s) / max(1e-6, self._rested.now_s - before.now_s)
        return (self._rested.now_s - self._began_s) * (1 / max(self._least, self._share * (1 - busy)) - 1)
