"""Reads logs as a whole: the segments of a log in order, and their whole lines.

For whoever wants everything; ``reader`` finds a part. A torn last line (no LF) is not a line: it is being written, or
its writer was killed; the writer cuts it when it goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chatd.history.gap import is_comment
from chatd.history.naming import stem_of
from chatd.history.search import forwards
from chatd.history.text import open_text


def segments(folder: Path) -> list[Path]:
    """Give the files of a log, oldest first; none when there is no such folder.

    When a crash left a segment both packed and plain, it is the plain one.
    """
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    by_stem = {stem: name for name in sorted(names, reverse=True) if (stem := stem_of(name))}
    return [folder / by_stem[stem] for stem in sorted(by_stem)]


def lines_of(path: Path) -> Iterator[bytes]:
    """Yield the whole lines of one file, comments among them, without their LF."""
    stem = stem_of(path.name)
    if stem is None:
        return
    text = open_text(str(path.parent), stem)
    try:
        for lines in forwards(text, 0, text.size_bytes):
            yield from lines
    finally:
        text.close()


def lines(folder: Path) -> Iterator[bytes]:
    """Yield the whole lines of a log, comments among them, oldest first, without their LF."""
    for path in segments(folder):
        yield from lines_of(path)


def events(folder: Path) -> Iterator[bytes]:
    """Yield the lines of a log that are events, oldest first, without their LF."""
    return (line for line in lines(folder) if not is_comment(line))
