"""Writes what waits for one log to its newest file, and keeps the number of open files bounded.

Owns rotation, the torn line after a write that was cut short, and which files are in use (``live``).
Must not know when to write or to try again. Functions here may raise OSError, and ValueError for a bad path.
"""

from __future__ import annotations

import errno
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TypeVar

from chatd.history.log import Backlog, Batch, Log
from chatd.history.naming import folder_of, segment_moment_ms
from chatd.history.segment import FOREVER_MS, Segment, Unmendable, adopt, create, newest_name, span

Write = Callable[[int, bytes], int]
T = TypeVar("T")


class Disk:
    """The files of all logs below ``root``.

    ``open`` holds the open segments, the longest unused first. ``live`` holds the paths of all segments that
    may be written to again; it changes only while ``lock`` is held, so that nobody deletes such a file.
    ``wrote`` collects the segments, ``made`` the folders, with something to sync.
    """

    __slots__ = (
        "_daily",
        "_open_files",
        "_root",
        "_write",
        "backlog",
        "live",
        "lock",
        "made",
        "open",
        "rotate_bytes",
        "rotated",
        "rotated_ms",
        "written_bytes",
        "wrote",
    )

    def __init__(self, root: Path, write: Write) -> None:
        self._root = root
        self._write = write
        self._open_files = 1
        self._daily = True
        self.rotate_bytes = FOREVER_MS
        # When all logs, and some by name, were asked to begin a new file: older ones are not continued.
        self.rotated_ms = -1
        self.rotated: dict[str, int] = {}
        self.backlog = Backlog()
        self.open: OrderedDict[Segment, None] = OrderedDict()
        self.live: set[str] = set()
        self.lock = Lock()
        self.wrote: dict[Segment, None] = {}
        self.made: dict[Path, None] = {}
        self.written_bytes = 0

    def configure(self, open_files: int, rotate_bytes: int, daily: bool) -> None:
        """Set the bounds; ``rotate_bytes`` 0 means files of any size."""
        self._open_files = open_files
        self._daily = daily
        self.rotate_bytes = rotate_bytes or FOREVER_MS

    def drain(self, log: Log) -> None:
        """Write all that waits of a log: first the rest of a torn line, then a gap's mark, then the lines."""
        while log.kept or log.gap:
            if log.gap and not (log.kept and log.kept[0].written):
                self._mark_gap(log)
            else:
                self._put(log, log.kept[0])
        log.behind = False

    def _mark_gap(self, log: Log) -> None:
        if log.gap is None:
            return
        mark = Batch(log, log.gap.last_ms, log.gap.line())
        segment = self._ready(log, mark)
        count = self._append(segment, mark.octets)
        log.gap = None
        if count < len(mark.octets):
            mark.written = count
            log.kept.appendleft(mark)

    def _put(self, log: Log, batch: Batch) -> None:
        segment = self._ready(log, batch)
        octets = batch.octets
        count = self._append(segment, octets[batch.written :] if batch.written else octets)
        if batch.written + count == len(octets):
            log.kept.popleft()
            self.backlog.release(batch)
        else:
            batch.advance(count)
            self.backlog.weigh(batch)

    def _append(self, segment: Segment, octets: bytes) -> int:
        count = self._write(segment.fd, octets)
        if count <= 0:
            raise OSError(errno.ENOSPC, "nothing was written", segment.path)
        segment.size_bytes += count
        self.written_bytes += count
        self.open.move_to_end(segment)
        self.wrote[segment] = None
        return count

    def _ready(self, log: Log, batch: Batch) -> Segment:
        """Give the open segment for a batch: the newest while it takes the batch, or else a new one."""
        segment = log.segment
        if segment is not None and batch.written and not segment.in_place():
            self.close(segment)
        if segment is not None and segment.fd < 0 and not self._reopen(log, segment):
            batch.written = 0
        segment = log.segment
        if segment is None:
            batch.written = 0
            segment = self._continue(log)
        if batch.written:
            return segment or self._begin(log, batch.moment_ms)
        if segment is None or segment.size_bytes >= self.rotate_bytes:
            return self._begin(log, batch.moment_ms)
        if not segment.from_ms <= batch.moment_ms < segment.until_ms:
            return self._begin(log, batch.moment_ms)
        return segment

    def _reopen(self, log: Log, segment: Segment) -> bool:
        """Open a closed segment again; False when it was changed or is gone (then the log has none)."""
        try:
            untouched = self._with_room(segment.open)
        except (FileNotFoundError, Unmendable):
            self._retire(log)
            return False
        self.open[segment] = None
        return untouched

    def _continue(self, log: Log) -> Segment | None:
        """Open the newest segment that an earlier run left, once for each log."""
        if log.last_name is not None:
            return None
        folder = folder_of(self._root, log.name)
        with self.lock:
            name = self._with_room(lambda: newest_name(folder))
            rotated_ms = max(self.rotated_ms, self.rotated.get(log.name, -1))
            may_go_on = name and (segment_moment_ms(name) or 0) >= rotated_ms
            segment = self._with_room(lambda: adopt(folder, name, self._daily)) if may_go_on else None
            if segment is not None:
                self.live.add(segment.path)
        log.last_name = name
        if segment is not None:
            log.segment = segment
            self.open[segment] = None
        return segment

    def _begin(self, log: Log, moment_ms: int) -> Segment:
        """Make the log's next segment; the one before is closed once that succeeded."""
        folder = folder_of(self._root, log.name)
        with self.lock:
            segment = self._with_room(lambda: create(folder, moment_ms, log.last_name or "", self._daily))
            self.live.add(segment.path)
        self._retire(log)
        self.rotated.pop(log.name, None)
        log.segment = segment
        log.last_name = segment.name
        self.open[segment] = None
        self.made.update(dict.fromkeys((folder, folder.parent, self._root)))
        return segment

    def _retire(self, log: Log) -> None:
        segment, log.segment = log.segment, None
        if segment is not None:
            self.close(segment)
            with self.lock:
                self.live.discard(segment.path)

    def close(self, segment: Segment) -> None:
        """Close a segment's file; it is opened again when it is needed."""
        self.open.pop(segment, None)
        segment.close()

    def forget(self, log: Log) -> None:
        """Give up the segment of an idle log, whose ``Log`` is about to be dropped, or which is to begin a new one."""
        self._retire(log)

    def empty(self, log: Log) -> None:
        """Give up the segment of a log that is to be deleted, and all that waits to be written to it."""
        self._retire(log)
        log.gap = None
        log.behind = False
        lines = self.backlog.abandon(log)
        self.backlog.dropped -= lines  # wanted, and so not lost

    def _with_room(self, opening: Callable[[], T]) -> T:
        while len(self.open) >= self._open_files:
            self._close_oldest()
        try:
            return opening()
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE) or not self.open:
                raise
        for _ in range(len(self.open) // 2 + 1):
            self._close_oldest()
        return opening()

    def _close_oldest(self) -> None:
        segment, _ = self.open.popitem(last=False)
        segment.close()

    def respan(self, log: Log) -> None:
        """Let the setting for daily rotation take effect on a segment that is in use."""
        if log.segment is not None:
            moment_ms = segment_moment_ms(log.segment.name)
            log.segment.from_ms, log.segment.until_ms = span(moment_ms if self._daily else None)
