"""Sets of messages, as arrays and bitmaps, against Python's sets; words in blocks; what is damaged is said to be."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.index.blocks import BLOCK_WORDS, Block, rows_of
from chatd.index.sheet import Chunk
from chatd.index.slots import (
    MANY,
    SLOTS,
    Slots,
    ascending,
    between,
    bits_of,
    common,
    covered,
    decode,
    descending,
    encode,
    numbers,
    union,
)

NUMBERS = st.frozensets(st.integers(0, 40) | st.integers(0, SLOTS - 1), max_size=60)
SETS = st.lists(st.tuples(NUMBERS, st.sampled_from(["array", "set", "bitmap"])), min_size=1, max_size=5)


def stored(slots: frozenset[int], kind: str) -> Slots:
    if kind == "bitmap":
        return bits_of(slots)
    return array("H", sorted(slots)) if kind == "array" else slots


@given(SETS)
def test_combined(several: list[tuple[frozenset[int], str]]) -> None:
    """Whatever they are kept as."""
    sets, kept = [slots for slots, _ in several], [stored(*each) for each in several]
    every, any_ = frozenset.intersection(*sets), frozenset.union(*sets)
    assert list(ascending(common(kept))) == sorted(every)
    assert list(descending(union(kept))) == sorted(any_, reverse=True)
    assert covered(sets[0], kept[1:]) == sets[0] & frozenset().union(*sets[1:])


@given(NUMBERS, st.sampled_from(["array", "set", "bitmap"]), st.integers(0, SLOTS), st.integers(0, SLOTS))
def test_between(slots: frozenset[int], kind: str, low: int, high: int) -> None:
    """The lower end is included, the higher is not."""
    assert set(ascending(between(stored(slots, kind), low, high))) == {slot for slot in slots if low <= slot < high}


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, MANY - 1, MANY, MANY + 1, 8 * MANY, SLOTS])
def test_stored(count: int) -> None:
    """Few take two bytes each, many a bit of each message that there may be; the two are told apart by the length."""
    slots = array("H", range(SLOTS - count, SLOTS))
    octets = encode(slots)
    assert isinstance(decode(octets), bytes) == (len(octets) % 2 == 1) == (count >= MANY)
    assert len(octets) <= max(2 * MANY, SLOTS // 8 + 1)
    assert numbers(octets) == slots


def test_blocks() -> None:
    """Any word is found, and any beginning; what is not there is not."""
    words = {f"word{number:04}": array("H", [number, number + 1]) for number in range(3 * BLOCK_WORDS)}
    words["word0200"] = array("H", range(MANY))
    rows = list(rows_of((word, encode(slots)) for word, slots in sorted(words.items())))
    assert len(rows) == 3
    blocks = [Block(*row[1:]) for row in rows]
    assert [row.first for row in rows] == [next(block.all())[0] for block in blocks]
    assert {word: numbers(octets) for block in blocks for word, octets in block.all()} == words
    for word, slots in words.items():
        (found,) = [each for block in blocks if (each := block.of(word)) is not None]
        assert list(ascending(found)) == list(slots)
    assert not [block for block in blocks if block.of("word") is not None or block.of("ord0200") is not None]
    for letters in ("word020", "word02", "w", "word0383", "x", "wore", "v"):
        expected = {slot for word, slots in words.items() if word.startswith(letters) for slot in slots}
        found = [each for block in blocks for each in block.beginning(letters)]
        assert set(ascending(union([set(), *found]))) == expected


def test_what_cannot_have_been_written() -> None:
    """It is said to be damaged, and not taken for something else."""
    ((_, words, ends, slots),) = rows_of([("a", encode(array("H", [1]))), ("b", encode(array("H", [2])))])
    for ends_found, slots_found in ((ends, slots[:-1]), (ends[:-1], slots), (b"", b"")):
        with pytest.raises(ValueError, match=r"cut|multiple|incomplete|truncated|header"):
            Block(words, ends_found, slots_found)
    with pytest.raises(ValueError, match="cut short"):
        list(Block("\na\n", ends, slots).all())
    octets = Chunk(array("q", [1]), array("I", [2]), array("q", [3])).stored()
    assert Chunk.read(octets) == Chunk(array("q", [1]), array("I", [2]), array("q", [3]))
    for found in (octets[:-1], b"", b"no such thing"):
        with pytest.raises(ValueError, match=r"cut|multiple|incomplete|truncated|header"):
            Chunk.read(found)
