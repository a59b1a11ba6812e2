"""What somebody chooses for an account is on disk before it is so: one after another, as they are kept together."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from chatd.accounts.choices import keep
from chatd.context import Node
from chatd.core.accounts import Account, Json, NoSuchAccount
from chatd.core.user import User
from chatd.core.wishes import ALWAYS_ON, KIND
from chatd.presence.document import document_of
from chatd.presence.saving import PRESENCE


def turn_of(account: str, name: str) -> Hashable:
    """What is written after one another, of an account (folded)."""
    return account, PRESENCE if name == ALWAYS_ON else KIND


def writing(node: Node, user: User, account: str, name: str, value: str | None) -> Callable[[], Account]:
    """What writes a choice down, in a thread, for an account (folded); None for what is usual.

    Who is to stay is written down before that is promised.  The work raises NoSuchAccount.
    """
    stays = name == ALWAYS_ON and value == "on" and node.config.presence.always_on
    document: Json = document_of(user) if stays else None
    store = node.accounts

    def work() -> Account:
        found = store.find(account)
        if found is None or found.folded != account:
            raise NoSuchAccount
        if document is not None:
            store.put_document(found.account_id, PRESENCE, document)
        keep(store, found, name, value)
        return found

    return work
