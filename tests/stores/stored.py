"""What the tests of the stores are played on, and what they put in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from chatd.core.accounts import Account, Credentials, Invitation, PendingCode, ScramVerifier, SessionToken
from chatd.core.kept import KeptChannel
from chatd.interfaces import AccountStore, ChannelStore
from chatd.stores.memory import MemoryAccounts
from chatd.stores.memory_channels import MemoryChannels
from chatd.stores.shelf import Shelf
from chatd.stores.sql.accounts import SqlAccounts
from chatd.stores.sql.channels import SqlChannels
from chatd.stores.sql.opening import open_database

NOW = 1_700_000_000_000
DAY = 86_400_000
SECRET = Credentials("$2b$04$hash", ScramVerifier(b"salt\0\xff", 4096, b"stored" * 5, b"server" * 5))
OTHER = Credentials("$2b$05$other")
FULL = 100


class Stores(NamedTuple):
    """Both stores of one database; ``again`` opens what another server on it would have."""

    accounts: AccountStore
    channels: ChannelStore
    again: Callable[[], Stores]


def in_memory() -> Stores:
    """Two stores on one shelf."""
    shelf = Shelf()

    def again() -> Stores:
        return Stores(MemoryAccounts(shelf), MemoryChannels(shelf), again)

    return again()


def in_database(setting: str) -> Stores:
    """Two stores on a database that is there."""

    def again() -> Stores:
        database = open_database(setting, Path())
        return Stores(SqlAccounts(database), SqlChannels(database), again)

    return again()


def register(accounts: AccountStore, name: str = "Alice", **more: Any) -> Account:
    """An account with a password."""
    return accounts.register(name, name.lower(), SECRET, NOW, **more)


def code(purpose: str = "register", word: bytes = b"right", **more: Any) -> PendingCode:
    """A code that holds for a day."""
    return PendingCode(purpose, word, **{"expires_ms": NOW + DAY, **more})


def token(account: Account, token_id: str = "one", **more: Any) -> SessionToken:
    """A token that was never used again."""
    values = {"device": "phone", "address": "192.0.2.1", "created_ms": NOW, "used_ms": NOW, **more}
    return SessionToken(token_id, account.account_id, b"hash", **values)


def invitation(word: bytes = b"welcome", **more: Any) -> Invitation:
    """An invitation of the server's for one."""
    return Invitation(word, **{"uses_left": 1, **more})


def channel(name: str = "#Chat", founder: str = "alice", **more: Any) -> KeptChannel:
    """A registered channel."""
    return KeptChannel(name, name.lower(), founder, NOW, **more)
