"""Answers what draft/chathistory asks of one log: LATEST, BEFORE, AFTER, AROUND, BETWEEN.

Finds lines by the names of segments and bisection; nothing is kept between two questions but names of files, and what
was taken back or edited, as it was read last. For any thread. Knows nothing of who asks: what they may see is handed in
as a ``Scope``. Flush what is queued before asking.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from chatd.core.archive import ALL, SCAN_BYTES, Entry, Page, Scope, Selector, with_edits
from chatd.history.days import Days
from chatd.history.entry import read_entry, read_said, verb_of
from chatd.history.listing import Listings
from chatd.history.naming import folder_of
from chatd.history.redactions import Waiting, nothing_waits
from chatd.history.text import Pread
from chatd.history.view import START, Place, View

MOST_FOLDERS: Final = 1000
"""Of how many logs it is remembered where they are."""
_GOES_ON: Final = b"batch="
_NO_EVENT: Final = (b"", b"#")
"""What blank lines and notes of the server begin with."""


class _Search:
    """One question: where it may look, what it wants, how much it has looked through.

    Counts messages: the further lines of one of several come and go with the first.
    """

    __slots__ = (
        "_changes", "_drops", "_edited", "_full", "_having", "_ranked", "_redacted", "_verbs", "_wanted", "high",
        "left_bytes", "low", "view",
    )  # fmt: skip

    def __init__(self, view: View, scope: Scope, scan_bytes: int) -> None:
        self.view = view
        self._full = False
        self._verbs = scope.verbs
        self._wanted = scope.wanted
        self._ranked = scope.ranked
        self._having = scope.having
        self._changes = scope.redactions != "ignore" and view.redactions.are_some
        self._drops = scope.redactions == "drop"
        self._redacted: dict[str, Entry] = {}
        self._edited: dict[str, list[Entry]] = {}
        self.left_bytes = min(scan_bytes, scope.scan_bytes or scan_bytes)
        self.low = view.before(scope.since) if scope.since else START
        self.high = view.behind(scope.until) if scope.until else view.end

    def first(self, limit: int, start: Place, stop: Place) -> list[Entry]:
        """Collect the first messages between two places."""
        found: list[Entry] = []
        if limit <= 0:
            return found
        left, opened = limit, ""
        for entry in self._entries(self.view.forwards(max(start, self.low), min(stop, self.high)), iter):
            if not entry.msgid and (batch := entry.tags.get("batch")):
                if batch == opened:
                    found.append(entry)
                continue
            if not left:
                break
            if not self._changes or self._stays(entry):
                opened = entry.msgid
                found.append(entry)
                left -= 1
                self._full = not left
            else:
                opened = ""
        self._full = False
        return found

    def last(self, limit: int, start: Place, stop: Place) -> list[Entry]:
        """Collect the last messages between two places."""
        found: list[Entry] = []
        if limit <= 0:
            return found
        left = limit
        further: list[Entry] = []
        for entry in self._entries(self.view.backwards(max(start, self.low), min(stop, self.high)), reversed):
            if not entry.msgid and "batch" in entry.tags:
                further.append(entry)
                continue
            if not self._changes or self._stays(entry):
                if further:
                    found += [line for line in further if line.tags["batch"] == entry.msgid]
                found.append(entry)
                left -= 1
                if not left:
                    break
            if further:
                further.clear()
        found.reverse()
        return found

    def _entries(
        self, pieces: Iterator[list[bytes]], order: Callable[[list[bytes]], Iterable[bytes]]
    ) -> Iterator[Entry]:
        """Yield what counts, until so much was looked through that it is given up; once full, what goes on only."""
        verbs, having, ranked, wanted = self._verbs, self._having, self._ranked, self._wanted
        for lines in pieces:
            for line in order(lines):
                if self._full and _GOES_ON not in line:
                    return
                if having not in line:
                    continue
                entry = read_said(line)
                if entry is None:
                    if line[:1] in _NO_EVENT or (verbs is not None and verb_of(line) not in verbs):
                        continue
                    entry = read_entry(line)
                    if not entry.verb:
                        continue
                elif verbs is not None and entry.verb not in verbs:
                    continue
                if (ranked or not entry.for_a_rank) and (wanted is None or wanted(entry)):
                    yield entry
            self.left_bytes -= sum(map(len, lines)) + len(lines)
            if self.left_bytes < 0:
                return

    def _stays(self, entry: Entry) -> bool:
        """Say whether a message is in the answer though it may have been taken back."""
        redaction = self.view.redactions.of(entry.msgid)
        if redaction is None:
            edit = self.view.redactions.edit_of(entry.msgid)
            if edit is not None:
                self._edited[entry.msgid] = edit
            return True
        if self._drops or entry.verb == "TAGMSG":
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

    __slots__ = ("_days", "_folders", "_listings", "_pread", "_root", "_scan_bytes", "_waiting")

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
        self._listings = Listings()
        self._folders: dict[str, str] = {}
        self._waiting = waiting
        self._pread = pread
        self._scan_bytes = scan_bytes

    def view(self, log: str) -> View:
        """Open a log for reading in another way than the ones below."""
        folder = self._folders.get(log)
        if folder is None:
            if len(self._folders) >= MOST_FOLDERS:
                self._folders.clear()
            folder = self._folders[log] = str(folder_of(self._root, log))
        return View(folder, self._pread, self._waiting, self._days, self._listings)

    def times_edited(self, log: str, msgid: str) -> int:
        """Say how often a message was edited."""
        with self.view(log) as view:
            return view.redactions.times_edited(msgid)

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
            (one, behind_one), (other, behind_other) = view.sides(first), view.sides(second)
            if one <= other:
                return search.page(search.first(limit, behind_one, other))
            return search.page(search.last(limit, behind_other, one))
