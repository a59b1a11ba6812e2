"""Logs that the disk does not take: tried again, ever more rarely, and told to operators once.

Owns which those are and when they are tried; the lines themselves wait in Disk's backlog.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Final

from chatd.history.disk import Disk
from chatd.history.log import Log
from chatd.history.trouble import Trouble

FIRST_RETRY_MS: Final = 1_000
LAST_RETRY_MS: Final = 8_000
_RETRIES: Final = 256
_REFUSALS: Final = 8


class Failing:
    """``report`` tells operators one sentence; ``pending_bytes`` is how much may wait in memory."""

    __slots__ = (
        "_affected", "_disk", "_logs", "_loss_told", "_lost_before", "_pause_ms", "_report", "_retry_ms", "_trouble",
        "pending_bytes",
    )  # fmt: skip

    def __init__(self, disk: Disk, report: Callable[[str], None]) -> None:
        self._disk = disk
        self._report = report
        self._trouble = Trouble(report, "History is written again")
        self._logs: dict[Log, None] = {}
        self._affected: set[str] = set()
        self._lost_before = 0
        self._loss_told = False
        self._retry_ms = 0
        self._pause_ms = FIRST_RETRY_MS
        self.pending_bytes = 0

    def __contains__(self, log: Log) -> bool:
        return log in self._logs

    def __len__(self) -> int:
        return len(self._logs)

    def drain(self, log: Log, now_ms: int) -> bool:
        """Write all that waits of a log; False when the disk refused, and the log is failing now."""
        try:
            self._disk.drain(log)
        except (OSError, ValueError) as error:
            self._logs[log] = None
            self._affected.add(log.name)
            self._refused(log, error, now_ms)
            return False
        return True

    def _refused(self, log: Log, error: OSError | ValueError, now_ms: int) -> None:
        if not self._trouble.active:
            self._retry_ms = now_ms + FIRST_RETRY_MS
            self._pause_ms = FIRST_RETRY_MS
        reason = getattr(error, "strerror", None) or str(error)
        self._trouble.note(
            f"History of {log.name} cannot be written: {reason}. The chat goes on; lines are kept in memory "
            f"(up to {self.pending_bytes} bytes) and tried again.",
            now_ms,
        )

    def tick(self, now_ms: int) -> None:
        """Try some of them again when it is time, and wait longer each time that none could be written."""
        if not self._logs or now_ms < self._retry_ms <= now_ms + LAST_RETRY_MS:
            return
        refused = written = 0
        for log in list(islice(self._logs, _RETRIES)):
            del self._logs[log]
            if self.drain(log, now_ms):
                written += 1
            elif (refused := refused + 1) == _REFUSALS:
                break
        self._pause_ms = FIRST_RETRY_MS if written else min(self._pause_ms * 2, LAST_RETRY_MS)
        self._retry_ms = now_ms + self._pause_ms

    def settle(self, now_ms: int) -> None:
        """Report what operators should know."""
        self._trouble.settle(now_ms, bool(self._logs), self._losses)
        if not self._trouble.active:
            self._affected.clear()
            self._lost_before = self._disk.backlog.dropped
            self._loss_told = False
        elif self._lost and not self._loss_told:
            self._report("History: the memory for lines that cannot be written is full; the oldest are lost.")
            self._loss_told = True

    @property
    def _lost(self) -> int:
        return self._disk.backlog.dropped - self._lost_before

    def _losses(self) -> str:
        return f"logs affected: {len(self._affected)}, lines lost: {self._lost}"

    def drain_all(self, now_ms: int) -> None:
        """Try each of them once more."""
        for log in list(self._logs):
            del self._logs[log]
            self.drain(log, now_ms)

    def abandon(self) -> int:
        """Give up what the disk has not taken; returns how many lines that are."""
        return sum(self._disk.backlog.abandon(log) for log in self._logs)
