"""Users who stay without a connection: whether they wish to, and that they are back after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from chatd.core.accounts import Json
from chatd.core.archive import Selector, Tenure, place_of
from chatd.core.audience import NOBODY, Audience
from chatd.core.events.base import Event, Lost
from chatd.core.events.presence import call, describe
from chatd.core.keeping import read_lists
from chatd.core.metadata import NO_METADATA, changed
from chatd.core.modes import OWNER, Kind
from chatd.core.network import Network
from chatd.core.user import User
from chatd.wire.masks import compile_mask


@dataclass(slots=True, eq=False)
class StayingChanged(Event):
    """An account wishes to stay without a connection (True), not to (False), or has no wish (None).

    Its users are settled by that, one of them at most.
    """

    account: str
    wish: bool | None

    def apply(self, network: Network) -> Audience:
        account = network.fold(self.account)
        if self.wish is None:
            network.registry.staying.pop(account, None)
        else:
            network.registry.staying[account] = self.wish
        first = network.users.get(self.origin.uid)
        for user in sorted(network.logged_in.get(account, {}).values(), key=lambda user: user is not first):
            network.settle_keeping(user)
        return NOBODY


class KeptMembership(NamedTuple):
    """A channel that a user was in: rank bits, what of the log may be read, and how the channel was.

    ``lists`` are as ``core.keeping`` writes them down.
    """

    channel: str
    ranks: int
    since: Selector
    risen: Selector
    created_ms: int
    logs: tuple[Tenure, ...]
    modes: Mapping[str, str]
    topic: str
    topic_by: str
    topic_ms: int
    lists: Json
    metadata: tuple[tuple[str, str], ...]
    logged: bool


@dataclass(slots=True, eq=False)
class UserRestored(Event):
    """A user that stays without a connection is there again, as it was written down; nobody is told.

    Every node may say so; it happens once.  It vanishes when the nickname is somebody else's by now, or when the
    account does not wish it any more.  What was written down by an earlier version has no ``real_host`` and no ``ip``.
    """

    account: str
    nick: str
    username: str
    host: str
    cloak: str
    realname: str
    modes: str
    away: str | None
    signon_ms: int
    active_ms: int
    left_ms: int
    metadata: Mapping[str, str]
    memberships: tuple[KeptMembership, ...]
    silenced: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    real_host: str = ""
    ip: str = ""

    def apply(self, network: Network) -> Audience:
        folded, account = network.fold(self.nick), network.fold(self.account)
        owner = network.registry.owner(folded)
        if folded in network.nicks or folded in network.reserved or owner not in (None, self.account):
            raise Lost
        if not (network.keeps_users and network.registry.staying.get(account)) or account in network.kept:
            raise Lost
        user = User(self.origin.uid, self.nick, folded, self.username, self.host)
        user.cloak, user.realname, user.account = self.cloak, self.realname, self.account
        user.real_host, user.ip = self.real_host or self.host, self.ip
        user.node, user.away = self.origin.node, self.away
        user.signon_ms, user.active_ms, user.left_ms = self.signon_ms, self.active_ms, self.left_ms
        known = account in network.registry.metadata
        describe(user, network, () if known else tuple(self.metadata.items()))
        user.silenced = {network.fold(mask): compile_mask(mask, network.fold) for mask in self.silenced}
        user.accepted = dict.fromkeys(self.accepted)
        user.refresh()
        call(user, network, self)
        network.add_user(user)
        rows = network.modes.user
        network.set_user_modes(
            user, frozenset(m for m in self.modes if m in rows and rows[m].settable and not rows[m].privileged)
        )  # fmt: skip
        network.settle_keeping(user)
        for membership in self.memberships:
            self._enter(network, user, membership)
        return NOBODY

    def _enter(self, network: Network, user: User, kept: KeptMembership) -> None:
        folded = network.fold(kept.channel)
        channel = network.channels.get(folded)
        if channel is None:
            channel = network.make_channel(kept.channel, folded, kept.created_ms, "")
            channel.recall(kept.logs or [Tenure(folded, place_of(self, network))])
            channel.modes = {letter: value for letter, value in kept.modes.items() if self._is_plain(network, letter)}
            channel.topic, channel.topic_by, channel.topic_ms = kept.topic, kept.topic_by, kept.topic_ms
            channel.lists = read_lists(kept.lists, network)
            channel.metadata = changed(NO_METADATA, kept.metadata)
            channel.rebuild_guards(network.modes)
        if not channel.members:
            channel.logged = kept.logged
        network.enter(user, channel, kept.ranks & (2 * OWNER - 1), kept.since)
        channel.members[user.uid].risen = kept.risen

    @staticmethod
    def _is_plain(network: Network, letter: str) -> bool:
        mode = network.modes.channel.get(letter)
        return mode is not None and mode.kind not in (Kind.LIST, Kind.RANK)
