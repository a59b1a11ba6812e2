"""The History port on rotating log files: queues lines, writes them in the flush, tries again what failed.

Owns when things happen: which logs are dirty, which are failing, what each second brings. How a file is
written is Disk's. Uses no clock but the moments it is told, no thread but through ``defer``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from chatd.history.disk import Disk, Write
from chatd.history.entry import came_late
from chatd.history.failing import Failing
from chatd.history.log import Log
from chatd.history.naming import folder_of, is_conversation
from chatd.history.newest import Newest
from chatd.history.people import People
from chatd.history.policy import policy_of
from chatd.history.redactions import Ledger
from chatd.history.retention import Sweeper
from chatd.history.segment import span
from chatd.history.sync import Syncer
from chatd.history.trouble import Trouble
from chatd.history.wishes import Settings
from chatd.wire.masks import glob

LOGS_IN_MEMORY: Final = 8192
"""How many logs are remembered at least; more, when more files than that may be open."""
IDLE_MS: Final = 600_000
"""How long a log must be idle to be forgotten."""


class Counts(NamedTuple):
    """What STATS shows: lines taken, bytes written and lines lost since the start, and the state of now."""

    lines: int
    written_bytes: int
    dropped: int
    failing: int
    pending_bytes: int
    logs: int
    open_files: int
    deleted_files: int


class LogFiles:
    """All logs, each a folder of rotating files below ``root``; implements the port ``History``.

    ``told`` may be set to what is to know, every second, which segments were written to, or deleted.
    ``report`` tells operators one sentence; it is called from ``tick`` and ``close`` only. ``defer`` runs a
    callable in another thread. ``fold`` folds the masks of ``settings.off`` as the names of logs are.
    ``write``, ``fsync`` and ``syncfs`` are the system's, or a test's; without ``syncfs`` each file is synced by itself.

    After ``flush`` all lines are with the operating system and survive the end of this process, however
    violent. What survives a loss of power is up to ``settings.fsync``; also with "always" the flush only
    requests the sync and does not wait for it.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings,
        report: Callable[[str], None],
        defer: Callable[[Callable[[], None]], None],
        fold: Callable[[str], str],
        *,
        write: Write = os.write,
        fsync: Callable[[int], None] = os.fsync,
        syncfs: Callable[[int], None] | None = None,
    ) -> None:
        self._fold = fold
        self._root = root.absolute()
        self.told: Callable[[list[str]], None] = lambda paths: None
        self._report = report
        self._write = write
        self._disk = Disk(root.absolute(), write)
        self.ledger = Ledger(root.absolute())
        self._syncer = Syncer(defer, fsync, root.absolute(), syncfs)
        self.people = People(root.absolute(), defer, self._used_ms)
        self._sweeper = Sweeper(root.absolute(), defer, self._disk.lock, self._disk.live, self.people.gone)
        self._logs: dict[str, Log] = {}
        self._dirty: list[Log] = []
        self._failing = Failing(self._disk, report)
        self._syncing = Trouble(report, "History is forced to disk again")
        self._sweeping = Trouble(report, "Old history is deleted again")
        self._noting = Trouble(report, "Redactions are written again")
        self._unnoted = False
        self._now_ms = 0
        self._synced_ms = 0
        self._forgot_ms = 0
        self._lines = 0
        self._newest = Newest(root.absolute())
        self._floor_ms = self._newest.known_ms  # of no log that is not in memory is the newest line later than this
        self._until_ms = 0
        self.configure(settings)

    def newest_ms(self) -> int:
        """Give a moment that no line is later than; see the port."""
        return self._newest.known_ms

    def configure(self, settings: Settings) -> None:
        """Take new settings; they hold at once, also for logs in use."""
        self._settings = settings
        self._failing.pending_bytes = settings.pending_bytes
        self._masks = [self._fold(mask) for mask in settings.off]
        self._disk.configure(settings.open_files, settings.rotate_bytes, settings.rotate_daily)
        self._policy = policy_of(settings, self._fold)
        self._syncer.forcing = settings.fsync != "never"
        interval_ms = int(settings.fsync_interval_s * 1000)
        self._sync_pause_ms = {"always": 0, "never": 1000}.get(settings.fsync, interval_ms)
        self._logs_bound = max(LOGS_IN_MEMORY, settings.open_files)
        self._sync_due_ms = self._synced_ms
        self._until_ms = 0
        for log in self._logs.values():
            log.off = self._is_off(log.name)
            self._disk.respan(log)

    def _is_off(self, name: str) -> bool:
        if not self._settings.enabled:
            return True
        if is_conversation(name):
            return self._settings.conversations == "off"
        return any(glob(mask, name) for mask in self._masks)

    def rotate(self, now_ms: int, name: str | None = None) -> None:
        """Let the next line of a log, or of all logs, begin a new file; a log that is failing is left as it is."""
        self.flush()
        if name is None:
            self._disk.rotated_ms = now_ms
        else:
            self._disk.rotated[name] = now_ms
        for log in self._logs.values():
            if name in (None, log.name) and not log.behind:
                self._disk.forget(log)

    def erase(self, log: str, now_ms: int) -> None:
        """Delete what was said in a log until now, in the background; see the port."""
        self.flush()
        known = self._logs.get(log)
        if known is not None:
            self._disk.empty(known)
        self.ledger.forget(log)
        self._disk.rotated[log] = now_ms + 1
        self._sweeper.erase(str(folder_of(self._root, log)), now_ms)

    def append(self, log: str, moment_ms: int, lines: bytes) -> None:
        """Queue lines of one moment; see the port."""
        known = self._logs.get(log)
        if known is None:
            known = self._logs[log] = Log(log, self._is_off(log), self._floor_ms)
        if not known.last_ms <= moment_ms < self._until_ms:
            moment_ms, lines = self._place(known, moment_ms, lines)
        known.last_ms = moment_ms
        queued = known.queued
        if not queued:
            known.moment_ms = moment_ms
            self._dirty.append(known)
        queued.append(lines)

    def _place(self, log: Log, moment_ms: int, lines: bytes) -> tuple[int, bytes]:
        """Mark lines that are older than the one before them; close the batches of a day that is over."""
        if moment_ms < log.last_ms:
            moment_ms = log.last_ms
            lines = b"".join([came_late(line, moment_ms) for line in lines.splitlines(keepends=True)])
        if moment_ms >= self._until_ms:
            _, self._until_ms = span(moment_ms if self._settings.rotate_daily else None)
            for dirty in self._dirty:
                self._seal(dirty)
        return moment_ms, lines

    def _seal(self, log: Log) -> None:
        if log.queued and not log.off:
            given = b"".join(log.queued)
            octets = given.replace(b"\r", b"")
            self._lines += len(given) - len(octets)
            self._disk.backlog.keep(log, log.moment_ms, octets)
        log.queued.clear()

    def redact(self, log: str, msgid: str, line: bytes) -> None:
        """Note that a message was taken back; see the port."""
        self.ledger.add(log, msgid, line)
        self._unnoted = True

    def edit(self, log: str, msgid: str, lines: bytes) -> None:
        """Note that a message was edited, of a log that is written; see the port."""
        if not self._is_off(log):
            self.redact(log, msgid, lines)

    def flush(self) -> None:
        """Write what was queued, with one system call for each log; see the port."""
        if self._dirty:
            self._flush_lines()
        if self._unnoted:
            self._note_redactions()

    def _flush_lines(self) -> None:
        dirty, self._dirty = self._dirty, []
        disk, newest = self._disk, self._newest
        write, touch, wrote, now_ms = self._write, disk.open.move_to_end, disk.wrote, self._now_ms
        total_lines = total_bytes = 0
        for log in dirty:
            segment = log.segment
            if log.last_ms > newest.known_ms and not log.off:
                newest.cover(log.last_ms)
            if (
                segment is None
                or segment.fd < 0
                or log.behind
                or log.off
                or segment.size_bytes >= disk.rotate_bytes
                or not segment.from_ms <= log.moment_ms < segment.until_ms
            ):
                self._flush_slowly(log)
                continue
            queued = log.queued
            # A line's only CR is that of its end: deleting it is cheaper than replacing two bytes, or counting lines.
            given = b"".join(queued)
            octets = given.replace(b"\r", b"")
            total_lines += len(given) - len(octets)
            queued.clear()
            try:
                count = write(segment.fd, octets)
            except OSError:
                count = 0
            total_bytes += count
            segment.size_bytes += count
            touch(segment)
            wrote[segment] = None
            log.used_ms = now_ms
            if count != len(octets):
                self._take_up(log, octets, count)
        self._lines += total_lines
        disk.written_bytes += total_bytes
        self._after_flush(dirty[-1].moment_ms)

    def _note_redactions(self) -> None:
        try:
            self.ledger.write()
        except OSError as error:
            self._noting.note(f"Redactions cannot be written: {error.strerror}. They are tried again.", self._now_ms)
        else:
            self._unnoted = False
        self._disk.wrote.update(dict.fromkeys(self.ledger.wrote))
        self.ledger.wrote.clear()

    def _after_flush(self, moment_ms: int) -> None:
        if self._disk.backlog.size_bytes:
            self._disk.backlog.trim(self._settings.pending_bytes)
        if not self._synced_ms <= moment_ms < self._sync_due_ms:
            self._sync(moment_ms)
        if len(self._logs) > self._logs_bound:
            by_age = sorted(self._logs.values(), key=lambda log: log.used_ms)
            self._forget(by_age[: len(by_age) - self._logs_bound * 3 // 4])

    def _flush_slowly(self, log: Log) -> None:
        log.used_ms = self._now_ms
        self._seal(log)
        if log.last_name is None and log.behind and is_conversation(log.name):
            self.people.begin(log.name)
        if log.behind and log not in self._failing:
            self._failing.drain(log, self._now_ms)

    def _take_up(self, log: Log, octets: bytes, count: int) -> None:
        """Go on after a write that failed or was cut short."""
        self._disk.backlog.keep(log, log.moment_ms, octets)
        batch = log.kept[-1]
        if count > 0:
            batch.advance(count)
            self._disk.backlog.weigh(batch)
        self._failing.drain(log, self._now_ms)

    def tick(self, now_ms: int) -> None:
        """Do what is due this second; see the port."""
        self._now_ms = now_ms
        if self._unnoted:
            self._note_redactions()
        self._failing.tick(now_ms)
        if not self._synced_ms <= now_ms < self._sync_due_ms:
            self._sync(now_ms)
        self._tell()
        self._sweeper.step(now_ms, self._policy)
        if not 0 <= now_ms - self._forgot_ms < IDLE_MS // 10:
            self._forgot_ms = now_ms
            self._forget([log for log in self._logs.values() if abs(now_ms - log.used_ms) > IDLE_MS])
        self._hear(now_ms)

    def _tell(self) -> None:
        """Say which segments were written to since they were last forced to disk, or deleted."""
        paths = [segment.path for segment in self._disk.wrote]
        while self._sweeper.gone:
            paths.append(self._sweeper.gone.popleft())
        if paths:
            self.told(paths)

    def _sync(self, now_ms: int) -> None:
        disk = self._disk
        self._tell()
        self._synced_ms = now_ms
        self._sync_due_ms = now_ms + self._sync_pause_ms
        self._syncer.start(disk.wrote, disk.made)
        disk.wrote.clear()
        disk.made.clear()

    def _forget(self, logs: list[Log]) -> None:
        forgotten = [log for log in logs if log.idle]
        for log in forgotten:
            self._disk.forget(log)
            del self._logs[log.name]
            self._floor_ms = max(self._floor_ms, log.last_ms)
        if moments := self._moments(forgotten):
            self.people.rest(moments)

    @staticmethod
    def _moments(logs: Iterable[Log]) -> dict[str, int]:
        """Give the last moments of those conversations that were written to."""
        return {log.name: log.last_ms for log in logs if log.last_name is not None and is_conversation(log.name)}

    def _used_ms(self, name: str) -> int | None:
        log = self._logs.get(name)
        return None if log is None or log.last_name is None else log.last_ms

    def _hear(self, now_ms: int) -> None:
        """Take up what the other threads found, and report what operators should know."""
        while self._syncer.vanished:
            self._disk.close(self._syncer.vanished.popleft())
        for found, trouble, what in (
            (self._syncer.failed, self._syncing, "History cannot be forced to disk"),
            (self._sweeper.failed, self._sweeping, "Old history cannot be deleted"),
        ):
            while found:
                trouble.note(f"{what}: {found.popleft()}", now_ms)
        self._syncing.settle(now_ms, False, lambda: f"failures: {self._syncing.count}")
        self._sweeping.settle(now_ms, False, lambda: f"failures: {self._sweeping.count}")
        self._noting.settle(now_ms, self._unnoted, lambda: f"failures: {self._noting.count}")
        self._failing.settle(now_ms)

    def close(self) -> None:
        """Write, sync and close everything; what the disk does not take now is lost and reported."""
        self.flush()
        self._failing.drain_all(self._now_ms)
        if self._syncer.forcing:
            self._syncer.finish(self._disk.wrote, self._disk.made)
        self._sweeper.erase_all()
        self._hear(self._now_ms)
        lost = self._failing.abandon()
        if lost:
            self._report(f"History cannot be written to the end; lines lost: {lost}")
        for segment in list(self._disk.open):
            self._disk.close(segment)
        self.people.close(self._moments(self._logs.values()))
        self._newest.close(max([self._floor_ms, *(log.last_ms for log in self._logs.values() if not log.off)]))

    def counts(self) -> Counts:
        """Give the figures for STATS."""
        disk = self._disk
        return Counts(
            self._lines,
            disk.written_bytes,
            disk.backlog.dropped,
            len(self._failing),
            disk.backlog.size_bytes,
            len(self._logs),
            len(disk.open),
            self._sweeper.deleted,
        )
