"""What became of the messages of one day: lines of REDACTs and EDITs by what they are about, parsed when asked for.

``Days`` remembers the files that were read last, a bounded amount of text; as these only grow, no more than what is new
is read again. For any thread.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, NamedTuple

from chatd.core.archive import Entry
from chatd.history.entry import read_entry

KEPT_BYTES: Final = 8_388_608
"""How much text of redactions and edits is remembered, in all."""
_OVERLAP_BYTES: Final = 64
"""So much of what was read before is compared, to be sure that a file goes on as it was."""
_LINE: Final = re.compile(rb"(?:@([^ ]*) +)?(?::[^ ]* +)?(?:(REDACT)|EDIT) +[^ ]+ +:?([^ \r]*)")
_ABOUT: Final = re.compile(rb"(?:\A|;)draft/target-msgid=([^;]+)")
_OWN: Final = re.compile(rb"(?:\A|;)msgid=[^;]")


class Day:
    """``redactions`` are the lines of the last REDACT of each message, ``edits`` of the last EDIT, by its id."""

    __slots__ = ("edits", "redactions")

    def __init__(self, lines: Iterable[bytes] = (), before: Day | None = None) -> None:
        self.redactions: dict[str, bytes] = dict(before.redactions) if before else {}
        self.edits: dict[str, tuple[bytes, ...]] = dict(before.edits) if before else {}
        for line in lines:
            parts = _LINE.match(line)
            if parts is None:
                continue
            tags, is_redaction, first = parts.groups()
            if is_redaction:
                self.redactions[first.decode("utf-8", "replace")] = line
            elif tags and (about := _ABOUT.search(tags)):
                self._edit(about[1].decode("utf-8", "replace"), tags, line)

    def _edit(self, about: str, tags: bytes, line: bytes) -> None:
        if _OWN.search(tags):
            self.edits[about] = (line,)
        elif about in self.edits:
            self.edits[about] += (line,)

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


NOTHING: Final = Day()


class _Known(NamedTuple):
    """A file as it was when it was read; ``end`` are the last bytes of its ``size_bytes`` of whole lines."""

    state: tuple[int, int, int]
    size_bytes: int
    end: bytes
    day: Day


class Days:
    """Reads such files; every method may raise OSError."""

    __slots__ = ("_known", "_limit_bytes")

    def __init__(self, limit_bytes: int = KEPT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def read(self, path: str) -> Day:
        """Give what a file says; nothing when there is none."""
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            self._known.pop(path, None)
            return NOTHING
        try:
            found = self._read(fd, self._known.pop(path, None))
        finally:
            os.close(fd)
        self._keep(path, found)
        return found.day

    @staticmethod
    def _read(fd: int, known: _Known | None) -> _Known:
        status = os.fstat(fd)
        state = status.st_ino, status.st_size, status.st_mtime_ns
        if known is not None and known.state == state:
            return known
        start = known.size_bytes - len(known.end) if known is not None else 0
        with os.fdopen(os.dup(fd), "rb") as file:
            file.seek(start)
            octets = file.read()
            if known is None or known.state[0] != state[0] or not octets.startswith(known.end):
                known, start = None, 0
                file.seek(0)
                octets = file.read()
        lines = octets[len(known.end) if known is not None else 0 :].split(b"\n")
        size_bytes = start + len(octets) - len(lines.pop())
        end = octets[: size_bytes - start][-_OVERLAP_BYTES:]
        return _Known(state, size_bytes, end, Day(lines, known and known.day))

    def _keep(self, path: str, found: _Known) -> None:
        self._known[path] = found
        while sum(known.size_bytes for known in list(self._known.values())) > self._limit_bytes:
            try:
                self._known.popitem(last=False)
            except KeyError:  # another thread was faster
                return
