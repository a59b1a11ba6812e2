"""Accounts coming and going, and nicknames becoming theirs: what changes the registry.

Nobody is told by these; who is logged in to an account follows by events of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chatd.core.audience import NOBODY, Audience
from chatd.core.events.base import Event, Lost
from chatd.core.mentions import anonymize, is_by
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
    """An account has another name; its old one is free, its other nicknames stay with it.

    ``accepted_by`` are the accounts (folded) of those who stay without a connection and accept it.
    """

    old: str
    account: str
    accepted_by: tuple[str, ...] = field(init=False, default=())

    def apply(self, network: Network) -> Audience:
        owners = network.registry.owners
        if owners.get(network.fold(self.old)) != self.old:
            raise Lost
        del owners[network.fold(self.old)]
        owners[network.fold(self.account)] = self.account
        for folded, owner in owners.items():
            if owner == self.old:
                owners[folded] = self.account
        network.registrations.rename_account(self.old, self.account)
        self.accepted_by = network.rename_account(network.fold(self.old), network.fold(self.account))
        network.registry.rename(network.fold(self.old), network.fold(self.account))
        return NOBODY


@dataclass(slots=True, eq=False)
class AccountDeleted(Event):
    """An account is gone, and its nicknames are free.

    Its channels go to their successors (``inherited``, by folded name), or are not registered any more (``dropped``).
    ``accepted_by`` are the accounts (folded) of those who stay without a connection and have accepted it; ``banned``
    says that it is no longer known who has set some bans from the server.
    """

    account: str
    accepted_by: tuple[str, ...] = field(init=False, default=())
    banned: bool = field(init=False, default=False)
    inherited: tuple[str, ...] = field(init=False, default=())
    dropped: tuple[str, ...] = field(init=False, default=())

    def apply(self, network: Network) -> Audience:
        registry, registrations = network.registry, network.registrations
        nicks = {folded for folded, owner in registry.owners.items() if owner == self.account}
        registry.owners = {folded: owner for folded, owner in registry.owners.items() if folded not in nicks}
        account = network.fold(self.account)
        for each in network.channels.values():
            anonymize(each, nicks, network.fold)
        network.forget_left(nicks)
        self.banned = network.server_bans.anonymize(lambda source: is_by(source, nicks, network.fold))
        registry.forget(account)
        self.accepted_by = network.accept_instead(account)
        founded = registrations.founded(account)
        lost = registrations.forget_account(account)
        self.inherited = tuple(channel.folded for channel in founded if channel not in lost)
        self.dropped = tuple(channel.name for channel in lost)
        for channel in lost:
            registrations.remove(channel)
            network.end_if_empty(channel)
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


@dataclass(slots=True, eq=False)
class WishChanged(Event):
    """An account has chosen something for itself (see ``core.wishes``), or nothing any more (None)."""

    account: str
    name: str
    value: str | None

    def apply(self, network: Network) -> Audience:
        wishes = network.registry.wishes.setdefault(network.fold(self.account), {})
        if self.value is None:
            wishes.pop(self.name, None)
        else:
            wishes[self.name] = self.value
        return NOBODY
