"""Databases at start: made, brought up to date from each earlier schema, copied before that, or refused in one line."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from stored import FULL, NOW, SECRET, channel, register

from chatd.core.accounts import Account, NameTaken
from chatd.core.kept import KeptChannel
from chatd.stores.sql import opening
from chatd.stores.sql.accounts import SqlAccounts
from chatd.stores.sql.address import DatabaseRefused, database_url, make_file
from chatd.stores.sql.channels import SqlChannels
from chatd.stores.sql.database import Database
from chatd.stores.sql.opening import NEWEST, REVISIONS, make, migrate, open_database, revision
from chatd.stores.sql.schema import SCHEMA

Put = Callable[[Connection], None]


@pytest.fixture
def at(setting: str) -> Iterator[Callable[[str, Put], str]]:
    """Makes a database as an earlier chatd left it."""

    def make(version: str, put: Put) -> str:
        database = Database(database_url(setting, Path()))
        if database.file is not None:
            database.file.parent.mkdir()
            make_file(database.file)
        database.write(lambda connection: migrate(connection, version))
        database.write(put)
        database.rest()
        return setting

    yield make


FIRST_ACCOUNT = """
    INSERT INTO accounts (name, folded, created_ms, verified_ms, seen_ms, email, password_hash, scram_salt,
        scram_iterations, scram_stored_key, scram_server_key)
    VALUES ('Alice', 'alice', :now, :now, 0, 'a@example.org', :hash, :salt, 4096, :stored, :server)
"""
FIRST_REST = """
    INSERT INTO nicknames (folded, nick, account_id) VALUES ('alice', 'Alice', 1), ('ally', 'Ally', 1);
    INSERT INTO documents (account_id, kind, document) VALUES (1, 'settings', '{"a": 1}');
    INSERT INTO certificates (certfp, account_id, added_ms) VALUES ('aa', 1, 1700000000000);
    INSERT INTO channels (folded, name, founder_id, registered_ms, used_ms, document)
    VALUES ('#chat', '#Chat', 1, 1700000000000, 5, '{"topic": "hi"}')
"""


def put_first(connection: Connection) -> None:
    """An account with all that the first schema could hold, and a channel."""
    scram = SECRET.scram
    assert scram is not None
    values = {"now": NOW, "hash": SECRET.password_hash, "salt": scram.salt, "stored": scram.stored_key}
    connection.execute(text(FIRST_ACCOUNT), values | {"server": scram.server_key})
    for statement in FIRST_REST.split(";"):
        connection.exec_driver_sql(statement)


def put_second(connection: Connection) -> None:
    """The same, and a fact."""
    put_first(connection)
    connection.execute(text("INSERT INTO facts (fact, value) VALUES ('casemapping', 'ascii')"))


def put_third(connection: Connection) -> None:
    """The same: what it no longer holds is not in the first either."""
    put_second(connection)


EARLIER = {"0001": put_first, "0002": put_second, "0003": put_third}


def test_every_schema_is_tested() -> None:
    """Whoever adds a version of the schema adds what it can hold here."""
    assert tuple(EARLIER) == REVISIONS


@pytest.mark.parametrize("version", REVISIONS)
def test_from_each_earlier_schema(at: Callable[[str, Put], str], version: str) -> None:
    """Everything that was there is there afterwards, and the store works."""
    database = open_database(at(version, EARLIER[version]), Path())
    accounts, channels = SqlAccounts(database), SqlChannels(database)
    alice = Account(1, "Alice", "alice", NOW, NOW, "a@example.org")
    assert accounts.look_up("ally") == (alice, SECRET)
    assert accounts.documents("settings") == [("alice", {"a": 1})]
    assert accounts.by_certificate("aa") == alice
    assert channels.load() == [KeptChannel("#Chat", "#chat", "alice", NOW, "", 5, {"topic": "hi"})]
    with pytest.raises(NameTaken):
        register(accounts, "ally")
    accounts.delete(1, NOW, reserve_until_ms=NOW + 5)
    assert register(accounts, "bob").account_id > 1
    channels.register(channel(founder="bob"), FULL)
    database.rest()


def described(connection: Connection) -> dict[str, object]:
    """Everything about the tables but the order in which things were said."""
    seen = inspect(connection)
    return {
        name: (
            sorted((each["name"], str(each["type"]), each["nullable"]) for each in seen.get_columns(name)),
            seen.get_pk_constraint(name)["constrained_columns"],
            sorted((each["constrained_columns"], str(each["options"])) for each in seen.get_foreign_keys(name)),
            sorted((each["column_names"], each["unique"]) for each in seen.get_indexes(name)),
            sorted(each["column_names"] for each in seen.get_unique_constraints(name)),
        )
        for name in seen.get_table_names()
    }


def test_the_migrations_make_what_the_tables_say(setting: str, at: Callable[[str, Put], str]) -> None:
    """A database that was migrated from the first version on is as one that was made at once."""
    database = open_database(at(NEWEST, lambda connection: None), Path())

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), SCHEMA))

    found = [each for each in database.read(differences) if "alembic_version" not in str(each)]
    assert found == []
    assert database.read(revision) == NEWEST
    migrated = database.read(described)

    def empty(connection: Connection) -> None:
        SCHEMA.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))

    database.write(empty)
    assert database.read(described) == {}
    database.rest()
    database = open_database(setting, Path())
    assert database.read(described) == migrated
    assert database.read(revision) == NEWEST
    database.rest()


def test_somebody_elses_tables_are_not_made_again(setting: str, at: Callable[[str, Put], str]) -> None:
    """Of two servers that find an empty database, the one whose turn comes later finds one that is not."""
    at("0001", lambda connection: None)
    database = Database(database_url(setting, Path()))
    database.write(make)
    assert database.read(revision) == NEWEST
    database.rest()


def test_a_new_file_is_ours_alone(tmp_path: Path) -> None:
    """With its log as well, whatever the process's mask; and no copy of nothing is made."""
    before = os.umask(0)
    try:
        database = open_database("", tmp_path)
        register(SqlAccounts(database))
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"chatd.db": 0o600, "chatd.db-wal": 0o600, "chatd.db-shm": 0o600}
    database.rest()
    assert [path.name for path in tmp_path.iterdir()] == ["chatd.db"]


