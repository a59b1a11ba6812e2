"""The journal in one file: a line for each note, numbered and with a checksum, in room that was taken before.

What a crash has cut off, or the room holds of old, has the wrong checksum or number: there the notes end.
"""

from __future__ import annotations

import os
from binascii import crc32
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock

import msgspec

from chatd.core.kept import Note
from chatd.reports import reporter

log = reporter(__name__)

ROOM_BYTES = 1 << 20
"""By so much the file grows."""
SPARE_BYTES = 1 << 19
"""So much of it is free, or else the disk counts as full; no note is so long."""


class JournalFile:
    """Implements ``interfaces.Journal``; the file's directory must exist.

    ``in_thread`` runs what is slow; ``sync`` is the system's, or a test's.
    """

    def __init__(
        self,
        path: Path,
        in_thread: Callable[[Callable[[], None]], object],
        sync: Callable[[int], None] = os.fdatasync,
    ) -> None:
        self.path = path
        self._in_thread = in_thread
        self._sync = sync
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._room = os.fstat(self._file).st_size
        self._number = 1
        self._changing = Lock()  # for which file it is, while a thread looks
        self._syncing = self._unsynced = False
        self.size = 0

    def load(self) -> list[Note]:
        """See ``interfaces.Journal``, here and below."""
        found: dict[tuple[str, str], Note] = {}
        octets = os.pread(self._file, self._room, 0)
        while (note := self._next(octets)) is not None:
            found.pop(note[:2], None)
            found[note[:2]] = note
        os.pwrite(self._file, bytes(len(octets) - self.size), self.size)
        return list(found.values())

    def _next(self, octets: bytes) -> Note | None:
        end = octets.find(b"\n", self.size) + 1
        number, _, rest = octets[self.size : end].partition(b" ")
        checksum, _, text = rest.partition(b" ")
        if not end or (self.size and number != b"%d" % self._number) or checksum != _checksum(number, text):
            return None
        note = Note(*msgspec.json.decode(text))
        self.size, self._number = end, int(number) + 1
        return note

    def append(self, note: Note) -> None:
        self._put(self._line(note))
        self._sync_later()

    def _line(self, note: Note) -> bytes:
        number, text = b"%d" % self._number, msgspec.json.encode(note) + b"\n"
        return b"%b %b %b" % (number, _checksum(number, text), text)

    def _put(self, line: bytes) -> None:
        self._grow(self.size + len(line))
        written = 0
        while written < len(line):
            written += os.pwrite(self._file, line[written:], self.size + written)
        self.size += len(line)
        self._number += 1

    def replace(self, notes: Iterable[Note]) -> None:
        kept = list(notes)
        if kept or self._room > ROOM_BYTES:
            self._begin_anew(kept)
        elif self.size:
            os.pwrite(self._file, bytes(self.size), 0)
            self.size = 0
            self._sync_later()  # or else a machine that fails would have old notes again

    def _begin_anew(self, notes: list[Note]) -> None:
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        before = self._file, self._room, self.size
        self._file, self._room, self.size = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), 0, 0
        try:
            for note in notes:
                self._put(self._line(note))
            os.replace(fresh, self.path)
        except OSError:
            with self._changing:
                os.close(self._file)
                self._file, self._room, self.size = before
            raise
        with self._changing:
            os.close(before[0])
        self._sync_later()

    def reserve(self) -> None:
        self._grow(self.size + SPARE_BYTES)

    def _grow(self, wanted: int) -> None:
        if wanted > self._room:
            room = -(-wanted // ROOM_BYTES) * ROOM_BYTES
            os.posix_fallocate(self._file, 0, room)
            self._room = room

    def _sync_later(self) -> None:
        with self._changing:
            self._unsynced = True
            if self._syncing:
                return
            self._syncing = True
        self._in_thread(self._force)

    def _force(self) -> None:
        """In a thread, one at a time however slow the disk is: what is written meanwhile comes after it."""
        while (file := self._next_to_sync()) is not None:
            try:
                self._sync(file)
            except OSError as problem:
                log.error("{path}: {problem}", path=str(self.path), problem=problem.strerror)
            finally:
                os.close(file)

    def _next_to_sync(self) -> int | None:
        with self._changing:
            self._syncing, self._unsynced = self._unsynced, False
            return os.dup(self._file) if self._syncing else None

    def close(self) -> None:
        with self._changing:
            self._unsynced = False
            os.fsync(self._file)
            os.close(self._file)


def _checksum(number: bytes, text: bytes) -> bytes:
    return b"%08x" % crc32(text, crc32(number))
