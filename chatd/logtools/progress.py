"""A line on a terminal that says how far long work has come; nothing anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

_PAUSE_S: Final = 0.1
_WAIT_S: Final = 0.5
"""Shorter work shows nothing."""
_CELLS: Final = 30


class Progress:
    """Counts up to ``total``, in any unit.  Use it in ``with``, which clears the line."""

    def __init__(
        self, what: str, total: int, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._what = what
        self._total = max(total, 1)
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._done = 0
        self._due_s = clock() + _WAIT_S if self._stream.isatty() else float("inf")
        self._shown = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exception: object) -> None:
        self.clear()

    def advance(self, count: int) -> None:
        """Take note that so much more is done."""
        self._done += count
        now_s = self._clock()
        if now_s >= self._due_s:
            self._due_s = now_s + _PAUSE_S
            share = min(1.0, self._done / self._total)
            cells = int(share * _CELLS)
            bar = "#" * cells + "." * (_CELLS - cells)
            self._stream.write(f"\r{self._what} [{bar}] {share:4.0%}")
            self._stream.flush()
            self._shown = True

    def clear(self) -> None:
        """Take the line away, so that something else can be written."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False
