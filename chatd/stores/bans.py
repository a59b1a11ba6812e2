"""The server's bans in one JSON file, replaced as a whole so that a crash leaves the old or the new one.

Knows nothing of what a ban does.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

import msgspec

from chatd.core.kept import KeptBan


class BanFile:
    """Implements ``interfaces.ServerBanStore``; the file's directory must exist."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = Lock()

    def load(self) -> list[KeptBan]:
        """Read what was saved; none without a file.  Raises OSError, and ValueError for a file that is no such list."""
        try:
            octets = self.path.read_bytes()
        except FileNotFoundError:
            return []
        try:
            return msgspec.json.decode(octets, type=list[KeptBan])
        except msgspec.DecodeError as problem:
            raise ValueError(f"{self.path}: not a list of bans: {problem}") from None

    def save(self, bans: list[KeptBan]) -> None:
        """Replace the file, readable by its owner alone; blocks for the disk.  Raises OSError."""
        octets = msgspec.json.format(msgspec.json.encode(bans)) + b"\n"
        fresh = self.path.with_name(f"{self.path.name}.new")
        with self._lock:
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(descriptor)
            os.replace(fresh, self.path)
            directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
