"""The database of the index: which words are in which message, and where each message is in the log files.

Owns the tables. The text of messages is not kept; an answer is read from the logs. Numbers of messages are in the order
of time, so that the newest are found first, however the index was made; words are in volumes, each of a while, since
for the beginning of a word all of a table is looked through. Every function may raise sqlite3.Error.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

VERSION: Final = 3
MOMENT_BITS: Final = 6
"""A message's number is its moment times 64, or the next that is free."""
VOLUME_MESSAGES: Final = 250_000
"""How many messages a volume has when the next one begins."""
STATEMENTS: Final = 1_000
"""How many statements a connection keeps ready; each volume has two."""
_OPCODES: Final = 100
"""How often the clock is looked at while the database works; a page of words is some five."""
LEAST, MOST = -(1 << 62), 1 << 62
LOG, PERSON, NICK = "\ue000", "\ue001", "\ue002"
"""What words begin with that are not of the text: the log, whose conversation it is, who said it; no text has these."""
EDITED: Final = f"{NICK}0"
"""What edits have as well: what they edit may have been said under another nickname."""

_TABLES: Final = """
CREATE TABLE logs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE segments (id INTEGER PRIMARY KEY, log INTEGER NOT NULL, stem TEXT NOT NULL, bytes INTEGER NOT NULL,
    messages INTEGER NOT NULL, UNIQUE (log, stem));
CREATE TABLE messages (number INTEGER PRIMARY KEY, segment INTEGER NOT NULL, place INTEGER NOT NULL);
CREATE TABLE waste (messages INTEGER NOT NULL);
INSERT INTO waste VALUES (0);
CREATE TABLE volumes (id INTEGER PRIMARY KEY, begins INTEGER NOT NULL UNIQUE, messages INTEGER NOT NULL);
"""
_VOLUME: Final = (
    "CREATE VIRTUAL TABLE words{} USING fts5(text, content='', detail=none, columnsize=0, tokenize='ascii')"
)
_ASK: Final = (
    "SELECT found, coalesce(name, ''), coalesce(stem, ''), place FROM "
    "(SELECT rowid AS found FROM words{volume} WHERE words{volume} MATCH ? AND rowid BETWEEN ? AND ? "
    "ORDER BY rowid {order} LIMIT ?) "
    "LEFT JOIN messages ON number = found LEFT JOIN segments ON segments.id = segment "
    "LEFT JOIN logs ON logs.id = log ORDER BY found {order}"
)


class Message(NamedTuple):
    """One message to be indexed: its moment, where it begins in the segment, who said it (folded), its words.

    An edit is at the moment of what it edits.
    """

    moment_ms: int
    place: int
    nick: str
    words: str
    is_edit: bool = False


class TooLong(Exception):
    """A question took longer than it may."""


class Volume(NamedTuple):
    """A table of words: the least number in it, and how many messages."""

    table: int
    begins: int
    messages: int


def between(volumes: list[Volume]) -> Iterator[tuple[Volume, int]]:
    """Give each volume with the greatest number that would be in it."""
    return zip(volumes, [*(volume.begins - 1 for volume in volumes[1:]), MOST], strict=False)


class Found(NamedTuple):
    """Where a message is."""

    number: int
    log: str
    stem: str
    place: int


