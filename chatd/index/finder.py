"""Answers questions: numbers of messages from the index, the messages from the logs, which have the last word.

For any thread. What somebody may not read, what was taken back and what is gone is never given, whatever the index has.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from itertools import chain
from pathlib import Path
from threading import local
from typing import Final

from chatd.core.archive import Entry, Page, edited
from chatd.core.clienttags import TARGET_MSGID
from chatd.core.search import Question
from chatd.history.days import Days
from chatd.history.entry import read_entry
from chatd.history.naming import folder_of
from chatd.history.redactions import Redactions, Waiting, days_in, nothing_waits
from chatd.history.search import forwards
from chatd.history.text import Text, open_text
from chatd.history.view import View, by_msgid
from chatd.index.asking import Found, Offers
from chatd.index.book import Book, TooLong
from chatd.index.editions import Editions, is_damage

CANDIDATES: Final = 2_000
"""How many messages that one may read the index may offer in vain, or not, before a question is given up."""
MESSAGE_BYTES: Final = 131_072
LINE_BYTES: Final = 1_024
"""What is read of a file at first; most messages are shorter."""
FILES: Final = 16
"""How many files one question has open at most: those that were read last."""


class Finder:
    """Asks the index about the logs below ``root``."""

    def __init__(
        self,
        root: Path,
        editions: Editions,
        fold: Callable[[str], str],
        candidates: int = CANDIDATES,
        clock: Callable[[], float] = time.monotonic,
        waiting: Waiting = nothing_waits,
    ) -> None:
        self.root = root
        self.fold = fold
        self._editions = editions
        self._candidates = candidates
        self._clock = clock
        self.waiting = waiting
        self.days = Days()
        self._own = local()

    def is_full(self) -> bool:
        """See the port."""
        try:
            return self._editions.full == self._editions.current()
        except (OSError, sqlite3.Error):
            return False

    def search(self, question: Question) -> Page:
        """Answer; messages are in order, the oldest first.  Raises OSError when there is no index, or no file.

        When the question takes too long, the answer has what was found until then and is not whole.
        """
        deadline_s = self._clock() + question.wait_s

        def is_late() -> bool:
            return self._clock() >= deadline_s

        try:
            try:
                return self._answer(question, is_late)
            except sqlite3.Error as problem:
                self._forget(problem)
                return self._answer(question, is_late)
        except sqlite3.Error as problem:
            raise OSError(0, f"the index cannot be read: {problem}") from None

    def _answer(self, question: Question, is_late: Callable[[], bool]) -> Page:
        with closing(_Answer(self, self._book(), question, is_late)) as answer:
            return answer.page(self._candidates)

    def _book(self) -> Book:
        """The connection of this thread, a new one when the index is another one."""
        path = self._editions.current()
        known: Book | None = getattr(self._own, "book", None)
        if known is not None and known.path != path:
            known.close()
            known = None
        if known is None:
            try:
                known = self._own.book = Book(path)
            except sqlite3.Error as problem:
                self._replace(path, problem)
                raise
        return known

    def _forget(self, problem: sqlite3.Error) -> None:
        """Close the connection of this thread; what is damaged is replaced."""
        known: Book | None = self._own.__dict__.pop("book", None)
        if known is not None:
            known.close()
            self._replace(known.path, problem)

    def _replace(self, path: Path, problem: sqlite3.Error) -> None:
        if is_damage(problem):
            self._editions.replace(path)


class _Answer:
    """One question being answered; some files stay open until it is."""

    def __init__(self, finder: Finder, book: Book, question: Question, is_late: Callable[[], bool]) -> None:
        self._root = finder.root
        self._waiting = finder.waiting
        self._days = finder.days
        self._is_late = is_late
        self._fold = finder.fold
        self._book = book
        self._question = question
        self._texts: dict[tuple[str, str], Text] = {}
        self._redactions: dict[str, Redactions] = {}
        self._given: set[str] = set()
        self._shown = 0

    def close(self) -> None:
        """Close the files."""
        for text in self._texts.values():
            text.close()

    def page(self, most: int) -> Page:
        """Give what is found until there is enough, it is late, or the index has offered so many that may be read.

        What may not be read does not count: that a search is given up must not tell how much of it there is.
        """
        found: list[list[Entry]] = []
        whole = True
        try:
            with self._book.reading(self._is_late):
                self._collect(found, most)
        except TooLong:
            whole = False
        found.sort(key=lambda message: (message[0].time_ms, message[0].msgid))
        return Page(list(chain.from_iterable(found)), whole)

    def _collect(self, found: list[list[Entry]], most: int) -> None:
        """Read what the index offers.  Raises TooLong."""
        limit = self._question.limit
        for offer in Offers(self._book, self._question, self._is_late) if limit > 0 else ():
            if self._shown == most or self._is_late():
                raise TooLong
            if message := self._message(offer):
                found.append(message)
                if len(found) == limit:
                    return

    def _message(self, found: Found) -> list[Entry]:
        """Read a message as it is now; nothing when it is not for who asks, not what is meant, or was given already."""
        if not found.log:
            return []
        message = self._read(found)
        if message and message[0].verb == "EDIT":
            message = self._look_up(found.log, message[0].tags.get(TARGET_MSGID, ""))
        if not message or message[0].msgid in self._given or not self._question.may_read(found.log, message[0]):
            return []
        redactions, first = self._redactions_of(found.log), message[0]
        if redactions.of(first.msgid) is not None:
            return []
        edit = redactions.edit_of(first.msgid)
        if edit is not None:
            message = edited(message, edit)
        else:  # of one that was edited the text that it had is not for anybody, either
            self._shown += 1
        if not self._question.is_meant(message, self._fold):
            return []
        self._given.add(first.msgid)
        return message

    def _look_up(self, log: str, msgid: str) -> list[Entry]:
        """Find what was edited, by its id; nothing when it is gone."""
        place = by_msgid(msgid)
        if place is None:
            return []
        with View(str(folder_of(self._root, log))) as view:
            lines = view.forwards(view.before(place), view.behind(place))
            return [read_entry(line) for line in chain.from_iterable(lines)]

    def _read(self, found: Found) -> list[Entry]:
        text = self._text(found.log, found.stem)
        line, ending, _ = text.read(found.place, found.place + LINE_BYTES).partition(b"\n")
        if ending and b"batch=" not in line:
            return [read_entry(line)]
        entries: list[Entry] = []
        for lines in forwards(text, found.place, min(text.size_bytes, found.place + MESSAGE_BYTES)):
            for line in lines:
                entry = read_entry(line)
                if entries and entry.goes_on != entries[0].msgid:
                    return entries
                entries.append(entry)
                if "batch" not in entry.tags:
                    return entries
        return entries

    def _text(self, log: str, stem: str) -> Text:
        text = self._texts.pop((log, stem), None)
        if text is None:
            if len(self._texts) >= FILES:
                self._texts.pop(next(iter(self._texts))).close()
            text = open_text(str(folder_of(self._root, log)), stem)
        self._texts[log, stem] = text
        return text

    def _redactions_of(self, log: str) -> Redactions:
        known = self._redactions.get(log)
        if known is None:
            folder = folder_of(self._root, log)
            waiting = self._waiting(str(folder))
            names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
            known = self._redactions[log] = Redactions(str(folder), days_in(names), waiting, self._days)
        return known
