"""Sets of messages of one volume, by their numbers in it (slots): how they are stored, and how they are combined.

Few are an array of 16-bit numbers, many a bitmap: so no set is large, and two large ones are combined at once.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import reduce
from itertools import compress
from operator import and_, or_
from typing import Final, TypeAlias

SLOTS: Final = 65_536
"""How many messages a volume may have."""
MANY: Final = 1_024
"""From how many on a set is a bitmap: what two that are shorter have in common is found as quickly."""
FEW: Final = 8
"""So many numbers are rather looked for in an array than all of its numbers in a set."""
_ONE: Final = ord("1")
_ONES: Final = bytes.maketrans(b"01", b"\0\1")

Slots: TypeAlias = "array[int] | Set[int] | bytes"
"""Ascending numbers, numbers in no order, or a bitmap (the bit of 1 << 3 of the second byte is 11)."""


def encode(slots: array[int]) -> bytes:
    """Store ascending numbers; only bitmaps have an odd length."""
    if len(slots) >= MANY:
        return bits_of(slots)
    if sys.byteorder == "big":
        slots = array("H", slots)
        slots.byteswap()
    return slots.tobytes()


def bits_of(slots: Iterable[int]) -> bytes:
    """Make a bitmap."""
    ones = bytearray(b"0") * SLOTS
    for slot in slots:
        ones[slot] = _ONE
    octets = int(ones[::-1], 2).to_bytes(SLOTS // 8, "little").rstrip(b"\0")
    return octets if len(octets) % 2 else octets + b"\0"


def decode(stored: bytes) -> array[int] | bytes:
    """Read what was stored."""
    if len(stored) % 2:
        return stored
    slots = array("H")
    slots.frombytes(stored)
    if sys.byteorder == "big":
        slots.byteswap()
    return slots


def numbers(stored: bytes) -> array[int]:
    """Read what was stored as numbers."""
    slots = decode(stored)
    return array("H", ascending(slots)) if isinstance(slots, bytes) else slots


def ascending(slots: Slots) -> Iterator[int]:
    """Give the numbers, the lowest first."""
    if not isinstance(slots, bytes):
        return iter(slots if isinstance(slots, array) else sorted(slots))
    ones = format(int.from_bytes(slots, "little"), "b").encode().translate(_ONES)[::-1]
    return compress(range(len(ones)), ones)


def descending(slots: Slots) -> Iterator[int]:
    """Give the numbers, the highest first."""
    if not isinstance(slots, bytes):
        yield from reversed(slots if isinstance(slots, array) else sorted(slots))
        return
    ones = format(int.from_bytes(slots, "little"), "b")
    place = ones.find("1")
    while place >= 0:
        yield len(ones) - 1 - place
        place = ones.find("1", place + 1)


def common(several: Sequence[Slots]) -> Slots:
    """Give what is in all of some sets, of which there is one at least."""
    few = sorted((each for each in several if not isinstance(each, bytes)), key=len)
    many = [each for each in several if isinstance(each, bytes)]
    if not few and len(many) == 1:
        return many[0]
    if not few:
        number = reduce(and_, map(_number, many))
        return _packed(number) if number.bit_count() >= MANY else set(descending(_packed(number)))
    found = set(few[0]).intersection(*few[1:])
    for bits in many:
        found = _within(found, bits)
    return found


def _within(slots: Iterable[int], bits: bytes) -> set[int]:
    size = len(bits) * 8
    return {slot for slot in slots if slot < size and bits[slot >> 3] >> (slot & 7) & 1}


def union(several: Sequence[Slots]) -> Slots:
    """Give what is in any of some sets, or arrays in any order."""
    if len(several) == 1 and isinstance(several[0], bytes):
        return several[0]
    many = [each for each in several if isinstance(each, bytes)]
    found: set[int] = set().union(*(each for each in several if not isinstance(each, bytes)))
    if not many:
        return found
    return _packed(reduce(or_, map(_number, many), _number(bits_of(found))))


def covered(slots: Iterable[int], pieces: Iterable[Slots]) -> set[int]:
    """Give what of some numbers is in any piece, and look at no more pieces than that takes."""
    rest = set(slots)
    found: set[int] = set()
    for piece in pieces:
        if isinstance(piece, bytes):
            more = _within(rest, piece)
        elif isinstance(piece, array) and len(rest) <= FEW:
            octets = piece.tobytes()
            more = {slot for slot in rest if _is_in(slot, octets)}
        else:
            more = rest.intersection(piece)
        found |= more
        rest -= more
        if not rest:
            break
    return found


def _is_in(slot: int, octets: bytes) -> bool:
    """Say whether an array has a number, by its bytes."""
    number = slot.to_bytes(2, sys.byteorder)
    place = octets.find(number)
    while place > 0 and place % 2:
        place = octets.find(number, place + 1)
    return place >= 0


def between(slots: Slots, low: int, high: int) -> Slots:
    """Give what is not below ``low``, and below ``high``."""
    if isinstance(slots, bytes):
        return _packed(_number(slots) & ((1 << high) - (1 << min(low, high))))
    return {slot for slot in slots if low <= slot < high}


def _number(bits: bytes) -> int:
    return int.from_bytes(bits, "little")


def _packed(number: int) -> bytes:
    return number.to_bytes(SLOTS // 8 + 1, "little")
