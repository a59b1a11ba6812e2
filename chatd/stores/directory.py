"""The data directory: made when it is not there, held by one server at a time, with a secret kept in it.

Knows nothing of what else is in it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path

SECRET_LETTERS = 16
"""A shorter secret is none."""


class DirectoryTaken(Exception):
    """Another server is running on the directory; the message says so."""


def this_process() -> str:
    """Who we are, for somebody who wonders who has something."""
    return f"process {os.getpid()} on {os.uname().nodename}"


class Held:
    """A file that is locked from here on until ``release``, or until the process is gone; says in it who has it.

    The lock is of the open file, so that it is inherited when twistd goes into the background.
    """

    def __init__(self, path: Path, what: str) -> None:
        """Raises DirectoryTaken for ``what``, and OSError with the file it is about."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            holder = os.pread(self._file, 200, 0).decode(errors="replace").strip()
            self.release()
            if problem.errno == errno.EWOULDBLOCK:
                raise DirectoryTaken(f"{what}{f' ({holder})' if holder else ''}") from None
            raise OSError(problem.errno, problem.strerror, str(path)) from None
        self.sign()

    def sign(self) -> None:
        """Say who has it; the process may be another one by now."""
        with suppress(OSError):  # a full disk is no reason not to start
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{this_process()}\n".encode(), 0)

    def release(self) -> None:
        """Let another server have it; to do so twice does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class DataDirectory:
    """A directory that is ours from here on until ``release``, or until the process is gone, however it ends."""

    def __init__(self, path: Path) -> None:
        """Make and take it; raises DirectoryTaken, and OSError with the file it is about."""
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held = Held(path / "lock", f"{path}: another server is running on this data directory")
        self.sign, self.release = self._held.sign, self._held.release

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
