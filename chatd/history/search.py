"""Where in a text a moment is, by bisection, and its whole lines in both directions.

Relies on one thing: the keys of lines never fall. Lines without a key (comments) belong to the line before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from chatd.history.entry import HEAD_BYTES, KEYED
from chatd.history.text import Text

WINDOW_BYTES: Final = 4096
"""What is left when bisection ends and lines are looked at one by one."""
_PROBE_BYTES: Final = 1024
_FIRST_BYTES: Final = 16_384
_MOST_BYTES: Final = 65_536


class Found(NamedTuple):
    """A line with a key, and the offset where it begins."""

    offset: int
    key: bytes


def locate(text: Text, key: bytes) -> int:
    """Give the offset of the first line with this key or a later one; the end of the text if there is none."""
    low, answer = text.bracket(key)
    high = answer
    ends = [low, high - _PROBE_BYTES]  # first, as most questions are about the end, and may go back to the beginning
    while high - low > WINDOW_BYTES:
        middle = ends.pop() if ends else (low + high) // 2
        found = _first_keyed(text, middle, high)
        if found is None:
            high = middle + 1
        elif found.key < key:
            low = found.offset
        else:
            answer = found.offset
            high = middle + 1
    chunk = b"\n" + text.read(low, high + HEAD_BYTES)
    for match in KEYED.finditer(chunk):
        offset = low + match.start()
        if offset >= high:
            break
        if match[1] >= key:
            return offset
    return answer


def _first_keyed(text: Text, middle: int, high: int) -> Found | None:
    """Find the first line with a key that begins behind ``middle`` and before ``high``."""
    start, step = middle, _PROBE_BYTES
    while start < high:
        found = KEYED.search(text.read(start, min(start + step, high + HEAD_BYTES)))
        if found is not None:
            offset = start + found.start() + 1
            return Found(offset, found[1]) if offset < high else None
        # A line may begin where this piece ends.
        start += max(1, step - HEAD_BYTES)
        step = min(step * 2, _MOST_BYTES)
    return None


def forwards(text: Text, start: int, stop: int, step: int = _FIRST_BYTES) -> Iterator[list[bytes]]:
    """Yield the whole lines from one offset to another, without LF, oldest first, a list at a time.

    ``step`` is how many bytes are read first.
    """
    while start < stop:
        chunk = text.read(start, min(start + step, stop))
        end = chunk.rfind(b"\n") + 1
        if end:
            lines = chunk[:end].split(b"\n")
            lines.pop()
            yield lines
            start += end
        elif len(chunk) < step:
            return  # torn, or being written
        step = min(step * 2, _MOST_BYTES) if end else step * 2


def backwards(text: Text, start: int, stop: int) -> Iterator[list[bytes]]:
    """Yield the same lines, the last list first; within a list the oldest is first."""
    step = _FIRST_BYTES
    while start < stop:
        begin = max(start, stop - step)
        chunk = text.read(begin, stop)
        cut = chunk.find(b"\n") + 1 if begin > start else 0
        if begin > start and not 0 < cut < len(chunk):
            step *= 2
            continue
        lines = chunk[cut:].split(b"\n")
        lines.pop()  # nothing, or a torn line
        if lines:
            yield lines
        stop = begin + cut
        step = min(step * 2, _MOST_BYTES)
