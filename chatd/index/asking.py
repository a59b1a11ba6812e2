"""Which messages the index offers for a question, the newest first (or the oldest), found when they are asked for.

Of each volume the sets of messages for what is asked are combined, the rarest first; volumes are taken in the order of
time, and no further ones when the question has its answer. Offers may be wrong: the logs have the last word.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from chatd.core.archive import Selector
from chatd.core.search import END_MS, Question
from chatd.index.book import Book, TooLong, Volume, sound
from chatd.index.sheet import CHUNK, EDITED, LOG, NICK, PERSON, Chunk, marks_of
from chatd.index.slots import Slots, ascending, between, common, covered, descending, union
from chatd.wire.words import Wanted, pairs


class Found(NamedTuple):
    """Where a message is."""

    moment_ms: int
    log: str
    stem: str
    place: int


class Part(NamedTuple):
    """What has some mark, and is of some moments."""

    mark: str
    since_ms: int
    until_ms: int


def parts_of(question: Question) -> list[Part]:
    """Where a question looks."""
    logs = [(LOG + part.log, part.since, part.until) for field in question.fields for part in field.parts]
    names = [(PERSON + tenure.name, tenure.since, tenure.until) for tenure in question.names]
    parts = []
    for mark, since, until in (*logs, *names):
        begins_ms = max(question.from_ms, _moment_ms(since, 0))
        ends_ms = min(question.until_ms, _moment_ms(until, END_MS))
        if begins_ms <= ends_ms:
            parts.append(Part(mark, begins_ms, ends_ms))
    return list(dict.fromkeys(parts))


def _moment_ms(selector: Selector | None, otherwise: int) -> int:
    return otherwise if selector is None else selector.moment_ms


def words_of(wanted: Wanted) -> tuple[list[str], list[str]]:
    """The words that must all be there, and beginnings of words; the longest first, which are rarer."""
    words: dict[str, None] = {}
    beginnings: dict[str, None] = {}
    for term in wanted.terms:
        last = len(term.runs) - 1
        for place, run in enumerate(term.runs):
            if run.paired and len(run.letters) > 1:
                # The last letter alone is only there where the text ends with it.
                *both, _ = pairs(run.letters)
                words.update(dict.fromkeys(both))
            elif run.paired or (term.open and place == last):
                beginnings[run.letters] = None
            else:
                words[run.letters] = None
    return sorted(words, key=len, reverse=True), sorted(beginnings, key=len, reverse=True)


class Offers:
    """What one question is offered of a book."""

    def __init__(self, book: Book, question: Question, is_late: Callable[[], bool]) -> None:
        self._book = book
        self._is_late = is_late
        self._first = question.first
        self._words, self._beginnings = words_of(question.wanted)
        self._nick = question.nick
        self._parts = parts_of(question)
        self._by_mark: dict[str, list[Part]] = {}
        for part in self._parts:
            self._by_mark.setdefault(part.mark, []).append(part)
        self._segments: dict[int, tuple[str, str]] = {}
        self._marks: dict[str, list[str]] = {}

    def __iter__(self) -> Iterator[Found]:
        """Give them in order.  Raises TooLong, and sqlite3.Error."""
        with sound():
            yield from self._all()

    def _all(self) -> Iterator[Found]:
        if not self._parts:
            return
        low_ms = min(part.since_ms for part in self._parts)
        high_ms = max(part.until_ms for part in self._parts)
        waiting = [
            volume for volume in self._book.volumes() if volume.first_ms <= high_ms and volume.last_ms >= low_ms
        ]
        sign = 1 if self._first else -1
        begins = [(sign * (volume.first_ms if self._first else volume.last_ms), volume) for volume in waiting]
        begins.sort(reverse=True)
        heap: list[tuple[int, int, Found, Iterator[Found]]] = []
        while begins or heap:
            if begins and (not heap or begins[-1][0] <= heap[0][0]):
                if self._is_late():
                    raise TooLong
                volume = begins.pop()[1]
                offers = self._of(volume)
                order = sign * volume.id
            else:
                _, order, found, offers = heappop(heap)
                yield found
            following = next(offers, None)
            if following is not None:
                heappush(heap, (sign * following.moment_ms, order, following, offers))

    def _of(self, volume: Volume) -> Iterator[Found]:
        """Give those of one volume."""
        slots = self._slots(volume)
        if slots is None:
            return
        known: dict[int, Chunk] = {}
        for slot in ascending(slots) if self._first else descending(slots):
            found = self._found(volume, slot, known)
            if self._may_be_read(found):
                yield found

    def _found(self, volume: Volume, slot: int, known: dict[int, Chunk]) -> Found:
        place, rest = divmod(slot, CHUNK)
        chunk = known.get(place)
        if chunk is None:
            known.clear()
            chunk = known[place] = self._book.chunk(volume.id, place)
        number = chunk.segments[rest]
        segment = self._segments.get(number)
        if segment is None:
            segment = self._segments[number] = self._book.segment(number)
        return Found(chunk.moments[rest], *segment, chunk.places[rest])

    def _may_be_read(self, found: Found) -> bool:
        """Say whether a message is where the question looks."""
        marks = self._marks.get(found.log)
        if marks is None:
            marks = self._marks[found.log] = [mark for mark in marks_of(found.log) if mark in self._by_mark]
        return any(
            part.since_ms <= found.moment_ms <= part.until_ms for mark in marks for part in self._by_mark[mark]
        )

    def _slots(self, volume: Volume) -> Slots | None:
        """What of a volume has all that is asked for; None for nothing."""
        needs = []
        for word in self._words:
            slots = self._book.slots(volume.id, word)
            if slots is None:
                return None
            needs.append(slots)
        if self._nick:
            marks = (self._book.slots(volume.id, mark) for mark in (NICK + self._nick, EDITED))
            said = [slots for slots in marks if slots is not None]
            if not said:
                return None
            needs.append(union(said))
        slots = common(needs) if needs else None
        if not _is_few(slots, 2 * len(self._parts)):
            slots = self._also(slots, self._readable(volume))
        for letters in self._beginnings:
            if slots is not None and not slots:
                return None
            pieces = self._book.slots_beginning(volume.id, letters)
            if slots is None or isinstance(slots, bytes):
                slots = self._also(slots, list(pieces))
            else:
                slots = covered(slots, pieces)
        return slots

    @staticmethod
    def _also(slots: Slots | None, others: list[Slots]) -> Slots | None:
        """What is in some set, and in one of others."""
        if not others:
            return set()
        return union(others) if slots is None else common((slots, union(others)))

    def _readable(self, volume: Volume) -> list[Slots]:
        """What of a volume is where the question looks."""
        found = []
        for mark, since_ms, until_ms in self._parts:
            if since_ms > volume.last_ms or until_ms < volume.first_ms:
                continue
            slots = self._book.slots(volume.id, mark)
            if slots is None:
                continue
            if since_ms > volume.first_ms or until_ms < volume.last_ms:
                low = self._slot(volume, since_ms)
                slots = between(slots, low, self._slot(volume, until_ms + 1))
            found.append(slots)
        return found

    def _slot(self, volume: Volume, moment_ms: int) -> int:
        """The first slot that is at a moment or later."""
        place = self._book.chunk_before(volume.id, moment_ms)
        return place * CHUNK + bisect_left(self._book.chunk(volume.id, place).moments, moment_ms)


def _is_few(slots: Slots | None, few: int) -> bool:
    return slots is not None and not isinstance(slots, bytes) and len(slots) <= few
