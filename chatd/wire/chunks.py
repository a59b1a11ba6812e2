"""Cutting texts and lists of words to what fits a line.  Limits are bytes of UTF-8."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def clip(text: str, limit_bytes: int) -> str:
    """The longest beginning of a text that fits, never ending inside a character."""
    if len(text) * 4 <= limit_bytes:
        return text
    if text.isascii():
        return text[:limit_bytes]
    octets = text.encode()
    if len(octets) <= limit_bytes:
        return text
    return octets[:limit_bytes].decode("utf-8", "ignore")


def pack_words(words: Iterable[str], room_bytes: int, separator: str = " ", most: int = 510) -> Iterator[str]:
    """Join words into lines of at most ``room_bytes`` and ``most`` words; one that is longer has a line of its own."""
    line: list[str] = []
    used = 0
    for word in words:
        size = len(word.encode()) + len(separator)
        if line and (used + size - len(separator) > room_bytes or len(line) == most):
            yield separator.join(line)
            line, used = [], 0
        line.append(word)
        used += size
    if line:
        yield separator.join(line)
