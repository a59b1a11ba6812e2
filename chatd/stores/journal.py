"""The journal in one file: a line for each note, numbered and with a checksum, in room that was taken before.

What a crash has cut off, or the room holds of old, has the wrong checksum or number: there the notes end.
"""

from __future__ import annotations

import os
from binascii import crc32
from collections.abc import Callable, Iterable, Iterator
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


class _Room:
    """One open file: its notes, and the room behind them."""

    def __init__(self, path: Path, flags: int = 0) -> None:
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600)
        self.room = os.fstat(self.file).st_size
        self.size = 0
        self._number = 1

    def load(self) -> Iterator[bytes]:
        """The text of each note; then nothing is behind the last one."""
        octets = os.pread(self.file, self.room, 0)
        while (text := self._next(octets)) is not None:
            yield text
        os.pwrite(self.file, bytes(len(octets) - self.size), self.size)

    def _next(self, octets: bytes) -> bytes | None:
        end = octets.find(b"\n", self.size) + 1
        number, _, rest = octets[self.size : end].partition(b" ")
        checksum, _, text = rest.partition(b" ")
        if not end or (self.size and number != b"%d" % self._number) or checksum != _checksum(number, text):
            return None
        self.size, self._number = end, int(number) + 1
        return text

    def put(self, text: bytes) -> None:
        number = b"%d" % self._number
        line = b"%b %b %b" % (number, _checksum(number, text), text)
        self.grow(self.size + len(line))
        written = 0
        while written < len(line):
            written += os.pwrite(self.file, line[written:], self.size + written)
        self.size += len(line)
        self._number += 1

    def grow(self, wanted: int) -> None:
        if wanted > self.room:
            room = -(-wanted // ROOM_BYTES) * ROOM_BYTES
            os.posix_fallocate(self.file, 0, room)
            self.room = room

    def empty(self) -> None:
        """At once: with the first line nothing is read any more."""
        os.pwrite(self.file, bytes(min(self.size, ROOM_BYTES)), 0)
        self.size = 0
        if self.room > ROOM_BYTES:
            os.ftruncate(self.file, ROOM_BYTES)
            self.room = ROOM_BYTES


class JournalFile:
    """Implements ``interfaces.Journal``; the file's directory must exist.

    While another file is on its way to take the place of the first one, notes are written to both.
    ``in_thread`` runs what is slow; ``sync`` is the system's, or a test's.
    """

    def __init__(
        self,
        path: Path,
        in_thread: Callable[[Callable[[], None]], object],
        sync: Callable[[int], None] = os.fdatasync,
    ) -> None:
        self.path = path
        self._fresh_path = path.with_name(f"{path.name}.new")
        self._fresh_path.unlink(missing_ok=True)
        self._in_thread = in_thread
        self._sync = sync
        self._room = _Room(path)
        _sync_name(path)
        self._fresh: _Room | None = None
        self._problem: OSError | None = None
        self._changing = Lock()  # for which files there are, while a thread looks
        self._syncing = self._unsynced = False

    @property
    def size(self) -> int:
        """See ``interfaces.Journal``, here and below."""
        return (self._fresh or self._room).size

    def load(self) -> list[Note]:
        found: dict[tuple[str, str], Note] = {}
        strange = 0
        for text in self._room.load():
            note = _read(text)
            if note is None:
                strange += 1
                continue
            found.pop(note[:2], None)
            found[note[:2]] = note
        if strange:
            log.error(
                "{path}: notes of another version of chatd, which are left out: {count}",
                path=str(self.path), count=strange,
            )  # fmt: skip
        return list(found.values())

    def append(self, note: Note) -> None:
        text = _text(note)
        with self._changing:
            self._room.put(text)
            if self._fresh is not None:
                try:
                    self._fresh.put(text)
                except OSError as problem:
                    self._give_up(problem)
        self._sync_later()

    def replace(self, notes: Iterable[Note]) -> None:
        kept = list(notes)
        with self._changing:
            self._give_up(None)
            if kept:
                self._begin_anew(kept)
            elif self._room.size:
                self._room.empty()
        self._sync_later()  # or else a machine that fails would have old notes again

    def _begin_anew(self, notes: list[Note]) -> None:
        self._fresh = _Room(self._fresh_path, os.O_EXCL)
        try:
            for note in notes:
                self._fresh.put(_text(note))
        except OSError:
            self._give_up(None)
            raise

    def _give_up(self, problem: OSError | None) -> None:
        """All is as it was before ``replace``; to be called with the lock."""
        self._problem = problem
        if self._fresh is not None:
            os.close(self._fresh.file)
            self._fresh = None
            self._fresh_path.unlink(missing_ok=True)

    def is_replaced(self) -> bool:
        with self._changing:
            problem, self._problem = self._problem, None
            if problem is not None:
                raise problem
            return self._fresh is None

    def reserve(self) -> None:
        with self._changing:
            self._room.grow(self._room.size + SPARE_BYTES)

    def _sync_later(self) -> None:
        with self._changing:
            self._unsynced = True
            if self._syncing:
                return
            self._syncing = True
        self._in_thread(self._force)

    def _force(self) -> None:
        """In a thread, one at a time however slow the disk is: what is written meanwhile comes after it."""
        while (found := self._next_to_sync()) is not None:
            room, file = found
            try:
                self._sync(file)
                self._switch(room)
            except OSError as problem:
                log.error("{path}: {problem}", path=str(self.path), problem=problem.strerror)
                with self._changing:
                    if room is self._fresh:
                        self._give_up(problem)
            finally:
                os.close(file)

    def _next_to_sync(self) -> tuple[_Room, int] | None:
        with self._changing:
            self._syncing, self._unsynced = self._unsynced, False
            room = self._fresh or self._room
            return (room, os.dup(room.file)) if self._syncing else None

    def _switch(self, room: _Room) -> None:
        """What is on disk takes the place of the first file, if it is for that; a machine may fail at any moment."""
        with self._changing:
            if room is not self._fresh:
                return
            os.replace(self._fresh_path, self.path)
            os.close(self._room.file)
            self._room, self._fresh = room, None
        _sync_name(self.path)

    def close(self) -> None:
        with self._changing:
            self._unsynced = False
            self._give_up(None)
            os.fsync(self._room.file)
            os.close(self._room.file)


def _sync_name(path: Path) -> None:
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _text(note: Note) -> bytes:
    return msgspec.json.encode(note) + b"\n"


def _read(text: bytes) -> Note | None:
    """A note, or None for what is none to this version."""
    try:
        match msgspec.json.decode(text):
            case [str(kind), str(key), value, int(at_ms)]:
                return Note(kind, key, value, at_ms)
    except msgspec.DecodeError:
        pass
    return None


def _checksum(number: bytes, text: bytes) -> bytes:
    return b"%08x" % crc32(text, crc32(number))
