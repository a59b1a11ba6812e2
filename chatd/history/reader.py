"""Answers what draft/chathistory asks of one log: LATEST, BEFORE, AFTER, AROUND, BETWEEN.

Finds lines by the names of segments and bisection, with nothing kept between two questions, so it may be used in any
thread. Knows nothing of who asks: what they may see is handed in as a ``Scope``. Flush what is queued before asking.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from chatd.history.entry import Entry, read_entry, verb_of
from chatd.history.naming import folder_of
from chatd.history.text import Pread
from chatd.history.view import START, Place, Selector, View

SCAN_BYTES: Final = 33_554_432
"""How much text one question may look through; only where nearly nothing is wanted it is not enough."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a log counts: for the limit and for the answer.

    ``verbs`` (None: all) is looked at first and is cheap, ``wanted`` sees the parsed line. Nothing before ``since`` nor
    behind ``until`` is read at all; what they select is included.  ``ranked`` lets in what was said to a rank only; who
    asks for that has to see that nobody below the rank is shown it.
    """

    verbs: frozenset[str] | None = None
    wanted: Callable[[Entry], bool] | None = None
    since: Selector | None = None
    until: Selector | None = None
    ranked: bool = False


ALL: Final = Scope()


class Page(NamedTuple):
    """The answer, oldest first; ``whole`` is False when the search was given up (see ``SCAN_BYTES``)."""

    entries: list[Entry]
    whole: bool = True


class _Search:
    """One question: where it may look, what it wants, how much it has looked through."""

    __slots__ = ("_ranked", "_verbs", "_wanted", "high", "left_bytes", "low", "view")

    def __init__(self, view: View, scope: Scope, scan_bytes: int) -> None:
        self.view = view
        self._verbs = None if scope.verbs is None else frozenset(verb.encode() for verb in scope.verbs)
        self._wanted = scope.wanted
        self._ranked = scope.ranked
        self.left_bytes = scan_bytes
        self.low = view.before(scope.since) if scope.since else START
        self.high = view.behind(scope.until) if scope.until else view.end

    def first(self, limit: int, start: Place, stop: Place) -> list[Entry]:
        """Collect the first entries between two places."""
        pieces = self.view.forwards(max(start, self.low), min(stop, self.high))
        return self._collect(limit, pieces)

    def last(self, limit: int, start: Place, stop: Place) -> list[Entry]:
        """Collect the last entries between two places."""
        pieces = self.view.backwards(max(start, self.low), min(stop, self.high))
        found = self._collect(limit, map(reversed, pieces))
        found.reverse()
        return found

    def _collect(self, limit: int, pieces: Iterator[Iterable[bytes]]) -> list[Entry]:
        found: list[Entry] = []
        if limit <= 0:
            return found
        for line in chain.from_iterable(pieces):
            entry = self._entry(line)
            if entry is not None:
                found.append(entry)
                if len(found) == limit:
                    break
            self.left_bytes -= len(line) + 1
            if self.left_bytes < 0:
                break
        return found

    def _entry(self, line: bytes) -> Entry | None:
        if not line or line[:1] == b"#":
            return None
        if self._verbs is not None and verb_of(line) not in self._verbs:
            return None
        entry = read_entry(line)
        if entry.for_a_rank and not self._ranked:
            return None
        return entry if entry.verb and (self._wanted is None or self._wanted(entry)) else None

    def page(self, entries: list[Entry]) -> Page:
        """Make the answer."""
        return Page(entries, self.left_bytes >= 0)


class Reader:
    """Reads the logs below ``root``.  Every method may raise OSError; a log that is not there is empty."""

    __slots__ = ("_pread", "_root", "_scan_bytes")

    def __init__(self, root: Path, *, pread: Pread = os.pread, scan_bytes: int = SCAN_BYTES) -> None:
        self._root = root
        self._pread = pread
        self._scan_bytes = scan_bytes

    def view(self, log: str) -> View:
        """Open a log for reading in another way than the ones below."""
        return View(str(folder_of(self._root, log)), self._pread)

    def latest(self, log: str, limit: int, after: Selector | None = None, scope: Scope = ALL) -> Page:
        """Give the last lines, at most ``limit``, only those behind ``after`` if it is given."""
        with self.view(log) as view:
            search = _Search(view, scope, self._scan_bytes)
            start = view.behind(after) if after else START
            return search.page(search.last(limit, start, view.end))

    def before(self, log: str, selector: Selector, limit: int, scope: Scope = ALL) -> Page:
        """Give the last lines before what is selected."""
        with self.view(log) as view:
            search = _Search(view, scope, self._scan_bytes)
            return search.page(search.last(limit, START, view.before(selector)))

    def after(self, log: str, selector: Selector, limit: int, scope: Scope = ALL) -> Page:
        """Give the first lines behind what is selected."""
        with self.view(log) as view:
            search = _Search(view, scope, self._scan_bytes)
            return search.page(search.first(limit, view.behind(selector), view.end))

    def around(self, log: str, selector: Selector, limit: int, scope: Scope = ALL) -> Page:
        """Give what is selected and lines on both sides: half of them before, more if there are few behind."""
        with self.view(log) as view:
            search = _Search(view, scope, self._scan_bytes)
            middle = view.before(selector)
            before = search.last(limit // 2, START, middle)
            behind = search.first(limit - len(before), middle, view.end)
            if len(before) + len(behind) < limit and len(before) == limit // 2:
                before = search.last(limit - len(behind), START, middle)
            return search.page(before + behind)

    def between(self, log: str, first: Selector, second: Selector, limit: int, scope: Scope = ALL) -> Page:
        """Give lines between the two, counted from the first, which may be the later one."""
        with self.view(log) as view:
            search = _Search(view, scope, self._scan_bytes)
            one, other = view.before(first), view.before(second)
            if one <= other:
                return search.page(search.first(limit, view.behind(first), other))
            return search.page(search.last(limit, view.behind(second), one))
