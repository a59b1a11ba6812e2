"""Cutting texts and packing words into lines."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.chunks import clip, pack_words

WORDS = st.lists(st.text("ab@#é€🙂", min_size=1, max_size=9), max_size=30)
TEXTS = st.text(max_size=40) | st.text("aé€🙂", max_size=40)


@pytest.mark.parametrize(
    ("text", "limit_bytes", "clipped"),
    [
        ("plain", 5, "plain"),
        ("plain", 4, "plai"),
        ("plain", 0, ""),
        ("né", 3, "né"),
        ("né", 2, "n"),
        ("10 €", 5, "10 "),
        ("a🙂b", 4, "a"),
        ("a🙂b", 5, "a🙂"),
        ("🙂🙂", 7, "🙂"),
        ("a🙂b", 100, "a🙂b"),
        ("", 0, ""),
    ],
)
def test_clip(text: str, limit_bytes: int, clipped: str) -> None:
    """The limit is bytes of UTF-8; a character that does not fit whole is left out."""
    assert clip(text, limit_bytes) == clipped


@given(TEXTS, st.integers(0, 170))
def test_clip_keeps_as_much_as_fits(text: str, limit_bytes: int) -> None:
    """A beginning of the text that fits, and one more character would not."""
    clipped = clip(text, limit_bytes)
    assert text.startswith(clipped)
    assert len(clipped.encode()) <= limit_bytes
    if clipped != text:
        assert len(text[: len(clipped) + 1].encode()) > limit_bytes


def test_words_fill_lines() -> None:
    """Lines are filled in order; the separator does not count at their ends."""
    assert list(pack_words(["@alice", "bob", "+carol", "dan"], 10)) == ["@alice bob", "+carol dan"]
    assert list(pack_words(["@alice", "bob", "+carol", "dan"], 9)) == ["@alice", "bob", "+carol", "dan"]
    assert list(pack_words(["a", "b", "c"], 3, ",")) == ["a,b", "c"]
    assert list(pack_words([], 10)) == []


def test_words_are_measured_in_bytes() -> None:
    """Two words of three characters each, but of nine and three bytes."""
    assert list(pack_words(["€€€", "abc"], 12)) == ["€€€", "abc"]
    assert list(pack_words(["€€€", "abc"], 13)) == ["€€€ abc"]


def test_a_long_word_stands_alone() -> None:
    """Nothing is lost or cut: who calls with words that may be too long clips them first."""
    assert list(pack_words(["a", "toolong", "b", "c"], 4)) == ["a", "toolong", "b c"]


@given(WORDS, st.integers(1, 60), st.sampled_from([" ", ",", ", "]))
def test_packing_loses_nothing_and_fits(words: list[str], room_bytes: int, separator: str) -> None:
    """Every word once and in order, no line over the limit but that of a single word, no room left unused."""
    lines = [line.split(separator) for line in pack_words(words, room_bytes, separator)]
    assert [word for line in lines for word in line] == words
    for line in lines:
        assert len(line) == 1 or len(separator.join(line).encode()) <= room_bytes
    for line, following in pairwise(lines):
        assert len(separator.join([*line, following[0]]).encode()) > room_bytes
