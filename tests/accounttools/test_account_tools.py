"""`chatd accounts backup` and `restore`: whole copies, from beside a running server, and never over one."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chatd.__main__ import main
from chatd.stores.directory import DataDirectory
from chatd.stores.sql.accounts import SqlAccounts
from chatd.stores.sql.opening import open_database


@pytest.fixture
def accounts(tmp_path: Path) -> SqlAccounts:
    """A store that is open, as a running server's is, with one account."""
    (tmp_path / "data").mkdir()
    store = SqlAccounts(open_database("", tmp_path / "data"))
    store.register("alice", "alice", None, 1)
    return store


def chatd(tmp_path: Path, tool: str, file: Path) -> int:
    """Run the command."""
    return main(["accounts", tool, "--data", str(tmp_path / "data"), str(file)])


def test_there_and_back(accounts: SqlAccounts, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy beside an open store has what was written last; put back, it is what the next start finds."""
    copy = tmp_path / "copy"
    assert chatd(tmp_path, "backup", copy) == 0
    assert capsys.readouterr().out == f"{copy}: accounts: 1, registered channels: 0\n"
    assert copy.stat().st_mode & 0o777 == 0o600
    accounts.register("bob", "bob", None, 1)
    accounts.close()
    assert chatd(tmp_path, "restore", copy) == 0
    kept, done = capsys.readouterr().out.splitlines()
    assert done == f"{tmp_path}/data/chatd.db: accounts: 1, registered channels: 0"
    replaced = Path(kept.removesuffix(": what was there before"))
    restored = SqlAccounts(open_database("", tmp_path / "data"))
    assert [folded for folded, _ in restored.owners()] == ["alice"]
    restored.close()
    with closing(sqlite3.connect(replaced)) as connection:
        assert connection.execute("SELECT name FROM accounts").fetchall() == [("alice",), ("bob",)]
    names = sorted(path.name for path in (tmp_path / "data").iterdir())
    assert names == ["chatd.db", replaced.name, "lock"]
    assert replaced.name.endswith(".replaced")


def test_a_log_that_was_left_behind(accounts: SqlAccounts, tmp_path: Path) -> None:
    """After a crash the old file's log is there still: it must not be played into the file that was put back."""
    assert chatd(tmp_path, "backup", tmp_path / "copy") == 0
    accounts.register("bob", "bob", None, 1)
    # Still open, as if nobody had had the time to close it.
    assert (tmp_path / "data" / "chatd.db-wal").stat().st_size > 0
    assert chatd(tmp_path, "restore", tmp_path / "copy") == 0
    restored = SqlAccounts(open_database("", tmp_path / "data"))
    assert [folded for folded, _ in restored.owners()] == ["alice"]
    restored.close()


def test_never_under_a_running_server(
    accounts: SqlAccounts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Restoring says why not, and changes nothing."""
    assert chatd(tmp_path, "backup", tmp_path / "copy") == 0
    accounts.register("bob", "bob", None, 1)
    capsys.readouterr()
    server = DataDirectory(tmp_path / "data")
    assert chatd(tmp_path, "restore", tmp_path / "copy") == 2
    server.release()
    why = f"another server is running on this data directory (process {os.getpid()} on {os.uname().nodename})"
    assert capsys.readouterr().err == f"chatd: {tmp_path}/data: {why}\n"
    assert len(accounts.owners()) == 2


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (None, "is not there"),
        ("DROP TABLE alembic_version", "no database of accounts: no such table: alembic_version"),
        ("UPDATE alembic_version SET version_num = '0999'", "was made by a newer chatd"),
    ],
)
def test_what_cannot_be_restored(
    accounts: SqlAccounts, tmp_path: Path, capsys: pytest.CaptureFixture[str], statement: str | None, why: str
) -> None:
    """A file that no server could start on is refused before anything is changed."""
    copy = tmp_path / "copy"
    if statement is not None:
        chatd(tmp_path, "backup", copy)
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute(statement)
            connection.commit()
    capsys.readouterr()
    accounts.close()
    assert chatd(tmp_path, "restore", copy) == 2
    assert capsys.readouterr().err == f"chatd: {copy}: {why}\n"
    assert SqlAccounts(open_database("", tmp_path / "data")).find("alice") is not None


def test_damage_is_seen(accounts: SqlAccounts, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy whose pages were spoilt is refused."""
    for number in range(200):
        accounts.register(f"user{number}", f"user{number}", None, 1)
    copy = tmp_path / "copy"
    assert chatd(tmp_path, "backup", copy) == 0
    octets = bytearray(copy.read_bytes())
    octets[4096 * 20 :] = b"\xa5" * len(octets[4096 * 20 :])
    copy.write_bytes(octets)
    capsys.readouterr()
    assert chatd(tmp_path, "restore", copy) == 2
    assert f"chatd: {copy}: " in capsys.readouterr().err
    assert len(accounts.owners()) == 201


def test_nothing_is_overwritten(accounts: SqlAccounts, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy that is there already stays."""
    (tmp_path / "copy").write_text("something")
    assert chatd(tmp_path, "backup", tmp_path / "copy") == 2
    assert capsys.readouterr().err == f"chatd: {tmp_path}/copy: is there already\n"
    assert (tmp_path / "copy").read_text() == "something"


def test_trouble_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No database, a place that is not there, another kind of database."""
    assert chatd(tmp_path, "backup", tmp_path / "copy") == 2
    open_database("", tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "chatd.db").rename(tmp_path / "data" / "chatd.db")
    assert chatd(tmp_path, "backup", tmp_path / "none" / "copy") == 2
    (tmp_path / "some.toml").write_text('[accounts]\ndatabase = "postgresql://u:secret@h/x"\n')
    assert main(["accounts", "backup", "--config", str(tmp_path / "some.toml"), "copy"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"chatd: {tmp_path}/data/chatd.db: is not there",
        f"chatd: {tmp_path}/none/copy.new: No such file or directory",
        "chatd: the accounts are in PostgreSQL: use pg_dump and pg_restore",
    ]


@pytest.mark.parametrize("is_lost", [False, True])
def test_what_was_still_to_be_saved_is_kept_with_what_is_replaced(
    accounts: SqlAccounts, tmp_path: Path, is_lost: bool
) -> None:
    """The next start does not put changes from after the copy into what was restored, in the place of whatever."""
    data = tmp_path / "data"
    assert chatd(tmp_path, "backup", tmp_path / "copy") == 0
    accounts.close()
    (data / "journal").write_bytes(b"changes")
    if is_lost:
        (data / "chatd.db").unlink()
    assert chatd(tmp_path, "restore", tmp_path / "copy") == 0
    assert not (data / "journal").exists()
    (kept,) = data.glob("journal.*.replaced")
    assert kept.read_bytes() == b"changes"
