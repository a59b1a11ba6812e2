"""The data directory: its lock and its secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chatd.stores.directory import DataDirectory, DirectoryTaken


def test_is_made_for_us_alone(tmp_path: Path) -> None:
    """A directory that is not there is made, and nobody else may look into it."""
    DataDirectory(tmp_path / "a" / "b").release()
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_one_server_at_a_time(tmp_path: Path) -> None:
    """Who comes second is told why; once the first has let it go, anybody may have it."""
    first = DataDirectory(tmp_path)
    with pytest.raises(DirectoryTaken) as raised:
        DataDirectory(tmp_path)
    who = f"process {os.getpid()} on {os.uname().nodename}"
    assert str(raised.value) == f"{tmp_path}: another server is running on this data directory ({who})"
    first.release()
    DataDirectory(tmp_path).release()


def test_a_refused_server_leaves_nothing_open(tmp_path: Path) -> None:
    """The file of the lock is closed again."""
    first = DataDirectory(tmp_path)
    before = sorted(os.listdir("/proc/self/fd"))
    with pytest.raises(DirectoryTaken):
        DataDirectory(tmp_path)
    assert sorted(os.listdir("/proc/self/fd")) == before
    first.release()


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    """The same secret as long as its file is there, readable by its owner alone, with nothing else left behind."""
    directory = DataDirectory(tmp_path)
    secret = directory.secret("cloak.secret")
    assert len(secret) == 64
    assert directory.secret("cloak.secret") == secret
    assert (tmp_path / "cloak.secret").stat().st_mode & 0o777 == 0o600
    assert sorted(os.listdir(tmp_path)) == ["cloak.secret", "lock"]
    directory.release()


@pytest.mark.parametrize("content", [b"", b"\n", b"short"])
def test_an_empty_secret_is_none(tmp_path: Path, content: bytes) -> None:
    """With an empty key anybody could work out whose cloak is whose."""
    (tmp_path / "cloak.secret").write_bytes(content)
    directory = DataDirectory(tmp_path)
    with pytest.raises(ValueError, match="holds no secret; remove it, and another one is made"):
        directory.secret("cloak.secret")
    directory.release()