def make_tables(path: Path) -> None:
    """Make an index without words of an empty file, and leave nothing beside it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")


class Book:
    """One connection to a database that is there, for one thread."""

    def __init__(self, path: Path, writing: bool = False, volume_messages: int = VOLUME_MESSAGES) -> None:
        self.path = path
        self._volume_messages = volume_messages
        self._people: dict[str, int] = {}
        self._database = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", isolation_level=None, check_same_thread=False, uri=True,
            cached_statements=STATEMENTS,
        )  # fmt: skip
        try:
            self._open(writing)
        except BaseException:
            self._database.close()
            raise

    def _open(self, writing: bool) -> None:
        if not writing:
            self._database.execute("PRAGMA query_only = 1")
            return
        # What a loss of power damages is made again.
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("PRAGMA cache_size = -32768")
        if self._database.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            raise sqlite3.DatabaseError("made by another version")
        self._database.execute("SELECT messages FROM waste").fetchone()
        self.ask('"x"', LEAST, MOST, 1, False)

    def close(self) -> None:
        """Close it."""
        self._database.close()

    # --- writing ---------------------------------------------------------------------------------------------

    def known(self) -> dict[tuple[str, str], int]:
        """How much is indexed of each segment, by log and stem."""
        rows = self._database.execute("SELECT name, stem, bytes FROM segments JOIN logs ON logs.id = log")
        return {(name, stem): size_bytes for name, stem, size_bytes in rows}

    def indexed_bytes(self, log: str, stem: str) -> int:
        """How much is indexed of a segment."""
        row = self._database.execute(
            "SELECT bytes FROM segments JOIN logs ON logs.id = log WHERE name = ? AND stem = ?", (log, stem)
        ).fetchone()
        return row[0] if row else 0

    def add(self, log: str, stem: str, size_bytes: int, messages: list[Message]) -> None:
        """Add messages of a segment, in order; ``size_bytes`` of it are indexed then."""
        database = self._database
        database.execute("BEGIN")
        try:
            log_id = self._id("logs", log)
            database.execute(
                "INSERT INTO segments (log, stem, bytes, messages) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
                "SET bytes = excluded.bytes, messages = messages + excluded.messages",
                (log_id, stem, size_bytes, len(messages)),
            )
            one = "SELECT id FROM segments WHERE log = ? AND stem = ?"
            (segment,) = database.execute(one, (log_id, stem)).fetchone()
            (newest,) = database.execute("SELECT coalesce(max(number), ?) FROM messages", (LEAST,)).fetchone()
            self._insert(self._numbered(segment, self._tail(log, log_id), messages), newest)
        except BaseException:
            database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")

    def _insert(self, rows: list[tuple[int, str]], newest: int) -> None:
        """Put words into the volumes of their moments; behind the newest message a new one begins if need be."""
        volumes = self.volumes()
        if not volumes:
            volumes.append(self._begin(LEAST))
        elif volumes[-1].messages >= self._volume_messages:
            newest = max(newest, volumes[-1].begins)
            volumes += [self._begin(number) for number, _ in rows[bisect_left(rows, (newest + 1,)) :][:1]]
        start = 0
        for volume, end in between(volumes):
            stop = bisect_left(rows, (end + 1,))
            if start < stop:
                insert = f"INSERT INTO words{volume.table} (rowid, text) VALUES (?, ?)"
                self._database.executemany(insert, rows[start:stop])
                more = "UPDATE volumes SET messages = messages + ? WHERE id = ?"
                self._database.execute(more, (stop - start, volume.table))
            start = stop

    def _begin(self, number: int) -> Volume:
        insert = "INSERT INTO volumes (begins, messages) VALUES (?, 0)"
        table = self._database.execute(insert, (number,)).lastrowid
        assert table is not None
        self._database.execute(_VOLUME.format(table))
        return Volume(table, number, 0)

    def _numbered(self, segment: int, tail: str, messages: list[Message]) -> list[tuple[int, str]]:
        """Give each message its number; those of one moment get one after the other.

        An edit gets the next free one of its moment.
        """
        execute = self._database.execute
        insert = "INSERT OR IGNORE INTO messages VALUES (?, ?, ?)"
        rows = []
        last = -1
        for moment_ms, place, nick, words, is_edit in messages:
            number = moment_ms << MOMENT_BITS
            if not is_edit:
                number = max(last + 1, number)
            while not execute(insert, (number, segment, place)).rowcount:
                number += 1
            if not is_edit:
                last = number
            who = self._people.get(nick) or self._person(nick)
            rows.append((number, f"{words} {tail} {NICK}{who}{' ' + EDITED if is_edit else ''}"))
        return rows

    def _tail(self, log: str, log_id: int) -> str:
        people = "".join(f" {PERSON}{self._person(name)}" for name in log.split(" ")) if " " in log else ""
        return f"{LOG}{log_id}{people}"

    def _person(self, name: str) -> int:
        if len(self._people) > 100_000:
            self._people.clear()
        found = self._people[name] = self._id("people", name)
        return found

    def _id(self, table: str, name: str) -> int:
        found = self.find(table, name)
        if found is None:
            found = self._database.execute(f"INSERT INTO {table} (name) VALUES (?)", (name,)).lastrowid
        assert found is not None
        return found

    def remove(self, segments: Iterable[tuple[str, str]]) -> None:
        """Forget segments that are gone; their words stay until the index is made anew."""
        one = "SELECT segments.id, messages FROM segments JOIN logs ON logs.id = log WHERE name = ? AND stem = ?"
        gone = [row for each in segments for row in self._database.execute(one, each)]
        self._database.execute("BEGIN")
        for segment, messages in gone:
            self._database.execute("UPDATE waste SET messages = messages + ?", (messages,))
            self._database.execute("DELETE FROM segments WHERE id = ?", (segment,))
        if gone:
            self._database.execute("DELETE FROM messages WHERE segment NOT IN (SELECT id FROM segments)")
        self._database.execute("COMMIT")

    def is_wasteful(self) -> bool:
        """Say whether a fourth of what words are of is gone."""
        (live,) = self._database.execute("SELECT coalesce(sum(messages), 0) FROM segments").fetchone()
        (waste,) = self._database.execute("SELECT messages FROM waste").fetchone()
        return int(waste) * 4 > int(live) + int(waste)

    # --- asking ----------------------------------------------------------------------------------------------

    def find(self, table: str, name: str) -> int | None:
        """The number of a log or of somebody."""
        row = self._database.execute(f"SELECT id FROM {table} WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def volumes(self) -> list[Volume]:
        """All volumes in order; what is between two beginnings is in the first of the two."""
        return [Volume(*row) for row in self._database.execute("SELECT * FROM volumes ORDER BY begins")]

    @contextmanager
    def within(self, is_late: Callable[[], bool]) -> Iterator[None]:
        """Give up what is asked meanwhile when it is late: raises TooLong."""
        self._database.set_progress_handler(is_late, _OPCODES)
        try:
            yield
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise TooLong from None
            raise
        finally:
            self._database.set_progress_handler(None, 0)

    def ask(self, expression: str, low: int, high: int, limit: int, ascending: bool) -> list[Found]:
        """Find messages between two numbers, both included, the newest first or the oldest; one that is gone is not."""
        wanted = [volume for volume, end in between(self.volumes()) if volume.begins <= high and low <= end]
        order = "ASC" if ascending else "DESC"
        found: list[Found] = []
        for volume in wanted if ascending else reversed(wanted):
            rows = self._database.execute(
                _ASK.format(volume=volume.table, order=order), (expression, low, high, limit - len(found))
            )
            found += [Found(*row) for row in rows]
            if len(found) == limit:
                break
        return found
