"""A bounded memory of what was read from disk, for any thread: what was asked for longest ago goes first."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Values by path, each with what it takes; never more than ``limit`` in all."""

    __slots__ = ("_known", "_limit", "_lock", "_taken")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._known: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._taken = 0

    def get(self, path: str) -> T | None:
        """Give what is known; None for nothing."""
        with self._lock:
            known = self._known.get(path)
            if known is None:
                return None
            self._known.move_to_end(path)
            return known[0]

    def keep(self, path: str, value: T, takes: int) -> None:
        """Remember it, instead of what was known, unless it is too large by itself."""
        with self._lock:
            self._drop(path)
            if takes <= self._limit:
                self._known[path] = value, takes
                self._taken += takes
                while self._taken > self._limit:
                    self._drop(next(iter(self._known)))

    def drop(self, path: str) -> None:
        """Forget it; harmless when it is not known."""
        with self._lock:
            self._drop(path)

    def _drop(self, path: str) -> None:
        known = self._known.pop(path, None)
        if known is not None:
            self._taken -= known[1]
