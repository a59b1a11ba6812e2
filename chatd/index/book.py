"""The database of the index: which words are in which message, and where each message is in the log files.

Owns the tables. The text of messages is not kept; an answer is read from the logs. Messages are in volumes, each in the
order of time, with words of its own; small ones become large ones. Every function may raise sqlite3.Error.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import accumulate, islice
from pathlib import Path
from typing import Final, NamedTuple

from chatd.index.blocks import HIGHEST, Block, Row, rows_of
from chatd.index.sheet import CHUNK, Chunk, Message, Sheet, marks_of
from chatd.index.slots import SLOTS, Slots

VERSION: Final = 4
SHELF: Final = 8
"""So many volumes of about the same size become one; of such the largest is at most so many times the smallest."""
PIECE: Final = 8
"""How many blocks of words are written or moved in a millisecond or two."""
_OPCODES: Final = 1_000
"""How often the clock is looked at while the database works."""

_TABLES: Final = """
CREATE TABLE segments (id INTEGER PRIMARY KEY, log TEXT NOT NULL, stem TEXT NOT NULL, bytes INTEGER NOT NULL,
    UNIQUE (log, stem));
CREATE TABLE volumes (id INTEGER PRIMARY KEY, messages INTEGER NOT NULL, first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL);
CREATE TABLE contents (segment INTEGER, volume INTEGER, PRIMARY KEY (segment, volume)) WITHOUT ROWID;
CREATE TABLE chunks (id INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, messages BLOB NOT NULL);
CREATE TABLE words (volume INTEGER NOT NULL, first TEXT NOT NULL, words TEXT NOT NULL, ends BLOB NOT NULL,
    slots BLOB NOT NULL);
CREATE UNIQUE INDEX blocks ON words (volume, first);
"""
_BLOCK: Final = "SELECT words, ends, slots FROM words WHERE volume = ? AND first <= ? ORDER BY first DESC LIMIT 1"
_BLOCKS: Final = (
    "SELECT words, ends, slots FROM words WHERE volume = ?1 AND first BETWEEN "
    "coalesce((SELECT max(first) FROM words WHERE volume = ?1 AND first <= ?2), '') AND ?3"
)
_CHUNKS: Final = SLOTS // CHUNK


class TooLong(Exception):
    """A question took longer than it may."""


class Volume(NamedTuple):
    """Some messages: how many, and the moments of the first and the last."""

    id: int
    messages: int
    first_ms: int
    last_ms: int


@contextmanager
def sound() -> Iterator[None]:
    """What was stored in another way than it is read makes a database useless."""
    try:
        yield
    except (ValueError, TypeError, LookupError, OverflowError) as problem:
        raise sqlite3.DatabaseError(f"the index is damaged: {problem}") from None


def size_class(messages: int) -> int:
    """Which volumes are of about the same size."""
    size = 0
    while messages >= SHELF:
        messages //= SHELF
        size += 1
    return size


def make_tables(path: Path) -> None:
    """Make an index without words of an empty file, and leave nothing beside it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA page_size = 8192")
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")


