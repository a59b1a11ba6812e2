"""Opening a database at start: its schema is brought up to date, after a back-up copy; or one line says why not.

Several servers may start on one database at one time: one of them migrates, the others wait for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, inspect, select, text

from chatd.core.accounts import StoreError
from chatd.stores.directory import DirectoryTaken
from chatd.stores.sql.address import DatabaseRefused, database_url, make_file
from chatd.stores.sql.asking import count
from chatd.stores.sql.copying import back_up
from chatd.stores.sql.database import Database, nobody
from chatd.stores.sql.holding import HeldByAnother
from chatd.stores.sql.schema import ACCOUNTS, FACTS, SCHEMA

REVISIONS = ("0001", "0002", "0003")
"""Every version of the schema, in their order."""
NEWEST = REVISIONS[-1]
_VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""As Alembic makes it."""
_MIGRATING = 0x63686174  # "chat": what servers that start on one database of PostgreSQL take turns by


def open_database(
    setting: str, data: Path, casemapping: str = "ascii", report: Callable[[str], None] = nobody, alone: bool = False
) -> Database:
    """Open what ``accounts.database`` names, ready to be asked; raises DatabaseRefused.

    ``report`` is told, in any thread, what goes wrong from then on.  ``alone`` keeps all other servers off it, before
    anything is changed.
    """
    database = Database(database_url(setting, data))
    try:
        if database.file is not None:
            make_file(database.file)
        if alone:
            database.hold(data)
        found = database.read(revision)
        if found is None:
            database.write(make)
        elif found != NEWEST:
            _check(database, found)
            if database.file is not None:
                back_up(database.file, f"schema-{found}")
            database.write(migrate)
        database.write(lambda connection: _fold_by(connection, casemapping))
    except OSError as problem:
        raise DatabaseRefused(f"{problem.filename}: {problem.strerror}") from None
    except HeldByAnother as problem:
        raise DatabaseRefused(f"{database}: {problem}") from None
    except DirectoryTaken as problem:
        raise DatabaseRefused(str(problem)) from None
    except (StoreError, sqlite3.Error) as problem:
        raise DatabaseRefused(f"{database}: cannot be opened: {problem}") from None
    finally:
        database.rest()
    database.report_to(report)
    return database


def revision(connection: Connection) -> str | None:
    """The version of the schema that is there, None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _check(database: Database, found: str) -> None:
    if found not in REVISIONS:
        raise DatabaseRefused(
            f"{database}: was made by a newer chatd (its schema is {found}, known is {NEWEST}); nothing was changed"
        )


def _take_turn(connection: Connection) -> None:
    """Wait for others who start on this database, however long they take."""
    if connection.dialect.name == "postgresql":
        for statement in ("SET LOCAL lock_timeout = 0", "SET LOCAL statement_timeout = 0"):
            connection.execute(text(statement))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})


def _fold_by(connection: Connection, casemapping: str) -> None:
    """Names that were folded in one way are not found in another; raises DatabaseRefused."""
    _take_turn(connection)
    fact = FACTS.c.fact == "casemapping"
    found = connection.execute(select(FACTS.c.value).where(fact)).scalar()
    if found == casemapping:
        return
    if found is not None and count(connection, ACCOUNTS):
        raise DatabaseRefused(
            f"server.casemapping: the accounts were made with {found!r}; it cannot be changed to {casemapping!r}"
        )
    connection.execute(delete(FACTS).where(fact))
    connection.execute(insert(FACTS).values(fact="casemapping", value=casemapping))


def make(connection: Connection) -> None:
    """Make the tables in an empty database, without the migrations, whose library takes long to load."""
    _take_turn(connection)
    if revision(connection) is None:
        SCHEMA.create_all(connection)
        _VERSIONS.create(connection)
        connection.execute(insert(_VERSIONS).values(version_num=NEWEST))
    else:  # somebody else's turn was before ours
        migrate(connection)


def migrate(connection: Connection, target: str = NEWEST) -> None:
    """Bring the schema from whatever it is to ``target``, in the transaction that is under way."""
    # Takes long to load, and is seldom needed.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    _take_turn(connection)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with EnvironmentContext(config, script, fn=lambda found, _: script._upgrade_revs(target, found)) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
