"""How values and key paths are written for people to read, always on one line."""

from __future__ import annotations

import re
from collections.abc import Iterable

Place = tuple[str | int, ...]
"""A key path in which the elements of lists are numbers from 0: ``("operators", 1, "name")``."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")


def written(value: object) -> str:
    """Write a value as TOML does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(map(_visible, value)) + '"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def quoted(text: str) -> str:
    """Write any text in double quotes, shortened to what an eye takes in."""
    return written(text if len(text) <= 60 else text[:57] + "...")


def key_path(place: Place) -> str:
    """Write a key path; elements of lists are counted from 1, as people count: ``operators[2].name``."""
    path = ""
    for part in place:
        if isinstance(part, int):
            path += f"[{part + 1}]"
        else:
            path += "." * bool(path) + (part if _BARE_KEY.match(part) and len(part) <= 60 else quoted(part))
    return path


def alternatives(texts: Iterable[str]) -> str:
    """Join ready texts as in ``a, b or c``."""
    *most, last = texts
    return f"{', '.join(most)} or {last}" if most else last


def _visible(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"
