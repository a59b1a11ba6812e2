"""An account that is renamed while something is to be written about it."""

from __future__ import annotations

from typing import Final

from chatd.core.accounts import NAMES, Account, earlier_names
from chatd.interfaces import AccountStore

UNDERWAY_MS: Final = 300_000
"""How long a renaming may have been on its way: it has the moment at which it was asked for."""


def account_since(store: AccountStore, folded: str, since_ms: int) -> Account | None:
    """The account that had this name at that moment, whatever it is called by now; None when it is gone.

    Asks the store, and so belongs in a thread; nobody else can have taken the name before the server hears of that.
    """
    found = store.find(folded)
    if found is not None and found.folded == folded and found.created_ms <= since_ms:
        return found
    for now, kept in store.documents(NAMES):
        for old, renamed, lost_ms in earlier_names(kept, now):
            if old == folded and lost_ms > since_ms - UNDERWAY_MS:
                return store.find(renamed)
    return None
