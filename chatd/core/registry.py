"""Which nicknames belong to accounts: what every node knows of them without asking a database.

Loaded once at start, then changed by events only (``core.events.accounts``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable


class Registry:
    """``owners`` maps folded nicknames to the names of their accounts, each account's own name among them.

    ``staying`` says of folded accounts whether they wish to stay without a connection, as far as they have said.
    """

    __slots__ = ("owners", "staying")

    def __init__(self) -> None:
        self.owners: dict[str, str] = {}
        self.staying: dict[str, bool] = {}

    def load(self, owners: Iterable[tuple[str, str]]) -> None:
        """Take what the store has, at start."""
        self.owners = dict(owners)

    def owner(self, folded: str) -> str | None:
        """The account that a folded nickname belongs to."""
        return self.owners.get(folded)

    def account(self, folded: str, fold: Callable[[str], str]) -> str | None:
        """The account of exactly this folded name; another account's nickname is none."""
        owner = self.owners.get(folded)
        return owner if owner is not None and fold(owner) == folded else None