def test_a_copy_before_a_migration(tmp_path: Path) -> None:
    """Dated, for the owner alone, and whole: it opens as the earlier version that it is."""
    path = tmp_path / "chatd.db"
    make_file(path)
    database = Database(database_url("", tmp_path))
    database.write(lambda connection: migrate(connection, "0001"))
    database.write(put_first)
    # Still open, so that what was written last is in the log beside the file.
    open_database("", tmp_path).rest()
    database.rest()
    (copy,) = tmp_path.glob("chatd.db.*")
    assert re.fullmatch(r"chatd\.db\.\d{4}-\d\d-\d\dT\d{6}Z\.schema-0001", copy.name)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert connection.execute("SELECT name FROM accounts").fetchall() == [("Alice",)]
    open_database("", tmp_path).rest()
    assert list(tmp_path.glob("chatd.db.*")) == [copy]


def test_a_migration_that_fails_changes_nothing(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one transaction: what it did before it failed is undone, and the next start can try again."""
    database = Database(database_url(setting, Path()))
    if database.file is not None:
        database.file.parent.mkdir()
        make_file(database.file)
    database.write(lambda connection: migrate(connection, "0001"))

    def break_off(connection: Connection) -> None:
        migrate(connection)
        connection.execute(text("SELECT nothing FROM nowhere"))

    with monkeypatch.context() as patch, pytest.raises(DatabaseRefused, match="cannot be opened: "):
        patch.setattr(opening, "migrate", break_off)
        open_database(setting, Path())
    assert database.read(revision) == "0001"
    database.rest()
    open_database(setting, Path()).rest()


def test_a_newer_schema_is_refused(setting: str, tmp_path: Path) -> None:
    """In one line, and nothing is touched: an older server would spoil what it does not know."""
    (tmp_path / "data").mkdir()
    database = open_database(setting, Path())
    database.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0999'")))
    with pytest.raises(DatabaseRefused) as raised:
        open_database(setting, Path())
    line = str(raised.value)
    assert line.endswith(
        f": was made by a newer chatd (its schema is 0999, known is {NEWEST}); nothing was changed"
    )
    assert "\n" not in line
    assert database.read(revision) == "0999"
    database.rest()


def test_casemapping_does_not_change_under_accounts(setting: str, tmp_path: Path) -> None:
    """Names that were folded in one way would not be found in another; without accounts it does not matter."""
    (tmp_path / "data").mkdir()
    open_database(setting, Path(), "ascii").rest()
    database = open_database(setting, Path(), "rfc1459")
    register(SqlAccounts(database))
    with pytest.raises(DatabaseRefused) as raised:
        open_database(setting, Path(), "ascii")
    assert str(raised.value) == (
        "server.casemapping: the accounts were made with 'rfc1459'; it cannot be changed to 'ascii'"
    )
    open_database(setting, Path(), "rfc1459").rest()
    database.rest()


def test_several_servers_start_at_once(setting: str, tmp_path: Path) -> None:
    """One of them makes the tables, the others find them."""
    (tmp_path / "data").mkdir()
    with ThreadPoolExecutor(4) as pool:
        databases = list(pool.map(lambda _: open_database(setting, Path()), range(4)))
    register(SqlAccounts(databases[0]))
    assert SqlAccounts(databases[3]).find("alice") is not None
    for database in databases:
        database.rest()


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"not a database, but a text" * 100, "file is not a database"), (None, "unable to open database file")],
    ids=["text", "directory"],
)  # fmt: skip
def test_what_is_no_database(tmp_path: Path, content: bytes | None, why: str) -> None:
    """One line that names the file."""
    path = tmp_path / "chatd.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(DatabaseRefused) as raised:
        open_database("", tmp_path)
    assert str(raised.value) == f"{path}: cannot be opened: {why}"


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("sqlite:///", "accounts.database: must begin with sqlite:///, with a file, or with postgresql://"),
        ("sqlite:////nowhere/at/all.db", "/nowhere/at/all.db: No such file or directory"),
        ("mysql://root:secret@db/x", "accounts.database: must begin with sqlite:///, with a file, or with postgresql://"),
        ("postgresql://u:secret@host:port/x", "accounts.database: not the address of a database"),
    ],
)
def test_what_is_no_address(setting: str, line: str) -> None:
    """One line, without the password that may be in it."""
    with pytest.raises(DatabaseRefused) as raised:
        open_database(setting, Path())
    assert str(raised.value) == line


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """PostgreSQL that cannot be reached ends the start in one line, without the password."""
    pytest.importorskip("psycopg")
    with pytest.raises(DatabaseRefused) as raised:
        open_database(f"postgresql://u:secret@/x?host={tmp_path}", Path())
    line = str(raised.value)
    assert line.startswith("postgresql+psycopg://u:***@/x?host=")
    assert ": cannot be opened: " in line
    assert "\n" not in line
    assert "secret" not in line
