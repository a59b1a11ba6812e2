"""`chatd log erase`: takes what somebody said and did out of the logs for good, plain and packed, edits included.

Owns the order of steps: a file is written anew beside the old one, synced, and put in its place. No server may run, as
it would go on writing to files that are gone. The index, which has them as well, is deleted first.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from chatd.history.days import Day
from chatd.history.entry import read_entry
from chatd.history.lines import lines_of, segments
from chatd.history.naming import PACKED
from chatd.history.packed import PackedText
from chatd.history.packing import PART, Packer, sync_folder
from chatd.history.people import People
from chatd.history.redactions import days_in
from chatd.history.search import forwards
from chatd.logtools.output import Output
from chatd.logtools.period import Period
from chatd.logtools.places import Fold, LogFolder, Place
from chatd.logtools.progress import Progress
from chatd.logtools.stream import open_segment, size_of, total_bytes
from chatd.stores.directory import DataDirectory
from chatd.wire.masks import glob
from chatd.wire.message import unescape

DONE: Final = 0
_HEAD: Final = re.compile(rb"(?:@([^ ]*) +)?:([^ !]*)")
_ACCOUNT: Final = re.compile(rb"(?:\A|;)account=([^;]*)")


class Somebody(NamedTuple):
    """Whose lines are meant: of these accounts, or under these nicknames (masks), all folded."""

    accounts: frozenset[str]
    nicks: tuple[str, ...]
    period: Period
    fold: Fold

    def said(self, line: bytes) -> bool:
        """Say whether a line is theirs."""
        head = _HEAD.match(line)
        if head is None or not self._is_meant(head):
            return False
        moment_ms = read_entry(line).time_ms
        since, until = self.period
        return (since is None or since <= moment_ms) and (until is None or moment_ms < until)

    def _is_meant(self, head: re.Match[bytes]) -> bool:
        tags, nick = head.groups()
        account = _ACCOUNT.search(tags) if tags and self.accounts else None
        if account is not None and self.fold(unescape(account[1].decode("utf-8", "replace"))) in self.accounts:
            return True
        folded = self.fold(nick.decode("utf-8", "replace")) if self.nicks else ""
        return any(glob(mask, folded) for mask in self.nicks)


class Eraser:
    """Works on one log after the other."""

    def __init__(self, place: Place, somebody: Somebody, dry: bool, progress: Progress) -> None:
        self._people = People(place.root, lambda job: job(), lambda name: None)
        self._index = place.data / "index"
        self._somebody = somebody
        self._dry = dry
        self._progress = progress

    def erase(self, log: LogFolder) -> int:
        """Erase their lines of a log; gives how many.  Raises OSError."""
        count = 0
        ids: set[str] = set()
        for path in segments(log.path):
            size_bytes = size_of(path)
            gone = [line for line in lines_of(whole(path)) if self._somebody.said(line)]
            if gone:
                count += len(gone)
                ids |= {msgid for line in gone if (msgid := read_entry(line).msgid)}
                if not self._dry:
                    self._rewrite(path)
            self._progress.advance(size_bytes)
        if count and not self._dry:
            self._forget(log, ids)
        return count

    def _kept(self, path: Path) -> Iterator[bytes]:
        return (line for line in lines_of(path) if not self._somebody.said(line))

    def _rewrite(self, path: Path) -> None:
        if self._index.exists():
            shutil.rmtree(self._index)
        plain = path.with_name(path.name.removesuffix(".gz"))
        replace(plain, path, self._kept(path))
        plain.with_name(f"{plain.name}.gz").unlink(missing_ok=True)
        if path.name.endswith(PACKED) and plain.exists():
            Packer(Lock(), set()).pack_segment(str(plain))
        sync_folder(str(path.parent))

    def _forget(self, log: LogFolder, ids: set[str]) -> None:
        """What was taken back or edited of it needs no note any more; an empty log needs no folder."""
        for day in days_in(os.listdir(log.path)):
            path = log.path / f"{day}.redactions"
            lines = path.read_bytes().splitlines()
            kept = [line for line in lines if not (self._somebody.said(line) or about(line) & ids)]
            if kept != lines:
                replace(path, path, iter(kept))
        with suppress(OSError):
            log.path.rmdir()
            self._people.gone(str(log.path))


def whole(path: Path) -> Path:
    """A file that can be read to its end: of another not only what they said would go.  Raises OSError."""
    with closing(open_segment(path)) as text:
        for _ in forwards(text, 0, text.size_bytes):
            pass
        if isinstance(text, PackedText) and text.bad_blocks:
            raise OSError(errno.EIO, "has blocks that cannot be unpacked", str(path))
    return path


def about(line: bytes) -> set[str]:
    """Which message a REDACT or an EDIT is about."""
    day = Day([line])
    return {*day.redactions, *day.edits}


def replace(path: Path, like: Path, lines: Iterator[bytes]) -> None:
    """Put other lines in the place of a file, or nothing if there are none; it stays as old as ``like``."""
    part = Path(f"{path}{PART}")
    state = like.stat()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        size_bytes = sum(file.write(line + b"\n") for line in lines)
        file.flush()
        os.fsync(file.fileno())
    if not size_bytes:
        part.unlink()
        path.unlink(missing_ok=True)
        return
    os.utime(part, ns=(state.st_mtime_ns, state.st_mtime_ns))
    part.rename(path)


def erase(place: Place, logs: list[LogFolder], somebody: Somebody, dry: bool, output: Output) -> int:
    """Erase somebody's lines of these logs; gives the exit status.  Raises OSError, DirectoryTaken."""
    total = 0
    with ExitStack() as held:
        held.callback(DataDirectory(place.data).release)
        progress = held.enter_context(Progress("erase", total_bytes(logs)))
        output.share(progress)
        eraser = Eraser(place, somebody, dry, progress)
        for log in logs:
            count = eraser.erase(log)
            total += count
            if count:
                output.line(f"{log.label}: {count} lines")
    output.line(f"{'would be erased' if dry else 'erased'}: {total} lines")
    return DONE
