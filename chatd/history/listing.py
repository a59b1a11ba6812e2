"""What files a log has: the names in its folder, read again only when these have changed.

A folder says when a name was last added or taken away. What was changed just now is not remembered, as it may change
again within what the file system takes for one moment. For any thread.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from chatd.history.naming import stems_of
from chatd.history.redactions import days_in
from chatd.history.remembered import Remembered

MOST_NAMES: Final = 20_000
"""How many names are remembered, of all folders."""
SETTLED_NS: Final = 3_000_000_000
"""How old a change has to be: more than the coarsest clocks of file systems."""


class Listing(NamedTuple):
    """The segments (names without ending, in order), and the days on which something was taken back or edited."""

    stems: tuple[str, ...]
    days: frozenset[str]


NOTHING: Final = Listing((), frozenset())
_State = tuple[int, int, int]


class Listings:
    """Reads folders; every method may raise OSError."""

    __slots__ = ("_known", "_now_ns")

    def __init__(self, most_names: int = MOST_NAMES, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._now_ns = now_ns
        self._known: Remembered[tuple[_State, Listing]] = Remembered(most_names)

    def read(self, folder: str) -> Listing:
        """Give what is in a folder; nothing when there is none."""
        try:
            status = os.stat(folder)
            state = status.st_dev, status.st_ino, status.st_mtime_ns
            known = self._known.get(folder)
            if known is not None and known[0] == state:
                return known[1]
            names = os.listdir(folder)
        except (FileNotFoundError, NotADirectoryError):
            return NOTHING
        listing = Listing(tuple(stems_of(names)), days_in(names))
        if self._now_ns() - status.st_mtime_ns > SETTLED_NS:
            self._known.keep(folder, (state, listing), len(listing.stems) + len(listing.days) + 1)
        return listing
