"""What is a word in which script, and what is found in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.words import Wanted, indexed, pairs, runs


@pytest.mark.parametrize(
    ("wanted", "text", "found"),
    [
        ("fast", "That was Fast!", True),
        ("fast", "breakfast", False),
        ("fas*", "That was fast", True),
        ("fast car", "a car that is fast", True),
        ('"fast car"', "a car that is fast", False),
        ('"fast car"', "a FAST, car", True),
        ('"fast c"', "a fast car", False),
        ("cafe", "im Caf\u00e9", True),
        ("\u00c9cole", "ecole", True),
        ("stra\u00dfe", "STRASSE", True),
        ("\u043f\u0440\u0438\u0432\u0435\u0442", "\u041f\u0420\u0418\u0412\u0415\u0422 \u0432\u0441\u0435\u043c", True),
        ("re", "\x02\x0304re\x0fd", False),
        ("red", "\x02\x0304re\x0fd", True),
        ("don't", "we DON'T", True),
        ("example.org", "see https://example.org/x", True),
        ("\u5929\u6c14", "\u4eca\u5929\u5929\u6c14\u5f88\u597d", True),
        ("\u6c14\u5929", "\u4eca\u5929\u5929\u6c14\u5f88\u597d", False),
        ("\u5f88", "\u4eca\u5929\u5929\u6c14\u5f88\u597d", True),
        ("\u597d", "\u4eca\u5929\u5929\u6c14\u5f88\u597d", True),
        ("\u6771\u4eac", "\u6771\u4eac\u30bf\u30ef\u30fc", True),
        ("\u30bf\u30ef", "\u6771\u4eac\u30bf\u30ef\u30fc", True),
        ("\ud68c\uc758", "\ub0b4\uc77c \ud68c\uc758\ub294 \ucde8\uc18c", True),
        ("\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\u0e04\u0e23\u0e31\u0e1a\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", True),
        ("python\u5929\u6c14", "python\u5929\u6c14\u9884\u62a5", True),
        ("", "anything", True),
        ("!?", "anything", True),
    ],
)
def test_what_is_found(wanted: str, text: str, found: bool) -> None:
    """Whole words in any order, phrases in theirs, beginnings with a star, any part of what is written unspaced."""
    assert Wanted(wanted).is_in(text) is found


def test_pairs() -> None:
    """Letters of scripts without spaces go into the index in pairs, the last one alone too."""
    assert indexed("Ja \u4eca\u5929\u5f88 ok".encode()) == ["ja", "\u4eca\u5929", "\u5929\u5f88", "\u5f88", "ok"]
    assert [run.letters for run in runs("a_b-c1")] == ["a", "b", "c1"]


def test_no_text_has_what_marks_logs() -> None:
    """Private characters are no letters, so nobody can pretend to be in another log."""
    assert indexed("\ue0001 \ue0012".encode()) == ["1", "2"]


@given(st.text(st.sampled_from("aZ0 _-\x02\x03\x01\t\u4eca\u5929\u00e9.\x7f"), max_size=12))
def test_what_is_indexed_is_what_is_compared(text: str) -> None:
    """The quick way for plain text gives the same words."""
    found = [word for run in runs(text) for word in (pairs(run.letters) if run.paired else (run.letters,))]
    assert indexed(text.encode()) == found


def test_a_word_that_is_given_again() -> None:
    """It is looked for once, however long a question is made of it."""
    assert Wanted("a A \u00e1 " * 80).terms == Wanted("a").terms
