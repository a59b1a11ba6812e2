"""Registered channels in memory, with the rules of the real store; for stages and tests."""

from __future__ import annotations

from copy import deepcopy

from chatd.core.accounts import NameTaken, NoSuchAccount, NoSuchChannel, TooMany
from chatd.core.kept import KeptChannel
from chatd.stores.shelf import Shelf


class MemoryChannels:
    """Implements ``interfaces.ChannelStore``; shares its shelf with the accounts."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def load(self) -> list[KeptChannel]:
        """See ``interfaces.ChannelStore``, here and below."""
        with self.shelf.asked():
            return deepcopy(list(self.shelf.channels.values()))

    def register(self, channel: KeptChannel, limit: int) -> None:
        with self.shelf.asked():
            self._need_accounts(channel)
            if channel.folded in self.shelf.channels:
                raise NameTaken
            if len([each for each in self.shelf.channels.values() if each.founder == channel.founder]) >= limit:
                raise TooMany
            self.shelf.channels[channel.folded] = deepcopy(channel)

    def _need_accounts(self, channel: KeptChannel) -> None:
        names = {account.folded for account in self.shelf.accounts.values()}
        if channel.founder not in names or channel.successor not in {*names, ""}:
            raise NoSuchAccount

    def save(self, channel: KeptChannel) -> None:
        self.rename(channel.folded, channel)

    def rename(self, old_folded: str, channel: KeptChannel) -> None:
        with self.shelf.asked():
            if old_folded not in self.shelf.channels:
                raise NoSuchChannel
            if channel.folded != old_folded and channel.folded in self.shelf.channels:
                raise NameTaken
            self._need_accounts(channel)
            del self.shelf.channels[old_folded]
            self.shelf.channels[channel.folded] = deepcopy(channel)

    def drop(self, folded: str) -> bool:
        with self.shelf.asked():
            return self.shelf.channels.pop(folded, None) is not None
