"""Accounts coming and going, and nicknames becoming theirs: what changes the registry.

Nobody is told by these; who is logged in to an account follows by events of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatd.core.audience import NOBODY, Audience
from chatd.core.events.base import Event, Lost
from chatd.core.network import Network


@dataclass(slots=True, eq=False)
class AccountRegistered(Event):
    """An account was made; its name is its first nickname."""

    account: str

    def apply(self, network: Network) -> Audience:
        network.registry.owners[network.fold(self.account)] = self.account
        return NOBODY


@dataclass(slots=True, eq=False)
class AccountRenamed(Event):
    """An account has another name; its old one is free, its other nicknames stay with it."""

    old: str
    account: str

    def apply(self, network: Network) -> Audience:
        owners = network.registry.owners
        if owners.get(network.fold(self.old)) != self.old:
            raise Lost
        del owners[network.fold(self.old)]
        owners[network.fold(self.account)] = self.account
        for folded, owner in owners.items():
            if owner == self.old:
                owners[folded] = self.account
        return NOBODY


@dataclass(slots=True, eq=False)
class AccountDeleted(Event):
    """An account is gone, and its nicknames are free."""

    account: str

    def apply(self, network: Network) -> Audience:
        registry = network.registry
        registry.owners = {folded: owner for folded, owner in registry.owners.items() if owner != self.account}
        return NOBODY


@dataclass(slots=True, eq=False)
class NickGrouped(Event):
    """An account has one more nickname."""

    account: str
    nick: str

    def apply(self, network: Network) -> Audience:
        network.registry.owners[network.fold(self.nick)] = self.account
        return NOBODY


@dataclass(slots=True, eq=False)
class NickUngrouped(Event):
    """An account has one nickname less."""

    account: str
    nick: str

    def apply(self, network: Network) -> Audience:
        folded = network.fold(self.nick)
        if network.registry.owners.get(folded) != self.account:
            raise Lost
        del network.registry.owners[folded]
        return NOBODY
