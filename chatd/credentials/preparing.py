"""Passwords as they are compared: SASLprep (RFC 4013), which RFC 4616 (PLAIN) and RFC 5802 (SCRAM) ask for.

The tables are those of Unicode 3.2 that the standard library keeps for it, so what was hashed once matches for ever.
"""

from __future__ import annotations

import stringprep
from unicodedata import normalize, ucd_3_2_0

_PROHIBITED = (
    stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3, stringprep.in_table_c4,
    stringprep.in_table_c5, stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8,
    stringprep.in_table_c9,
)  # fmt: skip


class PasswordRefused(ValueError):
    """Nothing is left of the password that could be compared."""


def prepare(password: str) -> bytes:
    """The bytes to hash; raises PasswordRefused for a password that is empty, or made of invisible letters only.

    A password may hold anything: one with letters that SASLprep prohibits (control characters, directions that are
    mixed) is taken as it is, in form NFC, since clients that do not prepare it send it so.
    """
    prepared = password if password.isascii() and password.isprintable() else _saslprep(password)
    if not prepared:
        raise PasswordRefused("the password is empty")
    return prepared.encode("utf-8", "surrogatepass")


def _saslprep(text: str) -> str:
    mapped = "".join(
        " " if stringprep.in_table_c12(letter) else letter for letter in text if not stringprep.in_table_b1(letter)
    )
    prepared = ucd_3_2_0.normalize("NFKC", mapped)
    if any(prohibits(letter) for letter in prepared for prohibits in _PROHIBITED) or _mixes_directions(prepared):
        return normalize("NFC", text)
    return prepared


def _mixes_directions(text: str) -> bool:
    """RFC 3454, section 6: with any right-to-left letter there is none of the other kind, and both ends are such."""
    if not any(map(stringprep.in_table_d1, text)):
        return False
    ends = stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    return not ends or any(map(stringprep.in_table_d2, text))
