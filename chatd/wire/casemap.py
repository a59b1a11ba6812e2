"""Folding of names, channels and masks under the casemapping the server announces (005 CASEMAPPING).

Owns what is "the same name"; must not know where names are kept. Modern IRC, "CASEMAPPING Parameter".
"""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_lowercase, ascii_uppercase
from typing import Final

_ASCII: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_RFC1459: Final = str.maketrans(ascii_uppercase + "[]\\~", ascii_lowercase + "{}|^")


def _fold_ascii(text: str) -> str:
    # str.lower is several times faster than translate, but right only without non-ASCII letters in the text.
    return text.lower() if text.isascii() else text.translate(_ASCII)


def _fold_rfc1459(text: str) -> str:
    return text.translate(_RFC1459)


class Casemapping:
    """One casemapping: ``name`` as announced, ``fold`` to compare by.

    Folded text has the length of the text, also in UTF-8 bytes; characters outside ASCII stay as they are.
    """

    __slots__ = ("fold", "name")

    def __init__(self, name: str, fold: Callable[[str], str]) -> None:
        self.name = name
        self.fold = fold


CASEMAPPINGS: Final = {
    "ascii": Casemapping("ascii", _fold_ascii),
    "rfc1459": Casemapping("rfc1459", _fold_rfc1459),
}
