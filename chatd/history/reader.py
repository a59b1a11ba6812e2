"""Answers what draft/chathistory asks of one log: LATEST, BEFORE, AFTER, AROUND, BETWEEN.

Finds lines by the names of segments and bisection; nothing is kept between two questions but what was taken back or
edited, as it was read last. For any thread. Knows nothing of who asks: what they may see is handed in as a ``Scope``.
Flush what is queued before asking.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from chatd.core.archive import ALL, Entry, Page, Scope, Selector, with_edits
from chatd.history.days import Days
from chatd.history.entry import read_entry, verb_of
from chatd.history.naming import folder_of
from chatd.history.redactions import Waiting, nothing_waits
from chatd.history.text import Pread
from chatd.history.view import START, Place, View

SCAN_BYTES: Final = 33_554_432
"""How much text one question may look through; only where nearly nothing is wanted it is not enough."""
_GOES_ON: Final = b"batch="


class _Search:
    """One question: where it may look, what it wants, how much it has looked through.

    Counts messages: the further lines of one of several come and go with the first.
    """

    __slots__ = (
        "_edited", "_having", "_ranked", "_redacted", "_redactions", "_verbs", "_wanted", "high", "left_bytes", "low",
        "view",
    )  # fmt: skip

    def __init__(self, view: View, scope: Scope, scan_bytes: int) -> None:
        self.view = view
        self._verbs = None if scope.verbs is None else frozenset(verb.encode() for verb in scope.verbs)
        self._wanted = scope.wanted
        self._ranked = scope.ranked
        self._having = scope.having
        self._redactions = scope.redactions
        self._redacted: dict[str, Entry] = {}
        self._edited: dict[str, list[Entry]] = {}
        self.left_bytes = scan_bytes
        self.low = view.before(scope.since) if scope.since else START
        self.high = view.behind(scope.until) if scope.until else view.end

    def first(self, limit: int, start: Place, stop: Place) -> list[Entry]:
        """Collect the first messages between two places."""
        found: list[Entry] = []
        count = 0
        if limit <= 0:
            return found
        opened = ""
        for line in self._lines(self.view.forwards(max(start, self.low), min(stop, self.high))):
            if count == limit and _GOES_ON not in line:
                break
            entry = self._entry(line)
            if entry is None:
                continue
            if not entry.msgid and (batch := entry.tags.get("batch")):
                if batch == opened:
                    found.append(entry)
                continue
            if count == limit:
                break
            opened = entry.msgid
            if self._stays(entry):
                found.append(entry)
                count += 1
            else:
                opened = ""
        return found

    def last(self, limit: int, start: Place, stop: Place) -> list[Entry]:
        """Collect the last messages between two places."""
        found: list[Entry] = []
        count = 0
        if limit <= 0:
            return found
        further: list[Entry] = []
        pieces = self.view.backwards(max(start, self.low), min(stop, self.high))
        for line in self._lines(map(reversed, pieces)):
            entry = self._entry(line)
            if entry is None:
                continue
            if not entry.msgid and "batch" in entry.tags:
                further.append(entry)
                continue
            if self._stays(entry):
                found += [line for line in further if line.tags["batch"] == entry.msgid]
                found.append(entry)
                count += 1
                if count == limit:
                    break
            further.clear()
        found.reverse()
        return found

    def _lines(self, pieces: Iterator[Iterable[bytes]]) -> Iterator[bytes]:
        """Yield lines until so much was looked through that it is given up."""
        for line in chain.from_iterable(pieces):
            yield line
            self.left_bytes -= len(line) + 1
            if self.left_bytes < 0:
                return

    def _entry(self, line: bytes) -> Entry | None:
        if not line or line[:1] == b"#" or self._having not in line:
            return None
        if self._verbs is not None and verb_of(line) not in self._verbs:
            return None
        entry = read_entry(line)
        if entry.for_a_rank and not self._ranked:
            return None
        return entry if entry.verb and (self._wanted is None or self._wanted(entry)) else None

    def _stays(self, entry: Entry) -> bool:
        """Say whether a message is in the answer though it may have been taken back."""
        if self._redactions == "ignore":
            return True
        redaction = self.view.redactions.of(entry.msgid)
        if redaction is None:
            edit = self.view.redactions.edit_of(entry.msgid)
            if edit is not None:
                self._edited[entry.msgid] = edit
            return True
        if self._redactions == "drop":
            return False
        self._redacted[entry.msgid] = redaction
        return True

    def page(self, entries: list[Entry]) -> Page:
        """Make the answer."""
        redactions = self._redacted and {
            entry.msgid: self._redacted[entry.msgid] for entry in entries if entry.msgid in self._redacted
        }
        if not self._edited:
            return Page(entries, self.left_bytes >= 0, redactions)
        edits = {entry.msgid: self._edited[entry.msgid] for entry in entries if entry.msgid in self._edited}
        return Page(with_edits(entries, edits), self.left_bytes >= 0, redactions, edits)


def _count(entries: list[Entry]) -> int:
    """Give the number of messages."""
    return sum(not entry.goes_on for entry in entries)


class Reader:
    """Reads the logs below ``root``.  Every method may raise OSError; a log that is not there is empty."""

    __slots__ = ("_days", "_pread", "_root", "_scan_bytes", "_waiting")

    def __init__(
        self,
        root: Path,
        *,
        pread: Pread = os.pread,
        scan_bytes: int = SCAN_BYTES,
        waiting: Waiting = nothing_waits,
    ) -> None:
        self._root = root
        self._days = Days()
        self._waiting = waiting
        self._pread = pread
        self._scan_bytes = scan_bytes

    def view(self, log: str) -> View:
        """Open a log for reading in another way than the ones below."""
        return View(str(folder_of(self._root, log)), self._pread, self._waiting, self._days)

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
            behind = search.first(limit - _count(before), middle, view.end)
            if _count(before) + _count(behind) < limit and _count(before) == limit // 2:
                before = search.last(limit - _count(behind), START, middle)
            return search.page(before + behind)

    def sides(self, log: str, selector: Selector, limit: int, scope: Scope = ALL) -> tuple[Page, Page]:
        """Give as many lines before what is selected, and as many from there on."""
        with self.view(log) as view:
            search = _Search(view, scope, self._scan_bytes)
            middle = view.before(selector)
            before = search.last(limit, START, middle)
            return search.page(before), search.page(search.first(limit, middle, view.end))

    def between(self, log: str, first: Selector, second: Selector, limit: int, scope: Scope = ALL) -> Page:
        """Give lines between the two, counted from the first, which may be the later one."""
        with self.view(log) as view:
            search = _Search(view, scope, self._scan_bytes)
            one, other = view.before(first), view.before(second)
            if one <= other:
                return search.page(search.first(limit, view.behind(first), other))
            return search.page(search.last(limit, view.behind(second), one))
