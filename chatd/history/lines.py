"""Reads logs back: the segments of a log in order, and their whole lines.

The seam for everything that reads the past. A torn last line (no LF) is not a line: it is being written, or
its writer was killed; the writer cuts it when it goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chatd.history.gap import is_comment
from chatd.history.naming import segment_moment_ms


def segments(folder: Path) -> list[Path]:
    """Give the files of a log, oldest first; none when there is no such folder."""
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    return [folder / name for name in sorted(names) if segment_moment_ms(name) is not None]


def lines_of(path: Path) -> Iterator[bytes]:
    """Yield the whole lines of one file, comments among them, without their LF."""
    with path.open("rb") as stream:
        for line in stream:
            if line.endswith(b"\n"):
                yield line[:-1]


def lines(folder: Path) -> Iterator[bytes]:
    """Yield the whole lines of a log, comments among them, oldest first, without their LF."""
    for path in segments(folder):
        yield from lines_of(path)


def events(folder: Path) -> Iterator[bytes]:
    """Yield the lines of a log that are events, oldest first, without their LF."""
    return (line for line in lines(folder) if not is_comment(line))


def is_torn(path: Path) -> bool:
    """Say whether a file ends within a line."""
    with path.open("rb") as stream:
        size_bytes = stream.seek(0, 2)
        stream.seek(max(0, size_bytes - 1))
        return size_bytes > 0 and stream.read(1) != b"\n"
