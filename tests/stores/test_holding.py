"""One server at a time on one database: who has it, and what becomes of that when connections are lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Postgres
from sqlalchemy import make_url, text

from chatd.core.accounts import StoreUnavailable
from chatd.stores.directory import DirectoryTaken
from chatd.stores.sql import holding
from chatd.stores.sql.address import DatabaseRefused
from chatd.stores.sql.database import Database
from chatd.stores.sql.opening import open_database

US = f"process {os.getpid()} on {os.uname().nodename}"


@pytest.fixture
def setting(postgres: Postgres, template: str) -> str:
    """A database of PostgreSQL of its own."""
    return postgres.make(template)


@pytest.fixture
def first(setting: str) -> Iterator[Database]:
    """A server that has it."""
    database = open_database(setting, Path(), alone=True)
    yield database
    database.release()
    database.rest()


def ask(database: Database) -> object:
    """Anything."""
    return database.read(lambda connection: connection.execute(text("SELECT 1")).scalar())


def test_who_comes_second_is_told_who_has_it(first: Database, setting: str) -> None:
    """And once that has let it go, anybody may have it."""
    with pytest.raises(DatabaseRefused) as raised:
        open_database(setting, Path(), alone=True)
    shown = make_url(setting).set(drivername="postgresql+psycopg").render_as_string(hide_password=True)
    assert str(raised.value) == f"{shown}: another server is using this database ({US}, from this machine)"
    assert ask(first) == 1
    first.release()
    second = open_database(setting, Path(), alone=True)
    second.release()
    second.rest()


def test_other_databases_of_the_same_server(first: Database, postgres: Postgres, template: str) -> None:
    """Each has a lock of its own."""
    other = open_database(postgres.make(template), Path(), alone=True)
    assert ask(other) == ask(first) == 1
    other.release()
    other.rest()


def kill_all(postgres: Postgres, database: Database) -> None:
    """PostgreSQL ends all connections to a database, as when it restarts."""
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        f" AND datname = '{database.url.database}'"
    )


def test_it_is_taken_again(first: Database, setting: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has lost the connection with the lock has it again before anything else is asked."""
    monkeypatch.setattr(holding, "LOOK_S", 0.0)
    kill_all(postgres, first)
    assert ask(first) == 1
    with pytest.raises(DatabaseRefused, match="another server is using this database"):
        open_database(setting, Path(), alone=True)


def test_another_one_was_faster(
    first: Database, setting: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing is asked and nothing is written, and that is reported, until the other one is gone."""
    monkeypatch.setattr(holding, "LOOK_S", 0.0)
    told: list[str] = []
    first.report_to(told.append)
    kill_all(postgres, first)
    second = open_database(setting, Path(), alone=True)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="another server is using this database"):
            first.write(lambda connection: connection.execute(text("SELECT 1")))
    assert len(told) == 1 and "another server is using this database" in told[0]
    second.release()
    second.rest()
    assert first.write(lambda connection: connection.execute(text("SELECT 1")).scalar()) == 1


def test_it_is_signed_by_the_process_that_goes_on(first: Database, setting: str) -> None:
    """The lock stays the same database's."""
    first.sign()
    with pytest.raises(DatabaseRefused, match="another server"):
        open_database(setting, Path(), alone=True)


def test_a_file_elsewhere(tmp_path: Path) -> None:
    """SQLite's file, where it is not in the data directory, which is held by itself."""
    setting = f"sqlite:///{tmp_path}/shared.db"
    database = open_database(setting, tmp_path / "one", alone=True)
    with pytest.raises(DatabaseRefused) as raised:
        open_database(setting, tmp_path / "two", alone=True)
    assert str(raised.value) == f"{tmp_path}/shared.db: another server is using this database ({US})"
    database.release()
    again = open_database(setting, tmp_path / "two", alone=True)
    with pytest.raises(DirectoryTaken):
        Database(again.url).hold(tmp_path / "three")
    again.release()


def test_a_tool_does_not_need_it(tmp_path: Path) -> None:
    """What only copies the file may do so while a server has it."""
    setting = f"sqlite:///{tmp_path}/shared.db"
    database = open_database(setting, tmp_path / "one", alone=True)
    assert ask(open_database(setting, tmp_path / "two")) == 1
    database.release()
