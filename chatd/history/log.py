"""What is in memory of one log, and the bounded store of lines that the disk did not take.

Owns the order of a log's waiting lines and where a gap lies among them. Does no I/O.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

from chatd.history.gap import Gap
from chatd.history.segment import Segment

_BATCH_COST_BYTES: Final = 400
"""What an empty batch takes in memory, roughly; it counts towards the bound."""
_MERGE_BYTES: Final = 65_536


class Log:
    """One log: the lines queued for the next flush, what waits for the disk, and its newest segment.

    ``queued`` are those of this turn, as given; ``moment_ms`` is that of the first of them. ``kept`` are
    older and ``behind`` says that some of them, or a gap, must be written first. ``last_name`` is the name
    that the next segment's must sort after (None: not looked for yet). ``used_ms`` is when it was written.
    ``last_ms`` is the moment of the newest line, or later than it when that was written by an earlier run.
    """

    __slots__ = (
        "behind",
        "gap",
        "kept",
        "last_ms",
        "last_name",
        "moment_ms",
        "name",
        "off",
        "queued",
        "segment",
        "used_ms",
    )

    def __init__(self, name: str, off: bool, last_ms: int = -1) -> None:
        self.name = name
        self.off = off
        self.queued: list[bytes] = []
        self.moment_ms = 0
        self.kept: deque[Batch] = deque()
        self.gap: Gap | None = None
        self.behind = False
        self.segment: Segment | None = None
        self.last_name: str | None = None
        self.used_ms = 0
        self.last_ms = last_ms

    @property
    def idle(self) -> bool:
        """Whether nothing of it waits to be written."""
        return not (self.queued or self.behind)


class Batch:
    """Lines of one log, ending in LF, from ``moment_ms`` on; ``written`` bytes of the first are on disk."""

    __slots__ = ("last_ms", "log", "moment_ms", "octets", "written")

    def __init__(self, log: Log, moment_ms: int, octets: bytes, written: int = 0) -> None:
        self.log = log
        self.moment_ms = moment_ms
        self.last_ms = moment_ms
        self.octets = octets
        self.written = written

    def advance(self, count: int) -> None:
        """Take note that ``count`` more bytes are on disk; what remains begins with the torn line."""
        done = self.written + count
        whole = self.octets.rfind(b"\n", 0, done) + 1
        self.octets = self.octets[whole:]
        self.written = done - whole


class Backlog:
    """All batches that wait for the disk, of all logs, oldest first, and how much memory they take.

    ``dropped`` counts the lines lost since the start.
    """

    __slots__ = ("_batches", "dropped", "size_bytes")

    def __init__(self) -> None:
        self._batches: OrderedDict[Batch, int] = OrderedDict()
        self.size_bytes = 0
        self.dropped = 0

    def keep(self, log: Log, moment_ms: int, octets: bytes) -> None:
        """Put lines behind those that wait for the same log."""
        log.behind = True
        if log.kept:
            last = log.kept[-1]
            alike = moment_ms // 86_400_000 == last.moment_ms // 86_400_000
            if alike and not last.written and len(last.octets) < _MERGE_BYTES:
                last.octets += octets
                last.last_ms = max(last.last_ms, moment_ms)
                self.weigh(last)
                return
        batch = Batch(log, moment_ms, octets)
        log.kept.append(batch)
        self.weigh(batch)

    def weigh(self, batch: Batch) -> None:
        """Take note that a batch was added or has another size now."""
        cost = len(batch.octets) + _BATCH_COST_BYTES
        self.size_bytes += cost - self._batches.get(batch, 0)
        self._batches[batch] = cost

    def release(self, batch: Batch) -> None:
        """Forget a batch."""
        self.size_bytes -= self._batches.pop(batch, 0)

    def trim(self, limit_bytes: int) -> None:
        """Bring the whole below ``limit_bytes``, dropping the oldest lines.

        Somewhat more than needed is dropped at once, so that this is rare. A line that is on disk in part is
        not dropped; it counts no more.
        """
        if self.size_bytes > limit_bytes:
            goal_bytes = limit_bytes - limit_bytes // 32
            while self.size_bytes > goal_bytes and self._batches:
                self._shrink(next(iter(self._batches)), self.size_bytes - goal_bytes)

    def _shrink(self, batch: Batch, excess_bytes: int) -> None:
        if batch.written:
            self._split(batch)
            return
        octets = batch.octets
        end = octets.find(b"\n", excess_bytes - 1) + 1 or len(octets)
        self._lose(batch, octets.count(b"\n", 0, end))
        batch.octets = octets[end:]
        if batch.octets:
            self.weigh(batch)
        else:
            self.release(batch)
            batch.log.kept.remove(batch)

    def _split(self, torn: Batch) -> None:
        """Part a torn line, which must be finished first, from the lines after it, which may be lost."""
        end = torn.octets.find(b"\n") + 1
        rest = Batch(torn.log, torn.moment_ms, torn.octets[end:])
        rest.last_ms = torn.last_ms
        torn.octets = torn.octets[:end]
        self.release(torn)
        if rest.octets:
            torn.log.kept.insert(torn.log.kept.index(torn) + 1, rest)
            self.weigh(rest)
            self._batches.move_to_end(rest, last=False)

    def _lose(self, batch: Batch, lines: int) -> None:
        self.dropped += lines
        gap = Gap(lines, batch.moment_ms, batch.last_ms)
        if batch.log.gap is None:
            batch.log.gap = gap
        else:
            batch.log.gap.widen(gap)

    def abandon(self, log: Log) -> int:
        """Drop all that waits of one log; gives the number of its lines."""
        lines = 0
        for batch in log.kept:
            lines += batch.octets.count(b"\n")
            self.release(batch)
        log.kept.clear()
        self.dropped += lines
        return lines
