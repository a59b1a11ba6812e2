"""Blocks: words that follow one another, each with the messages it is in, as one row of the database has them.

A row for each word would take as much room again, and most of the time in which an index is made.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from chatd.index.slots import Slots, decode

BLOCK_WORDS: Final = 128
BLOCK_BYTES: Final = 2_048
"""A block has no more words than so many, nor any further one when it is as large as that."""
_PARITY: Final = bytes(code % 2 for code in range(256))
HIGHEST: Final = "\U0010ffff"


def _has_odd(numbers: array[int]) -> bool:
    octets = numbers.tobytes()
    return 1 in octets[sys.byteorder == "big" :: 2].translate(_PARITY)


class Row(NamedTuple):
    """A block as it is stored: its first word, all words with "\\n" on both sides, where each set ends, the sets."""

    first: str
    words: str
    ends: bytes
    slots: bytes


def rows_of(words: Iterable[tuple[str, bytes]]) -> Iterator[Row]:
    """Put words, in their order, into blocks."""
    names: list[str] = []
    stored: list[bytes] = []
    ends: array[int] = array("H")
    size_bytes = 0
    for name, slots in words:
        if size_bytes >= BLOCK_BYTES or len(names) == BLOCK_WORDS:
            yield _row(names, ends, stored)
            names, stored, ends, size_bytes = [], [], array("H"), 0
        size_bytes += len(slots)
        names.append(name)
        stored.append(slots)
        ends.append(size_bytes)
    if names:
        yield _row(names, ends, stored)


def _row(names: list[str], ends: array[int], stored: list[bytes]) -> Row:
    if sys.byteorder == "big":
        ends.byteswap()
    return Row(names[0], "\n".join(["", *names, ""]), ends.tobytes(), b"".join(stored))


class Block:
    """A block that was read; raises ValueError when it cannot have been written."""

    __slots__ = ("_ends", "_slots", "_words")

    def __init__(self, words: str, ends: bytes, slots: bytes) -> None:
        self._words = words
        self._slots = slots
        self._ends = array("H")
        self._ends.frombytes(ends)
        if sys.byteorder == "big":
            self._ends.byteswap()
        if not self._ends or self._ends[-1] != len(slots):
            raise ValueError("cut short")

    def of(self, word: str) -> Slots | None:
        """Which messages have a word; None if none has."""
        place = self._words.find(f"\n{word}\n")
        return None if place < 0 else decode(self._stored(self._words.count("\n", 0, place)))

    def beginning(self, letters: str) -> Iterator[Slots]:
        """Which messages have words that begin so, in pieces, in which one may be several times."""
        low, high = self._range(letters)
        start = rest = self._ends[low - 1] if low else 0
        ends = self._ends[low:high]
        if ends and not (start % 2 or _has_odd(ends)):
            start = ends[-1]  # no bitmaps
            ends = ends[:0]
        for end in ends:
            if (end - start) % 2:
                yield decode(self._slots[start:end])
                if start > rest:
                    yield decode(self._slots[rest:start])
                rest = end
            start = end
        if start > rest:
            yield decode(self._slots[rest:start])

    def _range(self, letters: str) -> tuple[int, int]:
        """From which word to which, the last one not included, words begin so; mostly it is all of them."""
        last = self._words.rfind("\n", 0, -1) + 1
        if self._words.startswith(letters, 1) and self._words.startswith(letters, last):
            return 0, len(self._ends)
        words = self._words[1:-1].split("\n")
        return bisect_left(words, letters), bisect_left(words, letters + HIGHEST)

    def all(self) -> Iterator[tuple[str, bytes]]:
        """All words, with what is stored of each."""
        words = self._words[1:-1].split("\n")
        if len(words) != len(self._ends):
            raise ValueError("cut short")
        start = 0
        for word, end in zip(words, self._ends, strict=True):
            yield word, self._slots[start:end]
            start = end

    def _stored(self, place: int) -> bytes:
        return self._slots[self._ends[place - 1] if place else 0 : self._ends[place]]
