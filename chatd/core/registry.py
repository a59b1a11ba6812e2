"""Which nicknames belong to accounts: what every node knows of them without asking a database.

Loaded once at start, then changed by events only (``core.events.accounts``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chatd.core.wishes import WISHES


class Registry:
    """``owners`` maps folded nicknames to the names of their accounts, each account's own name among them.

    ``staying`` says of folded accounts whether they wish to stay without a connection, as far as they have said, and
    ``wishes`` what else they have chosen (see ``core.wishes``).
    """

    __slots__ = ("owners", "staying", "wishes")

    def __init__(self) -> None:
        self.owners: dict[str, str] = {}
        self.staying: dict[str, bool] = {}
        self.wishes: dict[str, dict[str, str]] = {}

    def load(self, owners: Iterable[tuple[str, str]]) -> None:
        """Take what the store has, at start."""
        self.owners = dict(owners)

    def wish(self, account: str, name: str) -> str:
        """What an account (folded) has chosen, or what is usual; "" for what the configuration says."""
        return self.wishes.get(account, {}).get(name, WISHES[name].usual)

    def owner(self, folded: str) -> str | None:
        """The account that a folded nickname belongs to."""
        return self.owners.get(folded)

    def account(self, folded: str, fold: Callable[[str], str]) -> str | None:
        """The account of exactly this folded name; another account's nickname is none."""
        owner = self.owners.get(folded)
        return owner if owner is not None and fold(owner) == folded else None
