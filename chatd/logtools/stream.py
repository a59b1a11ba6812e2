"""The lines of a log in a period, segment by segment, with few files open and progress told.

A segment that is packed or deleted meanwhile is read where it is, or left out when it is gone.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from chatd.history.lines import segments
from chatd.history.naming import PACKED, stem_of
from chatd.history.packed import PackedText
from chatd.history.search import forwards
from chatd.history.text import Text, open_text
from chatd.history.view import START, View
from chatd.logtools.period import Period
from chatd.logtools.places import LogFolder
from chatd.logtools.progress import Progress


def open_segment(path: Path) -> Text:
    """Open a segment by its path, plain or packed, wherever it is.  Raises OSError, also if it is cut short."""
    stem = stem_of(path.name) or path.name
    text = open_text(str(path.parent), stem)
    if isinstance(text, PackedText) and text.bad_blocks:
        text.close()
        raise OSError(errno.EIO, "it cannot be unpacked to its end", str(path.with_name(f"{stem}{PACKED}")))
    return text


def size_of(path: Path) -> int:
    """The size of a file on disk; 0 when it is gone."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def total_bytes(logs: Iterable[LogFolder]) -> int:
    """How much there is on disk of some logs."""
    return sum(size_of(path) for log in logs for path in segments(log.path))


def lines_within(log: LogFolder, period: Period, progress: Progress) -> Iterator[list[bytes]]:
    """Yield the lines of a period, comments among them, oldest first, a list at a time.  Raises OSError."""
    with View(os.fspath(log.path)) as view:
        start = START if period.from_ms is None else view.at(period.from_ms)
        stop = view.end if period.until_ms is None else view.at(period.until_ms)
        stems = view.stems
    for number, stem in enumerate(stems):
        if start.segment <= number <= stop.segment:
            with closing(open_segment(log.path / stem)) as text:
                first = start.offset if number == start.segment else 0
                yield from forwards(text, first, stop.offset if number == stop.segment else text.size_bytes)
        progress.advance(size_on_disk(log.path, stem))


def size_on_disk(folder: Path, stem: str) -> int:
    """What a segment takes, plain or packed."""
    return size_of(folder / f"{stem}.log") or size_of(folder / f"{stem}.log.gz")
