"""Databases that are locked, full, broken or gone: nothing is done by half, somebody is told, and it works again."""

from __future__ import annotations

import os
import shutil
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, make_url, text
from stored import FULL, NOW, SECRET, channel, register

from chatd.core.accounts import NameTaken, StoreError, StoreUnavailable
from chatd.stores.sql import address, trouble
from chatd.stores.sql.accounts import SqlAccounts
from chatd.stores.sql.channels import SqlChannels
from chatd.stores.sql.database import Database
from chatd.stores.sql.opening import open_database
from chatd.stores.sql.together import Together


class Opened:
    """A database with its stores; what was reported is in ``told``."""

    def __init__(self, setting: str, data: Path) -> None:
        self.told: list[str] = []
        self.database = open_database(setting, data, report=self.told.append)
        self.accounts = SqlAccounts(self.database)
        self.channels = SqlChannels(self.database)


@pytest.fixture
def sqlite(
    tmp_path: Path, empty_file: Path, patience: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opened]:
    """A file of SQLite on which nobody waits long for a lock."""
    monkeypatch.setattr(address, "BUSY_S", 0.05)
    monkeypatch.setattr(address, "_PRAGMAS", ("busy_timeout = 50", *address._PRAGMAS[1:]))
    shutil.copy(empty_file, tmp_path / "chatd.db")
    opened = Opened("", tmp_path)
    yield opened
    opened.database.rest()


