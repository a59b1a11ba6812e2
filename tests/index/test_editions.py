"""There is always an index that can be asked: at the start, when it is damaged, and when somebody deletes it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from indexed import Indexed

from chatd.index.book import Book
from chatd.index.editions import Editions
from chatd.index.indexer import Indexer
from chatd.index.pace import Pace


def files(told: Indexed) -> list[str]:
    return sorted(path.name for path in told.folder.iterdir())


def delete(told: Indexed) -> None:
    for path in list(told.folder.iterdir()):
        path.unlink()


def damage(told: Indexed) -> None:
    """Nothing of it is a database any more, for those who have it open neither."""
    path = told.editions.current()
    for name in (path, f"{path}-wal"):
        with open(name, "r+b") as file:
            file.write(b"no database at all" * (os.path.getsize(name) // 18))


def in_another_thread(work: Callable[[], object]) -> object:
    results: list[object] = []
    thread = Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def test_it_is_there_as_soon_as_the_server_starts(told: Indexed) -> None:
    """Before the thread has done anything, a question is answered, by what is indexed so far: nothing."""
    told.tell("one")
    told.indexer.prepare()
    assert told.find("one") == []
    told.update()
    assert told.find("one") == ["one"]


@pytest.mark.parametrize("spoil", [delete, damage])
def test_it_is_known_whether_it_is_full(told: Indexed, spoil: Callable[[Indexed], None]) -> None:
    """Not before all files were looked at, neither at the start nor when it is made anew."""
    told.tell("one")
    told.indexer.prepare()
    assert not told.finder.is_full()
    told.update()
    assert told.finder.is_full()
    spoil(told)
    told.find("one")
    assert not told.finder.is_full()
    told.indexer._soundly(told.indexer.step)
    told.update()
    assert told.finder.is_full()
    assert told.find("one") == ["one"]


@pytest.mark.parametrize("found", [b"", b"no database at all" * 1000])
def test_what_is_found_damaged_at_the_start(told: Indexed, found: bytes) -> None:
    """It is replaced at once; neither it nor what lay beside it is read."""
    told.tell("one")
    told.folder.mkdir()
    for name in ("words-7.sqlite", "words-7.sqlite-wal", "words-6.sqlite", "words-8.sqlite.part", "words.sqlite"):
        (told.folder / name).write_bytes(found)
    (told.folder / "somebody's notes").touch()
    told.indexer.prepare()
    assert told.find("one") == []
    told.indexer.close()
    assert {name for name in files(told) if "words" in name} <= {f"words-8.sqlite{end}" for end in ("", "-wal", "-shm")}
    assert "somebody's notes" in files(told)


def test_another_version(told: Indexed) -> None:
    """It is not asked, but made anew."""
    path = told.editions.current()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    told.indexer.prepare()
    assert told.editions.current() != path
    assert not path.exists()
    assert told.find() == []


def test_a_start_keeps_what_is_sound(told: Indexed) -> None:
    """And reads no logs."""
    told.tell("one")
    told.update()
    told.indexer.close()
    told.indexer = told.new_indexer()
    told.indexer.prepare()
    assert told.find("one") == ["one"]


def test_a_file_appears_complete(tmp_path: Path) -> None:
    """Under its name there is never one without tables, nor one with something beside it."""
    path = Editions(tmp_path / "index").current()
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600
    book = Book(path)
    assert book.volumes() == []
    book.close()


def test_nobody_makes_a_file_by_asking(tmp_path: Path) -> None:
    """One that was deleted a moment ago is not there again, without tables, because somebody wanted to open it."""
    with pytest.raises(sqlite3.OperationalError):
        Book(tmp_path / "words-1.sqlite")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("spoil", [delete, damage])
def test_no_question_fails_meanwhile(told: Indexed, spoil: Callable[[Indexed], None]) -> None:
    """When it is deleted or damaged while it is used: in a thread that had it open, and in one that had not."""
    told.tell("one")
    told.update()
    assert told.find() == ["one"]
    spoil(told)
    assert told.find() in ([], ["one"])  # what SQLite remembers is sound
    assert in_another_thread(told.find) == told.find() == []
    told.update()
    assert told.find() == in_another_thread(told.find) == ["one"]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE words SET words = CAST(x'0aff0a' AS TEXT)",
        "UPDATE words SET ends = x'01'",
        "UPDATE words SET slots = 'text', ends = x'0400'",
        "UPDATE volumes SET last_ms = 'long ago'",
        "UPDATE volumes SET id = 1 << 60",
        "UPDATE chunks SET messages = x'00'",
        "UPDATE segments SET bytes = -5",
        "UPDATE segments SET bytes = 'many'",
        "ALTER TABLE words RENAME COLUMN ends TO begins",
        "DROP TABLE contents",
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = CAST('\xff' || x'ff' AS TEXT)",
    ],
)
def test_whatever_is_damaged(told: Indexed, sql: str) -> None:
    """Somebody who asks, and whoever goes on with it, find out; it is made anew, and no question fails then."""
    told.tell("one")
    told.update()
    told.indexer.close()
    database = sqlite3.connect(told.editions.current(), isolation_level=None)
    database.executescript(sql)
    database.close()
    for _ in range(2):
        assert in_another_thread(told.find) in ([], ["one"])
    told.tell("one")
    told.indexer = told.new_indexer()
    told.indexer.prepare()
    for _ in range(3):
        told.indexer._soundly(told.indexer.step)
        told.indexer._soundly(told.indexer.survey)
    assert in_another_thread(told.find) == ["one", "one"]


def test_loss_of_power(told: Indexed) -> None:
    """Leaves a state that there was (1, NORMAL, in SQLite's documentation), so that nothing is missing unnoticed."""
    (level,) = told.indexer._open()._database.execute("PRAGMA synchronous").fetchone()
    assert level == 1


def test_who_still_has_an_earlier_one_open(told: Indexed) -> None:
    """Does nothing to the new one, whatever SQLite deletes and writes when the last connection is closed."""
    told.tell("one")
    told.update()
    old = Book(told.editions.current())
    old.volumes()
    told.indexer.discard()
    told.update()
    old.close()
    told.tell("two")
    told.update()
    assert told.find() == in_another_thread(told.find) == ["one", "two"]
    told.indexer.close()
    assert told.find() == ["one", "two"]


def test_replaced_in_the_middle(told: Indexed) -> None:
    """A question replaces it while all files are being looked through: nothing is missing later."""
    for log in ("#a", "#b", "#c"):
        told.tell(f"in {log}", log=log)
    told.update()
    told.tell("later", log="#b")
    folds = iter([told.editions.current()])

    def fold(nick: str) -> str:
        for path in folds:
            told.editions.replace(path)
        return nick

    told.indexer.close()
    told.indexer = Indexer(told.archive.root, told.editions, fold, pace=Pace(1))
    told.indexer.step()
    told.indexer.step()
    assert told.find("", "#a", "#b", "#c") == ["in #a", "in #b", "in #c", "later"]


@pytest.mark.fails_inside
def test_a_trouble_is_not_the_end(told: Indexed) -> None:
    """The thread looks at all files again when something went wrong, and finds what it was about to index."""
    troubles = iter([sqlite3.OperationalError("database or disk is full"), OSError("refused"), ValueError("?")])
    done = Event()

    def fold(nick: str) -> str:
        for trouble in troubles:
            raise trouble
        done.set()
        return nick

    told.tell("one")
    indexer = Indexer(told.archive.root, told.editions, fold, pace=Pace(1), pauses_s=(0, 0))
    indexer.start()
    assert done.wait(60)
    indexer.stop()
    assert told.find() == ["one"]


def test_no_thread_before_the_start(told: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that goes into the background in between could not start it (Python 3.13)."""
    made: list[str] = []

    def make(name: str, **settings: Any) -> Thread:
        made.append(name)
        return Thread(name=name, **settings)

    monkeypatch.setattr("chatd.index.indexer.Thread", make)
    indexer = Indexer(told.archive.root, told.editions, str.lower, pace=Pace(1), pauses_s=(0, 0))
    indexer.stop()
    assert made == []
    indexer = Indexer(told.archive.root, told.editions, str.lower, pace=Pace(1), pauses_s=(0, 0))
    indexer.start()
    indexer.stop()
    assert made == ["index"]
