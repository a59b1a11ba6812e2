"""Texts of letters that the operator has written."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatd.mail.texts import read_letters


def test_some_texts_of_ones_own(tmp_path: Path) -> None:
    """Those that are there stand in for the built-in ones, the others stay."""
    (tmp_path / "reset.txt").write_text("Passwort\n\nDer Code für {account}: {code}\n")
    assert read_letters(str(tmp_path)) == {"letter reset": ["Passwort", "", "Der Code für {account}: {code}"]}
    assert read_letters("") == {}


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"Subject\n\nno code\n", "there is no {code} in it"),
        (b"Subject\n{code}\n", "it must begin with the subject and an empty line"),
        (b"Subject {code}\n\n", "it must begin with the subject and an empty line"),
        (b"\n\n{code}\n", "it must begin with the subject and an empty line"),
        (b"", "it must begin with the subject and an empty line"),
        (b"Caf\xe9\n\n{code}\n", "it is not UTF-8 text"),
    ],
)
def test_texts_that_cannot_be_used(tmp_path: Path, octets: bytes, said: str) -> None:
    """One clear line, before anybody waits for a letter."""
    (tmp_path / "email.txt").write_bytes(octets)
    with pytest.raises(ValueError, match=rf"email\.txt: {said}"):
        read_letters(str(tmp_path))
