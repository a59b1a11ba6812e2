"""What a client has said itself, under whatever names it was logged."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.archive import Entry, Tenure
from chatd.core.names import log_name
from chatd.core.search import is_within
from chatd.interfaces import AccountStore
from chatd.reading.access import begun, names_of


class Own:
    """Knows the names of a client, and when it had them; those of its account only once it was ``settled``."""

    __slots__ = ("_account", "_fold", "_names", "_tenures")

    def __init__(self, ctx: Context) -> None:
        account = ctx.user.account
        self._fold = ctx.network.fold
        self._account = self._fold(account) if account is not None else ""
        self._names = names_of(ctx.user)
        self._tenures: dict[str, list[Tenure]] | None = None

    def settle(self, accounts: AccountStore) -> None:
        """Look up what the account was called before, in a thread.  Raises StoreError."""
        if self._tenures is not None:
            return
        tenures: dict[str, list[Tenure]] = {}
        for tenure in begun(self._names, self._account, accounts):
            tenures.setdefault(tenure.name, []).append(tenure)
        self._tenures = tenures

    def said(self, entry: Entry) -> bool:
        """Say whether a message is the client's."""
        account = entry.tags.get("account")
        name = log_name(self._fold(entry.nick), None if account is None else self._fold(account))
        tenures = (self._tenures or {}).get(name, ())
        return any(is_within(entry, tenure.since, tenure.until) for tenure in tenures)
