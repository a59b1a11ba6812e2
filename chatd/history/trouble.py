"""Tells operators once when something goes wrong and once when it has been well again for a while.

Owns the wording of the end, not of the beginning.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

SETTLED_MS: Final = 10_000
"""How long all must be well before trouble is over, so that a wavering disk is not reported all the time."""


class Failures(deque[str]):
    """What went wrong in another thread, in words, as far as nobody has heard of it; of very much not all."""

    def note(self, path: str, error: OSError) -> None:
        """Add one."""
        if len(self) < 100:
            self.append(f"{path}: {error.strerror or error}")


class Trouble:
    """One kind of trouble; ``count`` is how often it showed since it began."""

    __slots__ = ("_began_ms", "_last_ms", "_over", "_report", "_unsaid", "active", "count")

    def __init__(self, report: Callable[[str], None], over: str) -> None:
        self._report = report
        self._over = over
        self._unsaid = ""
        self._began_ms = 0
        self._last_ms = 0
        self.active = False
        self.count = 0

    def note(self, sentence: str, now_ms: int) -> None:
        """Take note of trouble; ``sentence`` is reported by the next ``settle`` if it is the first."""
        self.count += 1
        self._last_ms = now_ms
        if not self.active:
            self.active = True
            self._began_ms = now_ms
            self._unsaid = sentence

    def settle(self, now_ms: int, lasting: bool, summary: Callable[[], str]) -> None:
        """Report a beginning that is not reported yet, and an end once all has been well for long enough."""
        if not self.active:
            return
        if self._unsaid:
            self._report(self._unsaid)
            self._unsaid = ""
        if lasting or now_ms < self._last_ms:
            self._last_ms = now_ms
        elif now_ms - self._last_ms >= SETTLED_MS:
            lasted_s = max(0, self._last_ms - self._began_ms) // 1000
            self._report(f"{self._over} (after {lasted_s} s; {summary()})")
            self.active = False
            self.count = 0
