"""What the stores in memory share: everything that a database would hold, under one lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from chatd.core.accounts import (
    Account,
    Credentials,
    Invitation,
    NameTaken,
    NoSuchAccount,
    PendingCode,
    SessionToken,
    StoreUnavailable,
)
from chatd.core.kept import KeptChannel


class Shelf:
    """Everything there is; ``is_gone`` makes every call fail as if the database were."""

    def __init__(self) -> None:
        self.is_gone = False
        self.newest_id = 0
        self.accounts: dict[int, Account] = {}
        self.credentials: dict[int, Credentials] = {}
        self.nicks: dict[str, tuple[int, str]] = {}
        self.reserved: dict[str, int] = {}
        self.codes: dict[tuple[int, str], PendingCode] = {}
        self.certificates: dict[str, tuple[int, int]] = {}
        self.tokens: dict[str, SessionToken] = {}
        self.invitations: dict[bytes, Invitation] = {}
        self.documents: dict[tuple[int, str], bytes] = {}
        self.channels: dict[str, KeptChannel] = {}
        self._lock = Lock()

    @contextmanager
    def asked(self) -> Iterator[None]:
        """One call at a time; raises StoreUnavailable."""
        with self._lock:
            if self.is_gone:
                raise StoreUnavailable("the database is gone")
            yield

    def account(self, account_id: int) -> Account:
        """Raises NoSuchAccount."""
        account = self.accounts.get(account_id)
        if account is None:
            raise NoSuchAccount
        return account

    def take_name(self, folded: str, account_id: int) -> None:
        """Raises NameTaken when another account has a nickname, or had it not long ago."""
        holder, _ = self.nicks.get(folded, (account_id, ""))
        if holder != account_id or folded in self.reserved:
            raise NameTaken

    def forget(self, account_id: int) -> Account:
        """Everything about an account but its channels."""
        account = self.accounts.pop(account_id)
        self.credentials.pop(account_id, None)
        self.nicks = {folded: nick for folded, nick in self.nicks.items() if nick[0] != account_id}
        self.codes = {key: code for key, code in self.codes.items() if key[0] != account_id}
        self.certificates = {key: of for key, of in self.certificates.items() if of[0] != account_id}
        self.tokens = {key: token for key, token in self.tokens.items() if token.account_id != account_id}
        self.invitations = {key: each for key, each in self.invitations.items() if each.maker_id != account_id}
        self.documents = {key: each for key, each in self.documents.items() if key[0] != account_id}
        return account
