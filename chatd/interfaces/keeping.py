"""Ports of what else survives a restart: registered channels, bans from the server, notes of what is not stored yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from chatd.core.kept import KeptBan, KeptChannel, Note


class ChannelStore(Protocol):
    """Where registered channels are kept; what is said of ``AccountStore`` holds here as well.

    Founders and successors are folded names of accounts (not of other nicknames); raises NoSuchAccount for others.
    """

    def load(self) -> list[KeptChannel]:
        """All of them."""

    def register(self, channel: KeptChannel, limit: int) -> None:
        """Keep one more; raises NameTaken, and TooMany when its founder has ``limit``."""

    def save(self, channel: KeptChannel) -> None:
        """Replace what is kept of a channel; raises NoSuchChannel."""

    def rename(self, old_folded: str, channel: KeptChannel) -> None:
        """Replace what is kept of a channel that had another name; raises NoSuchChannel, NameTaken."""

    def drop(self, folded: str) -> bool:
        """Keep a channel no longer; say whether it was there."""


class ServerBanStore(Protocol):
    """Where bans from the server survive a restart."""

    def load(self) -> list[KeptBan]:
        """Read them, once, before the server starts; raises OSError or ValueError."""

    def save(self, bans: list[KeptBan]) -> None:
        """Write all of them, in place of what was there; called in a thread, one call at a time.  Raises OSError."""


class Journal(Protocol):
    """What is not in its store yet; calls give bytes to the operating system, others force them to disk at leisure."""

    @property
    def size(self) -> int:
        """The bytes of all notes, old ones included."""

    def load(self) -> list[Note]:
        """Of each kind and key the last note, in their order; read once, before the server starts.  Raises OSError."""

    def append(self, note: Note) -> None:
        """One more; raises OSError, and then it is not there."""

    def replace(self, notes: Iterable[Note]) -> None:
        """These and no others, of which nothing is left, from when ``is_replaced`` says so; raises OSError.

        Until then, and when that fails, all is as it was.  That there are none is true at once.
        """

    def is_replaced(self) -> bool:
        """Say whether what ``replace`` was last told is done; raises OSError, once, if it has failed meanwhile."""

    def reserve(self) -> None:
        """Take room for the notes to come; raises OSError."""
