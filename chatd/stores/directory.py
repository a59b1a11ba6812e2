"""The data directory: made when it is not there, held by one server at a time, with a secret kept in it.

Knows nothing of what else is in it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from pathlib import Path

SECRET_LETTERS = 16
"""A shorter secret is none."""


class DirectoryTaken(Exception):
    """Another server is running on the directory; the message says so."""


class DataDirectory:
    """A directory that is ours from here on until ``release``, or until the process is gone, however it ends.

    What holds it is a lock of the open file, so that it is inherited when twistd goes into the background.
    """

    def __init__(self, path: Path) -> None:
        """Make and take it; raises DirectoryTaken, and OSError with the file it is about."""
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = path / "lock"
        self._lock = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            self.release()
            if problem.errno == errno.EWOULDBLOCK:
                raise DirectoryTaken(f"{path}: another server is running on this data directory") from None
            raise OSError(problem.errno, problem.strerror, str(lock)) from None

    def release(self) -> None:
        """Let another server have it; to do so twice does nothing."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def secret(self, name: str) -> str:
        """A secret made at first start, in a file that only we can read; raises OSError.

        Raises ValueError for a file without one: to go on with an empty secret would be to have none.
        """
        path = self.path / name
        if path.exists():
            secret = path.read_text(encoding="utf-8", errors="replace").strip()
            if len(secret) < SECRET_LETTERS:
                raise ValueError(f"{path}: holds no secret; remove it, and another one is made")
            return secret
        secret = secrets.token_hex(32)
        fresh = path.with_name(f"{name}.new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
        return secret
