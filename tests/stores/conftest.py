"""The contract suite's stores: every test that takes ``stores`` is played on each implementation.

PostgreSQL is used when CHATD_TEST_POSTGRES is the URL of one on which databases may be made; each test has its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Postgres
from sqlalchemy import make_url
from stored import Stores, in_database, in_memory

from chatd.stores.sql import address
from chatd.stores.sql.opening import open_database

KINDS = ("memory", "sqlite", "postgresql")


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of SQLite with all tables and nothing in them."""
    directory = tmp_path_factory.mktemp("sqlite")
    open_database("", directory)
    return directory / "chatd.db"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server, or the test is skipped."""
    setting = os.environ.get("CHATD_TEST_POSTGRES")
    if not setting:
        pytest.skip("CHATD_TEST_POSTGRES names no PostgreSQL (.ci/run starts one)")
    server = Postgres(setting)
    yield server
    server.drop()


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """The name of a database of PostgreSQL with all tables and nothing in them."""
    setting = postgres.make()
    open_database(setting, Path())
    name = make_url(setting).database
    assert name is not None
    return name


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with other things may take its time; who waits for each other is seen all the same."""
    patient = {"connect_timeout": 60, "options": "-c lock_timeout=60s -c statement_timeout=60s"}
    monkeypatch.setattr(address, "_POSTGRESQL", address._POSTGRESQL | patient)
    monkeypatch.setattr(address, "_PRAGMAS", ("busy_timeout = 60000", *address._PRAGMAS[1:]))
    monkeypatch.setattr(address, "BUSY_S", 60.0)


@pytest.fixture(params=KINDS[1:])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables; SQLite's file is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'chatd.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.make()


@pytest.fixture(params=KINDS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Empty stores."""
    if request.param == "memory":
        yield in_memory()
        return
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_file"), tmp_path / "chatd.db")
        setting = f"sqlite:///{tmp_path / 'chatd.db'}"
    else:
        setting = request.getfixturevalue("postgres").make(request.getfixturevalue("template"))
    opened = in_database(setting)
    yield opened
    opened.accounts.close()
