"""Which nicknames belong to accounts: what every node knows of them without asking a database.

Loaded once at start, then changed by events only (``core.events.accounts``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chatd.core.metadata import NO_METADATA, changed
from chatd.core.wishes import KEEP_PRIVATE, WISHES


class Registry:
    """``owners`` maps folded nicknames to the names of their accounts, each account's own name among them.

    ``staying`` says of folded accounts whether they wish to stay without a connection, as far as they have said, and
    ``wishes`` what else they have chosen (see ``core.wishes``).  ``metadata`` holds the keys and values of those that
    have any, whether or not somebody is logged in to them.  ``keeps_private`` says whether the server keeps what people
    say to each other: "on", "asked" (only where both have chosen so), "off".
    """

    __slots__ = ("keeps_private", "metadata", "owners", "staying", "wishes")

    def __init__(self) -> None:
        self.owners: dict[str, str] = {}
        self.staying: dict[str, bool] = {}
        self.wishes: dict[str, dict[str, str]] = {}
        self.metadata: dict[str, Mapping[str, str]] = {}
        self.keeps_private = "on"

    def load(self, owners: Iterable[tuple[str, str]]) -> None:
        """Take what the store has, at start."""
        self.owners = dict(owners)

    def wish(self, account: str, name: str) -> str:
        """What an account (folded) has chosen, or what is usual; "" for what the configuration says."""
        return self.wishes.get(account, {}).get(name, WISHES[name].usual)

    def keeps(self, one: str, other: str) -> bool:
        """Say whether history is to have what two say to each other, as logs call them: if neither is against it."""
        if not self.wishes or self.keeps_private == "off":
            return self.keeps_private == "on"
        return self._wishes_keeping(one) and self._wishes_keeping(other)

    def _wishes_keeping(self, name: str) -> bool:
        """What an account has chosen, or what holds for who has chosen nothing, or has none."""
        chosen = self.wishes.get(name)
        value = chosen.get(KEEP_PRIVATE) if chosen else None
        return (value or self.keeps_private) == "on"

    def describe(self, account: str, changes: Iterable[tuple[str, str | None]]) -> Mapping[str, str]:
        """Change what an account (folded) says about itself; returns what that is now."""
        after = changed(self.metadata.get(account, NO_METADATA), changes)
        if after:
            self.metadata[account] = after
        else:
            self.metadata.pop(account, None)
        return after

    def rename(self, old: str, new: str) -> None:
        """Let what an account (folded) has chosen and says about itself go along to its new name."""
        kept: Any
        for kept in (self.staying, self.wishes, self.metadata):
            if old in kept:
                kept[new] = kept.pop(old)

    def forget(self, account: str) -> None:
        """An account (folded) is gone; its nicknames are left to the caller."""
        kept: Any
        for kept in (self.staying, self.wishes, self.metadata):
            kept.pop(account, None)

    def owner(self, folded: str) -> str | None:
        """The account that a folded nickname belongs to."""
        return self.owners.get(folded)

    def account(self, folded: str, fold: Callable[[str], str]) -> str | None:
        """The account of exactly this folded name; another account's nickname is none."""
        owner = self.owners.get(folded)
        return owner if owner is not None and fold(owner) == folded else None
