"""A log as it is at one moment: its segments in order, and places in it.

Owns finding the place of a selector. For use in one thread and for a short time: it holds files open, which may be
packed or deleted meanwhile without harm.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, NamedTuple

from chatd.clock import id_moment_ms
from chatd.core.archive import Selector
from chatd.history.days import Days
from chatd.history.entry import key_of, line_key, read_entry
from chatd.history.listing import Listings
from chatd.history.naming import STEM_LETTERS, segment_name
from chatd.history.redactions import Redactions, Waiting, nothing_waits
from chatd.history.search import backwards, forwards, locate
from chatd.history.text import Pread, Text, open_text

NEAR_BYTES: Final = 2048
"""How far behind its moment a line with an id mostly is."""
LATE_BYTES: Final = 1_048_576
"""How far behind its moment the line with an id is looked for, since it may have come late."""


def by_moment(moment_ms: int) -> Selector:
    """Select what has this moment."""
    return Selector(moment_ms)


def by_msgid(msgid: str) -> Selector | None:
    """Select the line with this id; None when it cannot be an id of ours."""
    moment_ms = id_moment_ms(msgid)
    return None if moment_ms is None else Selector(moment_ms, msgid)


class Place(NamedTuple):
    """Between two lines: the number of a segment and an offset in its text."""

    segment: int
    offset: int


START: Final = Place(0, 0)
FILES: Final = 8
"""How many segments one view has open at most."""


class View:
    """The segments of one folder; ``end`` is behind the last line, ``redactions`` says which lines were taken back.

    Use it in ``with``, which closes the files.
    """

    __slots__ = ("_folder", "_pread", "_texts", "end", "redactions", "stems")

    def __init__(
        self,
        folder: str,
        pread: Pread = os.pread,
        waiting: Waiting = nothing_waits,
        days: Days | None = None,
        listings: Listings | None = None,
    ) -> None:
        self._folder = folder
        self._pread = pread
        self._texts: dict[int, Text] = {}
        unwritten = waiting(folder)
        self.stems, redacted_days = (listings or Listings()).read(folder)
        self.redactions = Redactions(folder, redacted_days, unwritten, days)
        self.end = Place(len(self.stems), 0)

    def __enter__(self) -> View:
        return self

    def __exit__(self, *exception: object) -> None:
        for text in self._texts.values():
            text.close()

    def text(self, number: int) -> Text:
        """Open a segment; it stays open and as it is until a few others were asked for.  Raises OSError."""
        text = self._texts.pop(number, None)
        if text is None:
            if len(self._texts) >= FILES:
                self._texts.pop(next(iter(self._texts))).close()
            text = open_text(self._folder, self.stems[number], self._pread)
        self._texts[number] = text
        return text

    def at(self, moment_ms: int) -> Place:
        """Give the place before the first line of this moment or later."""
        key = key_of(moment_ms)
        name = segment_name(moment_ms)[:STEM_LETTERS]
        for number in range(max(0, bisect_left(self.stems, name) - 1), len(self.stems)):
            text = self.text(number)
            offset = locate(text, key)
            if offset < text.size_bytes:
                return Place(number, offset)
        return self.end

    def before(self, selector: Selector) -> Place:
        """Give the place before what is selected."""
        return self.sides(selector)[0] if selector.msgid else self.at(selector.moment_ms)

    def behind(self, selector: Selector) -> Place:
        """Give the place behind what is selected, the same as before it when the log does not have it."""
        return self.sides(selector)[1] if selector.msgid else self.at(selector.moment_ms + 1)

    def sides(self, selector: Selector) -> tuple[Place, Place]:
        """Give both."""
        moment_ms, msgid, _ = selector
        if not msgid:
            return self.at(moment_ms), self.at(moment_ms + 1)
        # An id may be of the millisecond after its line's, when many were made in one.
        start = self.at(moment_ms - 1)
        return self._line_with(msgid, start) or self._gap_for(msgid, start, key_of(moment_ms))

    def _line_with(self, msgid: str, start: Place) -> tuple[Place, Place] | None:
        """Give the places before and behind the lines of a message."""
        sought = b"msgid=" + msgid.encode()
        begin = end = None
        left_bytes = LATE_BYTES
        for place, lines in self._pieces(start):
            offset = place.offset
            for line in lines:
                if sought in line and has_tag(line, sought):
                    if begin is None:
                        begin, sought = Place(place.segment, offset), b"batch=" + msgid.encode()
                    end = Place(place.segment, offset + len(line) + 1)
                elif begin is not None and end is not None:
                    return begin, end
                offset += len(line) + 1
            left_bytes -= offset - place.offset
            if left_bytes < 0:
                break
        return (begin, end) if begin is not None and end is not None else None

    def _gap_for(self, msgid: str, start: Place, key: bytes) -> tuple[Place, Place]:
        """Give the place where a line with this id, which is not there, would be."""
        for place, lines in self._pieces(start):
            offset = place.offset
            for line in lines:
                own = line_key(line)
                if own is not None and (own > key or (own == key and read_entry(line).msgid > msgid)):
                    here = Place(place.segment, offset)
                    return here, here
                offset += len(line) + 1
        return self.end, self.end

    def _pieces(self, start: Place) -> Iterator[tuple[Place, list[bytes]]]:
        for number in range(start.segment, len(self.stems)):
            text = self.text(number)
            offset = start.offset if number == start.segment else 0
            for lines in forwards(text, offset, text.size_bytes, NEAR_BYTES):
                yield Place(number, offset), lines
                offset += sum(map(len, lines)) + len(lines)

    def forwards(self, start: Place, stop: Place) -> Iterator[list[bytes]]:
        """Yield the lines between two places, comments among them, oldest first, a list at a time."""
        for number in range(start.segment, min(stop.segment + 1, len(self.stems))):
            text = self.text(number)
            offset = start.offset if number == start.segment else 0
            yield from forwards(text, offset, stop.offset if number == stop.segment else text.size_bytes)

    def backwards(self, start: Place, stop: Place) -> Iterator[list[bytes]]:
        """Yield the same lines, the last list first; within a list the oldest is first."""
        for number in range(min(stop.segment, len(self.stems) - 1), start.segment - 1, -1):
            text = self.text(number)
            end = stop.offset if number == stop.segment else text.size_bytes
            yield from backwards(text, start.offset if number == start.segment else 0, end)

    def last_key(self) -> bytes | None:
        """Give the key of the last line that has one."""
        for lines in self.backwards(START, self.end):
            for line in reversed(lines):
                key = line_key(line)
                if key is not None:
                    return key
        return None


def has_tag(line: bytes, sought: bytes) -> bool:
    """Say whether ``msgid=...`` or ``batch=...`` is one of the line's tags, and not what somebody said."""
    return line[:1] == b"@" and sought in line[1:].partition(b" ")[0].split(b";")
