"""The words of a text, as search compares them: without case, accents and formatting; and what somebody looks for.

Scripts that are written without spaces between words (Chinese, Japanese, Korean, Thai...) are taken as pairs of
letters, so that any part of such a text is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from chatd.wire.formatting import has_formatting, strip_formatting

_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u30ff\u3130-\u318f"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_RUN: Final = re.compile(f"([{_UNSPACED}]+)|((?:(?![{_UNSPACED}])(?:[^\\W_]|[\u0900-\u0dff]))+)")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_PLAIN: Final = bytes(
    0 if code >= 128 or has_formatting(chr(code)) else ord(chr(code).lower()) if chr(code).isalnum() else 32
    for code in range(256)
)
"""What ``runs`` makes of the bytes of plain text, which most is; 0 where it is none."""
_WANTED: Final = re.compile(r'"([^"]*)"?|(\S+)')


class Run(NamedTuple):
    """A word; or, ``paired``, letters of a script without spaces."""

    letters: str
    paired: bool


def folded(text: str) -> str:
    """A text without formatting, case and accents."""
    text = strip_formatting(text)
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _ACCENTS.sub("", text))


def runs(text: str) -> list[Run]:
    """The words of a text in order."""
    return [Run(unspaced or word, bool(unspaced)) for unspaced, word in _RUN.findall(folded(text))]


def indexed(octets: bytes) -> list[str]:
    """The words that an index is to have of a text in UTF-8."""
    plain = octets.translate(_PLAIN)
    if b"\0" not in plain:
        return plain.decode("ascii").split()
    found = runs(octets.decode("utf-8", "replace"))
    return [word for run in found for word in (pairs(run.letters) if run.paired else (run.letters,))]


def pairs(letters: str) -> Iterator[str]:
    """Each letter with the next one, and the last one alone."""
    for place in range(len(letters)):
        yield letters[place : place + 2]


class Term(NamedTuple):
    """Words that must follow one another; the last one may only begin so, if it is ``open``."""

    runs: tuple[Run, ...]
    open: bool


class Wanted:
    """What somebody looks for: words, all of which must be there, "words in order", and beginnings of words*."""

    __slots__ = ("terms",)

    def __init__(self, text: str) -> None:
        terms = []
        for quoted, word in _WANTED.findall(text):
            found = tuple(runs(quoted or word))
            if found:
                terms.append(Term(found, not quoted and word.endswith("*")))
        self.terms = tuple(dict.fromkeys(terms))

    def is_in(self, text: str) -> bool:
        """Say whether a text is meant."""
        if not self.terms:
            return True
        said = "\n".join(["", *(run.letters for run in runs(text)), ""])
        return all(_pattern(term).search(said) for term in self.terms)


def _pattern(term: Term) -> re.Pattern[str]:
    """Words are whole, letters of scripts without spaces are anywhere."""
    first, last = term.runs[0], term.runs[-1]
    before = "" if first.paired else "\n"
    behind = "" if last.paired or term.open else "\n"
    return re.compile(before + "\n".join(re.escape(run.letters) for run in term.runs) + behind)