def test_locked(sqlite: Opened) -> None:
    """While somebody else holds the file nothing is written; reading goes on, as it does in a log-in."""
    alice = register(sqlite.accounts)
    with closing(sqlite3.connect(str(sqlite.database), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="database is locked"):
            register(sqlite.accounts, "bob")
        with pytest.raises(StoreUnavailable):
            sqlite.accounts.seen(alice.account_id, NOW + 5)
        assert sqlite.accounts.look_up("alice") == (alice, SECRET)
        other.execute("ROLLBACK")
    register(sqlite.accounts, "bob")
    assert sqlite.told == [
        "accounts: the database cannot be written: database is locked",
        "accounts: the database can be written again",
    ]


def test_all_who_wait_are_refused_at_once(sqlite: Opened) -> None:
    """A locked file costs one wait, not one for each of those who stand behind each other."""
    with closing(sqlite3.connect(str(sqlite.database), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        begun = 0

        def count(connection: Connection) -> None:
            nonlocal begun
            begun += connection.get_execution_options().get(address.WRITES, False)

        from sqlalchemy import event

        event.listen(sqlite.database.engine, "begin", count, insert=True)
        with ThreadPoolExecutor(20) as pool:
            outcomes = [pool.submit(register, sqlite.accounts, f"user{number}") for number in range(20)]
            assert all(isinstance(each.exception(), StoreUnavailable) for each in outcomes)
        assert begun < 20
        other.execute("ROLLBACK")
    assert sqlite.accounts.owners() == []


def test_full(sqlite: Opened) -> None:
    """What does not fit is not there at all, what was there stays, and with room it goes on."""
    alice = register(sqlite.accounts)
    sqlite.database.read(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 1"))
    with pytest.raises(StoreUnavailable, match="database or disk is full"):
        sqlite.accounts.put_document(alice.account_id, "last", "x" * 100_000)
    assert sqlite.accounts.document(alice.account_id, "last") is None
    assert sqlite.accounts.look_up("alice") == (alice, SECRET)
    assert sqlite.told == ["accounts: the database cannot be written: database or disk is full"]
    # Trouble closes connections, and with the one that has the small bound everything fits again.
    sqlite.accounts.put_document(alice.account_id, "last", "x" * 100_000)
    assert sqlite.told[1:] == ["accounts: the database can be written again"]


def test_read_only(sqlite: Opened) -> None:
    """A file that may not be written is still read."""
    alice = register(sqlite.accounts)
    only_read = "PRAGMA query_only = ON"
    with sqlite.database.engine.connect() as connection:
        connection.exec_driver_sql(only_read)
    with pytest.raises(StoreUnavailable, match="attempt to write a readonly database"):
        register(sqlite.accounts, "bob")
    assert sqlite.accounts.find("alice") == alice
    assert register(sqlite.accounts, "bob").name == "bob"


def test_gone_and_back(sqlite: Opened, tmp_path: Path) -> None:
    """A file that was moved away is not written to behind everybody's back, nor made anew; put back, it is used."""
    alice = register(sqlite.accounts)
    path, away = tmp_path / "chatd.db", tmp_path / "away.db"
    sqlite.database.rest()
    path.rename(away)
    for call in (lambda: register(sqlite.accounts, "bob"), sqlite.accounts.owners, sqlite.channels.load):
        with pytest.raises(StoreUnavailable, match="No such file or directory"):
            call()
    assert not path.exists()
    away.rename(path)
    assert sqlite.accounts.find("alice") == alice
    register(sqlite.accounts, "bob")
    assert sqlite.told == [
        f"accounts: the database cannot be written: {path}: No such file or directory",
        f"accounts: the database cannot be read: {path}: No such file or directory",
        "accounts: the database can be read again",
        "accounts: the database can be written again",
    ]


def test_removed_under_an_open_connection(sqlite: Opened, tmp_path: Path) -> None:
    """What would be written to a file without a name would be acknowledged and lost."""
    register(sqlite.accounts)
    (tmp_path / "chatd.db").unlink()
    with pytest.raises(StoreUnavailable):
        register(sqlite.accounts, "bob")


def test_another_file_in_its_place(sqlite: Opened, tmp_path: Path, empty_file: Path) -> None:
    """A back-up copy that was put there is used from then on."""
    register(sqlite.accounts)
    sqlite.database.rest()
    shutil.copy(empty_file, tmp_path / "copy.db")
    os.replace(tmp_path / "copy.db", tmp_path / "chatd.db")
    assert sqlite.accounts.find("alice") is None
    register(sqlite.accounts)


def test_spoilt(sqlite: Opened, tmp_path: Path) -> None:
    """A file that is overwritten is trouble, not a crash."""
    register(sqlite.accounts)
    sqlite.database.rest()
    (tmp_path / "chatd.db").write_bytes(b"\0" * 20_000)
    for call in (lambda: register(sqlite.accounts, "bob"), sqlite.accounts.owners):
        with pytest.raises(StoreUnavailable):
            call()


def test_the_same_is_told_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once when it begins, again when it lasts, once when it is over."""
    told: list[str] = []
    alarm = trouble.Alarm(told.append, "read")
    now_s = 1000.0
    monkeypatch.setattr(trouble, "monotonic", lambda: now_s)
    alarm.worked()
    for _ in range(3):
        alarm.failed("gone")
    now_s += trouble.AGAIN_S + 1
    alarm.failed("gone")
    alarm.failed("locked")
    alarm.worked()
    alarm.worked()
    assert told == [
        "accounts: the database cannot be read: gone",
        "accounts: the database cannot be read: gone",
        "accounts: the database cannot be read: locked",
        "accounts: the database can be read again",
    ]


def test_secrets_are_not_in_what_is_said(sqlite: Opened) -> None:
    """Neither errors nor reports show what a statement was about."""
    with closing(sqlite3.connect(str(sqlite.database), isolation_level=None)) as other:
        other.execute("DROP TABLE accounts")
        with pytest.raises(StoreUnavailable) as raised:
            register(sqlite.accounts)
    said = [repr(raised.value), *traceback.format_exception(raised.value), *sqlite.told]
    assert not any(SECRET.password_hash in each or "INSERT" in each for each in said)


def test_what_was_deleted_is_gone_from_the_disk(sqlite: Opened, tmp_path: Path) -> None:
    """After the next purge the files do not hold it anywhere, not even where nothing reads it any more."""
    for number in range(50):
        register(sqlite.accounts, f"user{number}", email=f"{number}@example.org")
    account = register(sqlite.accounts, "wanda", email="wanda-private@example.org")
    sqlite.accounts.put_document(account.account_id, "settings", {"hidden": "wanda-hidden " * 1000})
    sqlite.accounts.purge(NOW)
    assert any(b"wanda-private" in path.read_bytes() for path in tmp_path.iterdir())
    sqlite.accounts.delete(account.account_id, NOW, reserve_until_ms=NOW + 5)
    sqlite.accounts.purge(NOW)
    assert {path.name for path in tmp_path.iterdir()} == {"chatd.db", "chatd.db-wal", "chatd.db-shm"}
    assert [path.name for path in tmp_path.iterdir() if b"wanda" in path.read_bytes()] == []


def test_group_commit(sqlite: Opened) -> None:
    """Who waits while another is at work is written in one transaction; one that fails leaves the others' alone."""
    begun: list[bool] = []
    inside, go_on = Event(), Event()

    def slow(connection: Connection) -> None:
        inside.set()
        assert go_on.wait(60)

    write = sqlite.database._write
    assert isinstance(write, Together)
    transaction = write._transaction

    def counted() -> object:
        begun.append(True)
        return transaction()

    write._transaction = counted  # type: ignore[assignment]
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(sqlite.database.write, slow)
        assert inside.wait(60)
        names = [f"user{number % 15}" for number in range(19)]
        outcomes = [pool.submit(register, sqlite.accounts, name) for name in names]
        while len(write._waiting) < len(names):
            inside.wait(0)
        go_on.set()
        first.result()
        problems = [each.exception() for each in outcomes]
    assert len(begun) == 2
    assert [type(each) for each in problems if each] == [NameTaken] * 4
    assert len(sqlite.accounts.owners()) == 15


def test_a_commit_that_fails_fails_all(sqlite: Opened) -> None:
    """Nobody in the transaction is told that it was done."""
    alice = register(sqlite.accounts)

    def spoil(connection: Connection) -> None:
        # Checked when everything is done: the commit itself fails.
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("INSERT INTO nicknames (folded, nick, account_id) VALUES ('x', 'x', 999)")

    with pytest.raises(Exception, match="FOREIGN KEY constraint failed"):
        sqlite.database.write(spoil)
    assert [folded for folded, _ in sqlite.accounts.owners()] == ["alice"]
    sqlite.accounts.seen(alice.account_id, NOW)


@pytest.fixture
def postgresql(postgres, template: str, tmp_path: Path) -> Iterator[tuple[Opened, Callable[[bool], None]]]:
    """A database, and what makes it go away and come back."""
    setting = postgres.make(template)
    name = make_url(setting).database
    opened = Opened(setting, tmp_path)

    def turn(on: bool) -> None:
        postgres.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {on}")
        if not on:
            postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    yield opened, turn
    opened.database.rest()


def test_postgresql_gone_and_back(postgresql: tuple[Opened, Callable[[bool], None]]) -> None:
    """Connections that were lost are not missed: the next call opens another, or says that it cannot."""
    opened, turn = postgresql
    alice = register(opened.accounts)
    turn(False)
    for call in (lambda: register(opened.accounts, "bob"), opened.accounts.owners, opened.channels.load):
        with pytest.raises(StoreUnavailable):
            call()
    turn(True)
    assert opened.accounts.find("alice") == alice
    register(opened.accounts, "bob")
    opened.channels.register(channel(), FULL)
    assert opened.told[0].startswith("accounts: the database cannot be written: ")
    assert opened.told[-2:] == [
        "accounts: the database can be read again", "accounts: the database can be written again"
    ]  # fmt: skip


def test_postgresql_loses_a_connection_in_a_transaction(postgresql: tuple[Opened, Callable[[bool], None]]) -> None:
    """What was not committed is not there."""
    opened, turn = postgresql

    def broken(connection: Connection) -> None:
        connection.execute(
            text("INSERT INTO accounts (name, folded, created_ms, verified_ms, seen_ms, email) "
                 "VALUES ('x', 'x', 1, 1, 1, '')")
        )  # fmt: skip
        turn(False)
        connection.execute(text("SELECT 1"))

    with pytest.raises(StoreUnavailable):
        opened.database.write(broken)
    turn(True)
    assert opened.accounts.find("x") is None
    register(opened.accounts, "x")


def test_postgresql_does_not_take_a_nul(postgresql: tuple[Opened, Callable[[bool], None]]) -> None:
    """What the database cannot hold is refused; that is no trouble of the database's."""
    opened, _ = postgresql
    with pytest.raises(StoreError) as raised:
        opened.accounts.find("a\0b")
    assert not isinstance(raised.value, StoreUnavailable)
    assert opened.told == []


def test_postgresql_waits_for_no_lock_for_ever(
    postgresql: tuple[Opened, Callable[[bool], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who holds a row does not hold up a thread of ours longer than is said."""
    opened, _ = postgresql
    alice = register(opened.accounts)
    monkeypatch.setattr(address, "_POSTGRESQL", address._POSTGRESQL | {"options": "-c lock_timeout=50"})
    hasty = SqlAccounts(Database(opened.database.url))

    def held_meanwhile(connection: Connection) -> None:
        connection.execute(text("SELECT 1 FROM accounts FOR UPDATE"))
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            hasty.seen(alice.account_id, NOW)

    opened.database.write(held_meanwhile)
    hasty.seen(alice.account_id, NOW)
    hasty.close()
