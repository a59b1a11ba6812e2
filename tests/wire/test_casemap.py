"""Folding, as ISUPPORT CASEMAPPING defines it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.casemap import CASEMAPPINGS

ALPHABET = {
    "ascii": dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", strict=True)),
    "rfc1459": dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ[]\\~", "abcdefghijklmnopqrstuvwxyz{}|^", strict=True)),
}
TEXTS = st.text() | st.text("AZaz[]\\~{}|^@`_-09ÄßİıK\u212a")


def test_they_are_called_as_announced() -> None:
    """The key is the value of CASEMAPPING."""
    assert {key: casemapping.name for key, casemapping in CASEMAPPINGS.items()} == {
        "ascii": "ascii",
        "rfc1459": "rfc1459",
    }


@pytest.mark.parametrize(
    ("name", "text", "folded"),
    [
        ("ascii", "Nick[Away]\\~", "nick[away]\\~"),
        ("rfc1459", "Nick[Away]\\~", "nick{away}|^"),
        ("ascii", "#ÄRGER", "#Ärger"),
        ("rfc1459", "#ÄRGER[~]", "#Ärger{^}"),
        ("ascii", "\u212aelvin İ", "\u212aelvin İ"),
        ("rfc1459", "@`_-09", "@`_-09"),
        ("ascii", "", ""),
    ],
)
def test_what_is_folded(name: str, text: str, folded: str) -> None:
    """Only ASCII letters; rfc1459 has "the addition of" []\\~ for {}|^; other scripts stay as they are."""
    assert CASEMAPPINGS[name].fold(text) == folded


@given(st.sampled_from(sorted(ALPHABET)), TEXTS)
def test_folding_goes_by_the_character(name: str, text: str) -> None:
    """The short way for plain ASCII gives what the definition gives, character by character."""
    assert CASEMAPPINGS[name].fold(text) == "".join(ALPHABET[name].get(character, character) for character in text)


@given(st.sampled_from(sorted(ALPHABET)), TEXTS)
def test_folding_keeps_length_and_ends(name: str, text: str) -> None:
    """Limits in bytes hold for folded names too, and a folded name folds to itself."""
    fold = CASEMAPPINGS[name].fold
    folded = fold(text)
    assert (len(folded), len(folded.encode()), fold(folded)) == (len(text), len(text.encode()), folded)
