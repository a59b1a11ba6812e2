"""`chatd accounts`: the command line of the tools, and what goes wrong in words."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from pathlib import Path

from chatd.config import Config, ConfigError, load
from chatd.stores.directory import DataDirectory, DirectoryTaken
from chatd.stores.sql.address import DatabaseRefused, database_url
from chatd.stores.sql.copying import copy, dated, opened
from chatd.stores.sql.opening import REVISIONS

TROUBLE = 2


class Refused(Exception):
    """It cannot be done; the message is one line that says why."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the tools to a parser."""
    tools = parser.add_subparsers(required=True, metavar="TOOL")
    for name, what, act in (
        ("backup", "Copy accounts and registered channels to FILE, while the server runs or not.", backup),
        ("restore", "Put the copy FILE in the place of the database; the server must not be running.", restore),
    ):
        tool = tools.add_parser(name, help=what, description=what)
        tool.add_argument("--config", "-c", metavar="FILE", help="configuration of the server (TOML)")
        tool.add_argument("--data", "-d", metavar="DIR", help="its data directory, instead of server.data")
        tool.add_argument("file", metavar="FILE", type=Path)
        tool.set_defaults(act=act)


def run(options: argparse.Namespace) -> int:
    """Carry out what was parsed; gives the exit status.  Trouble is one clear line."""
    try:
        config = load(Path(options.config)) if options.config else Config()
        data = Path(options.data or config.server.data).absolute()
        url = database_url(config.accounts.database, data)
        if url.get_backend_name() != "sqlite":
            raise Refused("the accounts are in PostgreSQL: use pg_dump and pg_restore")
        options.act(Path(url.database or ""), options.file, data)
    except sqlite3.Error as problem:
        words = f"the database cannot be copied: {problem}"
    except OSError as problem:
        words = f"{problem.filename}: {problem.strerror}"
    except (ConfigError, DatabaseRefused, DirectoryTaken, Refused) as problem:
        words = str(problem)
    else:
        return 0
    print(f"chatd: {words}", file=sys.stderr)
    return TROUBLE


def backup(database: Path, file: Path, data: Path) -> None:
    """``chatd accounts backup``."""
    if file.exists():
        raise Refused(f"{file}: is there already")
    found = contents(database)
    copy(database, file)
    print(f"{file}: {found}")


def restore(database: Path, file: Path, data: Path) -> None:
    """``chatd accounts restore``; what was there before stays beside it, in a copy."""
    found = contents(file)
    directory = DataDirectory(data)
    try:
        kept = dated(database, "replaced")
        if database.exists():
            copy(database, kept)
            print(f"{kept}: what was there before")
        # What a server that was killed has still to save belongs to that, also when somebody has removed it.
        journal = data / "journal"
        if journal.exists():
            journal.rename(data / f"journal{kept.name.removeprefix(database.name)}")
        # What is written there belongs to the file that goes.
        for ending in ("-wal", "-shm"):
            database.with_name(database.name + ending).unlink(missing_ok=True)
        copy(file, database)
    finally:
        directory.release()
    print(f"{database}: {found}")


def contents(file: Path) -> str:
    """What is in a database, in words; raises Refused for one that no server could start on."""
    if not file.exists():
        raise Refused(f"{file}: is not there")
    with opened(file) as connection:
        try:
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            numbers = [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("accounts", "channels")
            ]
        except sqlite3.DatabaseError as problem:
            raise Refused(f"{file}: no database of accounts: {problem}") from None
    if state != "ok":
        raise Refused(f"{file}: is damaged: {state}")
    if revision not in REVISIONS:
        raise Refused(f"{file}: was made by a newer chatd")
    return "accounts: {}, registered channels: {}".format(*numbers)
