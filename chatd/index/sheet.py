"""Messages that are becoming a volume: where each is, and for each word the messages it is in, in memory.

Owns the order of a volume, which is that of time. Knows nothing of the database.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import Final, NamedTuple

from chatd.index.slots import encode, numbers

CHUNK: Final = 256
"""How many messages one stored piece of places is about."""
LOG, PERSON, NICK = "\ue000", "\ue001", "\ue002"
"""What words begin with that are not of the text: the log, whose conversation it is, who said it; no text has these."""
EDITED: Final = "\ue003"
"""What edits have as well: what they edit may have been said under another nickname."""


class Message(NamedTuple):
    """One message to be indexed: its moment, where it begins in the segment, who said it (folded), its words.

    An edit is at the moment of what it edits.
    """

    moment_ms: int
    place: int
    nick: str
    words: list[str]
    is_edit: bool = False


class Chunk(NamedTuple):
    """Of some messages their moments, the numbers of their segments, and where they begin there."""

    moments: array[int]
    segments: array[int]
    places: array[int]

    def stored(self) -> bytes:
        """As it is kept."""
        return zlib.compress(b"".join(_ordered(each).tobytes() for each in self), 1)

    @classmethod
    def read(cls, stored: bytes) -> Chunk:
        """Read what was stored; raises ValueError."""
        try:
            stored = zlib.decompress(stored)
        except zlib.error as problem:
            raise ValueError(str(problem)) from None
        count, rest = divmod(len(stored), 20)
        if rest:
            raise ValueError("cut short")
        chunk = cls(array("q"), array("I"), array("q"))
        ends = (8 * count, 12 * count, 20 * count)
        for each, start, end in zip(chunk, (0, *ends), ends, strict=False):
            each.frombytes(stored[start:end])
        return cls(*map(_ordered, chunk))


def _ordered(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers = array(numbers.typecode, numbers)
        numbers.byteswap()
    return numbers


def marks_of(log: str) -> list[str]:
    """The words that every message of a log has."""
    log = log.replace("\n", " ")
    return [LOG + log, *(PERSON + name for name in log.split(" ") if " " in log)]


class Sheet:
    """Messages in the order in which they come; at most as many as a volume may have."""

    __slots__ = ("_at", "_words")

    def __init__(self) -> None:
        self._at = Chunk(array("q"), array("I"), array("q"))
        self._words: defaultdict[str, array[int]] = defaultdict(partial(array, "H"))

    def __len__(self) -> int:
        return len(self._at.moments)

    def add(self, segment: int, marks: list[str], messages: list[Message]) -> None:
        """Add messages of one segment; ``marks`` are what its log is marked with."""
        slot, words = len(self), self._words
        moments, segments, places = self._at
        for mark in marks:
            words[mark].extend(range(slot, slot + len(messages)))
        for moment_ms, place, nick, said, is_edit in messages:
            for word in set(said):
                words[word].append(slot)
            words[NICK + nick].append(slot)
            if is_edit:
                words[EDITED].append(slot)
            moments.append(moment_ms)
            segments.append(segment)
            places.append(place)
            slot += 1

    def absorb(self, at: Chunk, gone: Collection[int] = ()) -> Callable[[Iterable[tuple[str, bytes]]], None]:
        """Add the messages of a volume, but for those of segments that are ``gone``; gives what adds their words."""
        base = len(self)
        kept = [slot for slot, segment in enumerate(at.segments) if segment not in gone]
        for mine, theirs in zip(self._at, at, strict=True):
            mine.extend(array(mine.typecode, map(theirs.__getitem__, kept)))
        new = dict(zip(kept, range(base, base + len(kept)), strict=True))
        whole = len(kept) == len(at.segments)

        def move(rows: Iterable[tuple[str, bytes]]) -> None:
            for word, stored in rows:
                slots = numbers(stored)
                more = map(base.__add__, slots) if whole else (new[slot] for slot in slots if slot in new)
                if moved := array("H", more):
                    self._words[word].extend(moved)

        return move

    def in_order(self) -> tuple[Chunk, Iterator[tuple[str, bytes]]]:
        """Give all in the order of time: where messages are, and words, in their order, with what is stored of them."""
        moments = self._at.moments
        order = sorted(range(len(moments)), key=moments.__getitem__)
        if order == list(range(len(moments))):
            return self._at, self._rows(encode)
        at = Chunk(*(array(each.typecode, map(each.__getitem__, order)) for each in self._at))
        new = array("H", bytes(2 * len(order)))
        for slot, old in enumerate(order):
            new[old] = slot
        return at, self._rows(lambda slots: encode(array("H", sorted(map(new.__getitem__, slots)))))

    def _rows(self, store: Callable[[array[int]], bytes]) -> Iterator[tuple[str, bytes]]:
        """In pieces, as nobody else works while Python sorts."""
        pieces: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._words:
            pieces[word[:3]].append(word)
        for beginning in sorted(pieces):
            for word in sorted(pieces[beginning]):
                yield word, store(self._words[word])