class Book:
    """One connection to a database that is there, for one thread; writing ``rest``s every millisecond or two."""

    def __init__(
        self,
        path: Path,
        writing: bool = False,
        volume_messages: int = SLOTS,
        rest: Callable[[], object] = lambda: None,
    ) -> None:
        self.path = path
        self._rest = rest
        self._volume_messages = volume_messages
        self._sheet = Sheet()
        self._database = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", isolation_level=None, check_same_thread=False, uri=True
        )
        try:
            with sound():
                self._open(writing)
        except BaseException:
            self._database.close()
            raise

    def _open(self, writing: bool) -> None:
        # It parses what says which tables there are, and complains of that in bytes that may be no text.
        self._database.execute("SELECT count(*) FROM sqlite_schema")
        if not writing:
            self._database.execute("PRAGMA query_only = 1")
            return
        # A loss of power takes the last of it, which is indexed again; what it damaged might look sound.
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute("PRAGMA cache_size = -32768")
        # What is deleted is not to be found in the file.
        self._database.execute("PRAGMA secure_delete = ON")
        if self._database.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            raise sqlite3.DatabaseError("made by another version")
        for volume in self.volumes()[-1:]:
            self.slots(volume.id, "x")

    def close(self) -> None:
        """Close it; what was added and not saved is given up."""
        self._database.close()

    # --- writing ---------------------------------------------------------------------------------------------

    def known(self) -> dict[tuple[str, str], int]:
        """How much is indexed of each segment, by log and stem."""
        rows = self._database.execute("SELECT log, stem, bytes FROM segments")
        with sound():
            return {(log, stem): int(size_bytes) for log, stem, size_bytes in rows}

    def indexed_bytes(self, log: str, stem: str) -> int | None:
        """How much is indexed of a segment; None for one that is not known."""
        one = "SELECT bytes FROM segments WHERE log = ? AND stem = ?"
        row = self._database.execute(one, (log, stem)).fetchone()
        if row is None:
            return None
        with sound():
            if row[0] < 0:
                raise ValueError("a size below 0")
            return int(row[0])

    def add(self, log: str, stem: str, size_bytes: int, messages: list[Message]) -> None:
        """Add messages of a segment, in order; ``size_bytes`` of it are indexed then.  It counts when it is saved."""
        try:
            while len(self._sheet) + len(messages) > self._volume_messages:
                room = self._volume_messages - len(self._sheet)
                self._fill(log, stem, messages[room].place, messages[:room])
                messages = messages[room:]
                self.save()
            self._fill(log, stem, size_bytes, messages)
        except BaseException:
            self._give_up()
            raise

    def _fill(self, log: str, stem: str, size_bytes: int, messages: list[Message]) -> None:
        self._sheet.add(self._segment(log, stem, size_bytes), marks_of(log), messages)

    def _give_up(self) -> None:
        self._sheet = Sheet()
        if self._database.in_transaction:
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")

    def _segment(self, log: str, stem: str, size_bytes: int) -> int:
        """Note how much of a segment is indexed; gives its number."""
        if not self._database.in_transaction:
            self._database.execute("BEGIN")
        found = self._database.execute(
            "INSERT INTO segments (log, stem, bytes) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET bytes = excluded.bytes RETURNING id",
            (log, stem, size_bytes),
        ).fetchone()
        return int(found[0])

    def save(self) -> None:
        """Write what was added since; when that fails it is as if it had not been added."""
        sheet, self._sheet = self._sheet, Sheet()
        if not self._database.in_transaction:
            return
        with self._whole():
            self._save(sheet)

    def _save(self, sheet: Sheet) -> None:
        at, words = sheet.in_order()
        self._write(at, rows_of(words))

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Do all of it or nothing."""
        if not self._database.in_transaction:
            self._database.execute("BEGIN")
        try:
            with sound():
                yield
            self._database.execute("COMMIT")
        except BaseException:
            self._give_up()
            raise

    def _write(self, at: Chunk, blocks: Iterator[Row]) -> None:
        """Make a volume."""
        messages = len(at.moments)
        if not messages:
            return
        database = self._database
        insert = "INSERT INTO volumes (messages, first_ms, last_ms) VALUES (?, ?, ?)"
        volume = database.execute(insert, (messages, at.moments[0], at.moments[-1])).lastrowid
        assert volume is not None
        pieces = [Chunk(*(each[start : start + CHUNK] for each in at)) for start in range(0, messages, CHUNK)]
        database.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?)",
            ((volume * _CHUNKS + place, piece.moments[0], piece.stored()) for place, piece in enumerate(pieces)),
        )
        rows = ((volume, *row) for row in blocks)
        while piece := list(islice(rows, PIECE)):
            database.executemany("INSERT INTO words VALUES (?, ?, ?, ?, ?)", piece)
            self._rest()
        contents = ((segment, volume) for segment in set(at.segments))
        database.executemany("INSERT INTO contents VALUES (?, ?)", contents)

    def _absorb(self, sheet: Sheet, volume: int, gone: Collection[int] = ()) -> Iterator[None]:
        """Put what a volume has on a sheet, without the messages of segments that are gone, piece by piece."""
        move = sheet.absorb(self._at(volume), gone)
        for number, block in enumerate(list(self._blocks(volume))):  # nothing is being read when something is written
            move(block.all())
            if number % PIECE == 0:
                yield

    def _delete(self, volume: int) -> None:
        for table in ("words", "contents"):
            self._database.execute(f"DELETE FROM {table} WHERE volume = ?", (volume,))
        places = volume * _CHUNKS, (volume + 1) * _CHUNKS - 1
        self._database.execute("DELETE FROM chunks WHERE id BETWEEN ? AND ?", places)
        self._database.execute("DELETE FROM volumes WHERE id = ?", (volume,))

    def _at(self, volume: int) -> Chunk:
        whole = Chunk(array("q"), array("I"), array("q"))
        count = self._database.execute("SELECT messages FROM volumes WHERE id = ?", (volume,)).fetchone()[0]
        for place in range(-(-count // CHUNK)):
            for mine, more in zip(whole, self.chunk(volume, place), strict=True):
                mine.extend(more)
        return whole

    def _small(self) -> list[int]:
        """Some small volumes of about the same size; none unless there are so many."""
        small: dict[int, list[Volume]] = {}
        for volume in self.volumes():
            if volume.messages < self._volume_messages // 2:
                small.setdefault(size_class(volume.messages), []).append(volume)
        for _, several in sorted(small.items()):
            if len(several) >= SHELF:
                totals = accumulate(volume.messages for volume in several)
                return [each.id for each, total in zip(several, totals, strict=True) if total <= self._volume_messages]
        return []

    def merging(self) -> Iterator[None]:
        """Make a larger volume of several small ones, if there are so many, piece by piece.

        Others may be added meanwhile; none may be removed.
        """
        with sound():
            volumes = self._small()
            sheet = Sheet()
            for volume in volumes:
                yield from self._absorb(sheet, volume)
            at, words = sheet.in_order()
            blocks: list[Row] = []
            for block in rows_of(words):
                blocks.append(block)
                if len(blocks) % PIECE == 0:
                    yield
            with self._whole():
                for volume in volumes:
                    self._delete(volume)
                self._write(at, iter(blocks))

    def remove(self, segments: Iterable[tuple[str, str]]) -> Iterator[None]:
        """Forget segments that are gone, and every word that was in no other, one volume after the other.

        What was not done when it is given up is done the next time.
        """
        self.save()
        one = "SELECT id FROM segments WHERE log = ? AND stem = ?"
        gone = {row[0] for each in segments for row in self._database.execute(one, each)}
        having = "SELECT volume FROM contents WHERE segment = ?"
        for volume in sorted({row[0] for each in gone for row in self._database.execute(having, (each,))}):
            with self._whole():
                sheet = Sheet()
                for _ in self._absorb(sheet, volume, gone):
                    self._rest()
                self._delete(volume)
                self._save(sheet)
            yield
        with self._whole():
            self._database.executemany("DELETE FROM segments WHERE id = ?", ((each,) for each in gone))

    def scrub(self) -> bool:
        """Leave nothing of what was removed in the file beside the database; says whether nobody reads there now."""
        return not self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]

    # --- asking ----------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self, is_late: Callable[[], bool]) -> Iterator[None]:
        """See the index as it is now, whatever is written meanwhile; raises TooLong when the database is too slow."""
        self._database.set_progress_handler(is_late, _OPCODES)
        try:
            self._database.execute("BEGIN")
            yield
        except sqlite3.OperationalError as problem:
            if getattr(problem, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise TooLong from None
            raise
        finally:
            self._database.set_progress_handler(None, 0)
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")

    def volumes(self) -> list[Volume]:
        """All volumes, those that end first before the others."""
        rows = self._database.execute("SELECT * FROM volumes ORDER BY last_ms, id")
        with sound():
            return [Volume(*map(int, row)) for row in rows]

    def slots(self, volume: int, word: str) -> Slots | None:
        """Which messages of a volume have a word; None if none has."""
        for row in self._database.execute(_BLOCK, (volume, word)):
            with sound():
                return Block(*row).of(word)
        return None

    def slots_beginning(self, volume: int, letters: str) -> Iterator[Slots]:
        """Which messages of a volume have words that begin so, in pieces."""
        for block in self._blocks(volume, letters):
            yield from block.beginning(letters)

    def _blocks(self, volume: int, letters: str = "") -> Iterator[Block]:
        """All blocks in which there may be words that begin so."""
        with sound():
            for row in self._database.execute(_BLOCKS, (volume, letters, letters + HIGHEST)):
                yield Block(*row)

    def chunk(self, volume: int, place: int) -> Chunk:
        """Where some messages of a volume are, which are CHUNK and begin with slot ``place`` * CHUNK."""
        one = "SELECT messages FROM chunks WHERE id = ?"
        row = self._database.execute(one, (volume * _CHUNKS + place,)).fetchone()
        with sound():
            return Chunk.read(row[0])

    def chunk_before(self, volume: int, moment_ms: int) -> int:
        """The last chunk of a volume that begins before a moment; the first one if none does."""
        last = "SELECT id FROM chunks WHERE id BETWEEN ? AND ? AND first_ms < ? ORDER BY id DESC LIMIT 1"
        first = volume * _CHUNKS
        row = self._database.execute(last, (first, first + _CHUNKS - 1, moment_ms)).fetchone()
        return row[0] - first if row else 0

    def segment(self, number: int) -> tuple[str, str]:
        """The log and the stem of a segment; empty for one that is gone."""
        row = self._database.execute("SELECT log, stem FROM segments WHERE id = ?", (number,)).fetchone()
        return (row[0], row[1]) if row else ("", "")
