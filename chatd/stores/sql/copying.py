"""Copies of a database of SQLite: whole whoever is using it meanwhile, in one file, readable by its owner alone."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote


def opened(file: Path) -> closing[sqlite3.Connection]:
    """Open a file that is there, to read it; raises sqlite3.Error."""
    return closing(sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro", uri=True))


def copy(file: Path, target: Path) -> None:
    """Copy a database in the place of ``target``, on the disk when this returns; raises OSError, sqlite3.Error."""
    fresh = target.with_name(f"{target.name}.new")
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with opened(file) as source, closing(sqlite3.connect(fresh)) as made:
            source.backup(made)
            # One file, without a log beside it.
            made.execute("PRAGMA journal_mode = DELETE")
        _sync(fresh)
        os.replace(fresh, target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _sync(target.parent)


def back_up(file: Path, why: str) -> Path:
    """Copy a database to a dated file beside it; raises OSError, sqlite3.Error."""
    target = dated(file, why)
    copy(file, target)
    return target


def dated(file: Path, why: str) -> Path:
    """What a file that is kept beside the one in use is called."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    return file.with_name(f"{file.name}.{moment}.{why}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
