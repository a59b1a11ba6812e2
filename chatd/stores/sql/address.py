"""Which database the configuration means, and how it is connected to.

SQLite's file is ours alone: made with mode 0600, never made anew when it has gone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

DEFAULT_FILE = "chatd.db"
BUSY_S = 2.0
"""How long a call waits for others who use the database; then it is unavailable."""
WRITES = "chatd_writes"
"""The execution option of a connection that is going to write."""

_PRAGMAS = (
    f"busy_timeout = {int(BUSY_S * 1000)}",
    "journal_mode = WAL",
    # A commit is on the disk when it returns, whatever happens to the machine.
    "synchronous = FULL",
    "foreign_keys = ON",
    # What was deleted is overwritten: people who have left are gone from the file.
    "secure_delete = ON",
)
_POSTGRESQL = {
    "connect_timeout": 3,
    "application_name": "chatd",
    "options": f"-c lock_timeout={int(BUSY_S * 1000)} -c statement_timeout=15000",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class DatabaseRefused(Exception):
    """The server cannot start on this database; the message is one line that says why."""


def database_url(setting: str, data: Path) -> URL:
    """Read ``accounts.database``; "" is a file in the data directory.  Raises DatabaseRefused."""
    if not setting:
        return URL.create("sqlite", database=str(data / DEFAULT_FILE))
    try:
        url = make_url(setting)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        # What was written may hold a password.
        raise DatabaseRefused("accounts.database: not the address of a database") from None
    if backend == "sqlite" and url.database:
        return URL.create("sqlite", database=str(Path(url.database).absolute()))
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise DatabaseRefused("accounts.database: must begin with sqlite:///, with a file, or with postgresql://")


def make_engine(url: URL) -> Engine:
    """Prepare to connect; nothing is opened yet.  Raises DatabaseRefused when the driver is missing."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    try:
        return create_engine(
            url, connect_args=_postgresql(url), hide_parameters=True, pool_pre_ping=True,
            pool_size=5, max_overflow=15, pool_timeout=BUSY_S,
        )  # fmt: skip
    except ModuleNotFoundError:
        raise DatabaseRefused("accounts.database: PostgreSQL needs psycopg; pip install 'chatd[postgres]'") from None


def _postgresql(url: URL) -> dict[str, Any]:
    """What we want, under what the configuration says."""
    given: dict[str, Any] = dict(url.query)
    options = f"{_POSTGRESQL['options']} {given.pop('options', '')}"
    return {**_POSTGRESQL, **given, "options": options}


def make_file(path: Path) -> None:
    """Make SQLite's file where there is none, readable by its owner alone; raises OSError."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url, creator=_opening(Path(url.database or "")), hide_parameters=True,
        pool_size=5, max_overflow=15, pool_timeout=BUSY_S,
    )  # fmt: skip
    event.listen(engine, "begin", _begin)
    return engine


def _opening(path: Path) -> Callable[[], sqlite3.Connection]:
    where = f"file:{quote(str(path))}?mode=rw"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(where, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    return connect


def _begin(connection: Connection) -> None:
    """Take the lock for writing at once: one that is only taken later can fail in the middle, without any waiting."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")
