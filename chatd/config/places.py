"""Where in a TOML document each key is written: a scan for line numbers, beside the real parser.

Reads only documents that tomllib has accepted (TOML 1.0), so it may believe what it sees; it keeps
positions, never values.
"""

from __future__ import annotations

import re
import tomllib

from chatd.config.written import Place

_GAP = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_OTHER_VALUE = re.compile(r"[^,\]}#\n]*")


def lines_of(source: str) -> dict[Place, int]:
    """Map every key, table and list element of a valid document to the line (from 1) where it begins."""
    return _Scan(source).run()


class _Scan:
    """One pass over a document; ``at`` is always before the next thing to read."""

    __slots__ = ("at", "lengths", "lines", "newlines", "source", "table")

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.newlines = (0, 1)
        self.table: Place = ()
        self.lengths: dict[Place, int] = {}
        self.lines: dict[Place, int] = {}

    def run(self) -> dict[Place, int]:
        self._skip(_GAP)
        while self.at < len(self.source):
            if self.source[self.at] == "[":
                self._header()
            else:
                self._setting(self.table)
            self._skip(_GAP)
        return self.lines

    def _header(self) -> None:
        """``[table]`` or ``[[list of tables]]``; a name on the way that is a list means its last element."""
        brackets = 2 if self.source.startswith("[[", self.at) else 1
        here = self.at
        self.at += brackets
        place: Place = ()
        keys = self._keys()
        for depth, key in enumerate(keys, 1):
            place = (*place, key)
            self._record(place, here)
            if depth == len(keys) and brackets == 2:
                self.lengths[place] = self.lengths.get(place, 0) + 1
            if place in self.lengths:
                place = (*place, self.lengths[place] - 1)
                self._record(place, here)
        self.at += brackets
        self.table = place

    def _setting(self, table: Place) -> None:
        """``key = value``, in a table or between braces."""
        place = table
        here = self.at
        for key in self._keys():
            place = (*place, key)
            self._record(place, here)
        self.at += 1
        self._skip(_BLANK)
        self._value(place)

    def _keys(self) -> list[str]:
        """A key with its dots, up to the ``=`` or ``]`` behind it."""
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            if self.source[self.at] in "\"'":
                keys += tomllib.loads(self._take(_STRING) + "=0")
            else:
                keys.append(self._take(_BARE_KEY))
            self._skip(_BLANK)
            if self.source[self.at] != ".":
                return keys
            self.at += 1

    def _value(self, place: Place) -> None:
        opening = self.source[self.at]
        if opening in "\"'":
            self._skip(_STRING)
        elif opening == "[":
            self._list(place)
        elif opening == "{":
            self._inline_table(place)
        else:
            self._skip(_OTHER_VALUE)

    def _list(self, place: Place) -> None:
        self.at += 1
        self._skip(_GAP)
        index = 0
        while self.source[self.at] != "]":
            self._record((*place, index), self.at)
            self._value((*place, index))
            self._skip_comma()
            index += 1
        self.at += 1

    def _inline_table(self, place: Place) -> None:
        self.at += 1
        self._skip(_GAP)
        while self.source[self.at] != "}":
            self._setting(place)
            self._skip_comma()
        self.at += 1

    def _skip_comma(self) -> None:
        self._skip(_GAP)
        if self.source[self.at] == ",":
            self.at += 1
            self._skip(_GAP)

    def _record(self, place: Place, at: int) -> None:
        """Note the line of ``place``; the first mention counts."""
        counted, line = self.newlines
        self.newlines = (at, line + self.source.count("\n", counted, at))
        self.lines.setdefault(place, self.newlines[1])

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _take(self, pattern: re.Pattern[str]) -> str:
        """Take what the pattern matches here; raises ValueError where the document is not valid TOML."""
        match = pattern.match(self.source, self.at)
        if match is None:
            raise ValueError(f"not valid TOML at character {self.at}")
        self.at = match.end()
        return match[0]
