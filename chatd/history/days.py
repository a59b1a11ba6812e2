"""What became of the messages of one day: lines of REDACTs and EDITs by what they are about, parsed when asked for.

``Days`` remembers the files that were read last, within bounds; as these only grow, no more than what is new is read
again. For any thread.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from sys import getsizeof
from typing import Final, NamedTuple

from chatd.core.archive import Entry
from chatd.history.entry import read_entry
from chatd.history.remembered import Remembered

KEPT_BYTES: Final = 16_777_216
"""How much memory the redactions and edits that are remembered take, in all."""
_SLOT_BYTES: Final = 100
"""What a table takes for one entry: it has up to twice as much room as it needs, and grows in steps."""
_FILE_BYTES: Final = 1000
"""What is remembered of a file beside that, with its path."""
_OVERLAP_BYTES: Final = 64
"""So much of what was read before is compared, to be sure that a file goes on as it was."""
_LINE: Final = re.compile(rb"(?:@([^ ]*) +)?(?::[^ ]* +)?(?:(REDACT)|EDIT) +[^ ]+ +:?([^ \r]*)")
_ABOUT: Final = re.compile(rb"(?:\A|;)draft/target-msgid=([^;]+)")
_OWN: Final = re.compile(rb"(?:\A|;)msgid=[^;]")


class Day:
    """``redactions`` are the lines of the last REDACT of each message, ``edits`` of the last EDIT, by its id.

    ``takes_bytes`` is how much memory that is.
    """

    __slots__ = ("_again", "edits", "redactions", "takes_bytes")

    def __init__(self, lines: Iterable[bytes] = (), before: Day | None = None) -> None:
        self.redactions: dict[str, bytes] = dict(before.redactions) if before else {}
        self.edits: dict[str, tuple[bytes, ...]] = dict(before.edits) if before else {}
        self._again: dict[str, int] = dict(before._again) if before else {}
        self.takes_bytes: int = before.takes_bytes if before else 0
        for line in lines:
            parts = _LINE.match(line)
            if parts is None:
                continue
            tags, is_redaction, first = parts.groups()
            if is_redaction:
                self._redact(first.decode("utf-8", "replace"), line)
            elif tags and (about := _ABOUT.search(tags)):
                self._edit(about[1].decode("utf-8", "replace"), tags, line)

    def _redact(self, about: str, line: bytes) -> None:
        former = self.redactions.get(about)
        self.takes_bytes += getsizeof(line) + (_key_bytes(about) if former is None else -getsizeof(former))
        self.redactions[about] = line

    def _edit(self, about: str, tags: bytes, line: bytes) -> None:
        former = self.edits.get(about, ())
        if _OWN.search(tags):
            now: tuple[bytes, ...] = (line,)
            if former:
                self.takes_bytes += 0 if about in self._again else _SLOT_BYTES
                self._again[about] = self._again.get(about, 0) + 1
        elif former:
            now = (*former, line)
        else:
            return
        self.takes_bytes += _lines_bytes(now) + (-_lines_bytes(former) if former else _key_bytes(about))
        self.edits[about] = now

    def times_edited(self, msgid: str) -> int:
        """Say how many EDITs of a message there are."""
        return 1 + self._again.get(msgid, 0) if msgid in self.edits else 0

    def of(self, msgid: str) -> Entry | None:
        """Give the REDACT that took a message back."""
        line = self.redactions.get(msgid)
        return None if line is None else read_entry(line)

    def edit_of(self, msgid: str) -> list[Entry] | None:
        """Give the lines of the last EDIT of a message."""
        lines = self.edits.get(msgid)
        if lines is None:
            return None
        first, *further = map(read_entry, lines)
        return [first, *(entry for entry in further if entry.goes_on == first.msgid)]


def _key_bytes(about: str) -> int:
    return getsizeof(about) + _SLOT_BYTES


def _lines_bytes(lines: tuple[bytes, ...]) -> int:
    return getsizeof(lines) + sum(map(getsizeof, lines))


NOTHING: Final = Day()


class _Known(NamedTuple):
    """A file as it was when it was read; ``end`` are the last bytes of its ``size_bytes`` of whole lines."""

    state: tuple[int, int, int]
    size_bytes: int
    end: bytes
    day: Day


class Days:
    """Reads such files; every method may raise OSError."""

    __slots__ = ("_known",)

    def __init__(self, limit_bytes: int = KEPT_BYTES) -> None:
        self._known: Remembered[_Known] = Remembered(limit_bytes)

    def read(self, path: str) -> Day:
        """Give what a file says; nothing when there is none."""
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            self._known.drop(path)
            return NOTHING
        known = self._known.get(path)
        try:
            found = self._read(fd, known)
        finally:
            os.close(fd)
        if found is not known:
            self._known.keep(path, found, found.day.takes_bytes + _FILE_BYTES)
        return found.day

    @staticmethod
    def _read(fd: int, known: _Known | None) -> _Known:
        status = os.fstat(fd)
        state = status.st_ino, status.st_size, status.st_mtime_ns
        if known is not None and known.state == state:
            return known
        with os.fdopen(os.dup(fd), "rb") as file:
            if known is not None:
                file.seek(known.size_bytes - len(known.end))
                if known.state[0] != state[0] or file.read(len(known.end)) != known.end:
                    known = None
                    file.seek(0)
            new = _WholeLines(file, *(known[1:3] if known is not None else (0, b"")))
            day = Day(new, known and known.day)
        return _Known(state, new.size_bytes, new.end, day)


class _WholeLines:
    """The rest of a file line by line, as it may be far larger than what is remembered of it; and where it ended."""

    __slots__ = ("_file", "end", "size_bytes")

    def __init__(self, file: Iterable[bytes], size_bytes: int, end: bytes) -> None:
        self._file = file
        self.size_bytes = size_bytes
        self.end = end

    def __iter__(self) -> Iterator[bytes]:
        """Give them without LF."""
        for line in self._file:
            if line[-1:] != b"\n":
                return
            self.size_bytes += len(line)
            self.end = (self.end + line)[-_OVERLAP_BYTES:]
            yield line[:-1]
