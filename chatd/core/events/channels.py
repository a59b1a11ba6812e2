"""What happens in channels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from chatd.core.archive import place_of
from chatd.core.audience import NOBODY, Audience
from chatd.core.channel import Channel
from chatd.core.events.base import Event, Lost
from chatd.core.flags import automatic_ranks
from chatd.core.modes import HALFOP, OP, Kind
from chatd.core.network import Network
from chatd.core.refusal import Failed, Refused
from chatd.core.user import Origin
from chatd.wire.numerics import ERR_INVITEONLYCHAN


def existing(network: Network, folded: str) -> Channel:
    """The channel an event is about; raises Lost when it is gone."""
    channel = network.channels.get(folded)
    if channel is None:
        raise Lost
    return channel


@dataclass(slots=True, eq=False)
class Joined(Event):
    """A user enters a channel; who makes it, with ``modes``, becomes its operator.

    ``link`` names the invite link that is used.  ``others`` is filled in for who is away: those who are to be told so.
    ``letters`` are the ranks that access to a registered channel gives, as letters of MODE.
    """

    channel: str
    modes: str
    logged: bool = True
    link: str = ""
    folded: str = field(init=False, default="")
    account: str = field(init=False, default="*")
    realname: str = field(init=False, default="")
    away: str | None = field(init=False, default=None)
    others: Audience = field(init=False, default=NOBODY)
    letters: str = field(init=False, default="")

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        self.folded = network.fold(self.channel)
        if self.folded in user.channels:
            raise Lost
        place = place_of(self, network)
        channel = network.channels.get(self.folded)
        ranks = 0
        if channel is None:
            channel = network.make_channel(self.channel, self.folded, self.time_ms, self.modes)
            channel.begin(place)
            ranks = OP
        registration = channel.registered
        if self.link and (registration is None or not registration.use_link(self.link, self.time_ms)):
            raise Refused(ERR_INVITEONLYCHAN, channel.name)
        if registration is not None:
            ranks = automatic_ranks(registration.entered_by(user, self.time_ms))
            self.letters = network.modes.letters(ranks)
        if not channel.members:
            channel.logged = self.logged
        self.channel = channel.name
        self.account, self.realname, self.away = user.account or "*", user.realname, user.away
        network.enter(user, channel, ranks, place)
        if self.away is not None:
            self.others = channel.audience.without(user.audience)
        self.logs = (self.folded,) if channel.logged else ()
        return channel.audience


@dataclass(slots=True, eq=False)
class Parted(Event):
    """A user leaves a channel."""

    folded: str
    reason: str
    channel: str = field(init=False, default="")

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        channel = existing(network, self.folded)
        if user.uid not in channel.members:
            raise Lost
        return leave(self, network, channel, user.uid)


@dataclass(slots=True, eq=False)
class Kicked(Event):
    """A user is put out of a channel."""

    folded: str
    uid: str
    reason: str
    channel: str = field(init=False, default="")
    nick: str = field(init=False, default="")

    def apply(self, network: Network) -> Audience:
        if self.origin.uid:
            self.actor(network)
        channel = existing(network, self.folded)
        membership = channel.members.get(self.uid)
        if membership is None:
            raise Lost
        self.nick = membership.user.nick
        return leave(self, network, channel, self.uid)


def leave(event: Parted | Kicked, network: Network, channel: Channel, uid: str) -> Audience:
    """Take a member out, telling those who were there, the member included."""
    event.channel = channel.name
    event.logs = (channel.folded,) if channel.logged else ()
    user = channel.members[uid].user
    told = Audience()
    told.update(channel.audience)
    network.leave(user, channel)
    return told


@dataclass(slots=True, eq=False)
class TopicChanged(Event):
    """A channel's topic is set, or unset ("")."""

    folded: str
    text: str
    channel: str = field(init=False, default="")

    def apply(self, network: Network) -> Audience:
        channel = existing(network, self.folded)
        if self.origin.uid:
            self.actor(network)
        channel.topic, channel.topic_by, channel.topic_ms = self.text, self.origin.source, self.time_ms
        channel.touch()
        self.channel = channel.name
        self.logs = (self.folded,) if channel.logged else ()
        return channel.audience


class Passage(NamedTuple):
    """A member that goes along with its renamed channel, as its own connections may be shown it."""

    origin: Origin
    account: str
    realname: str
    sessions: Audience


@dataclass(slots=True, eq=False)
class ChannelRenamed(Event):
    """A channel takes another name, with all it has; ``moved`` says that it is not only spelt otherwise.

    A name taken meanwhile fails.  It belongs in the log of the old name (``channel``) and, if ``logged``, of the new.
    """

    folded: str
    name: str
    reason: str
    logged: bool
    channel: str = field(init=False, default="")
    moved: bool = field(init=False, default=False)
    passages: tuple[Passage, ...] = field(init=False, default=())

    def apply(self, network: Network) -> Audience:
        self.actor(network)
        channel = existing(network, self.folded)
        folded = network.fold(self.name)
        if network.channels.get(folded, channel) is not channel:
            raise Failed("RENAME", "CHANNEL_NAME_IN_USE", channel.name, self.name, text="That name is taken")
        logs = [self.folded] * channel.logged + [folded] * self.logged
        self.logs = tuple(dict.fromkeys(logs))
        self.channel, self.moved = channel.name, folded != self.folded
        network.rename_channel(channel, self.name, folded)
        channel.renamed_ms, channel.logged = self.time_ms, self.logged
        if self.moved:
            channel.call(place_of(self, network))
            self.passages = tuple(
                Passage(user.origin("", user.node), user.account or "*", user.realname, user.audience)
                for user in (member.user for member in channel.members.values())
            )
        return channel.audience


class Change(NamedTuple):
    """One letter of a MODE: ``shown`` is its parameter as displayed, ``uid`` the member of a rank change."""

    adding: bool
    letter: str
    shown: str = ""
    uid: str = ""


@dataclass(slots=True, eq=False)
class ModesChanged(Event):
    """A channel's modes, lists or ranks change; what changes nothing is dropped."""

    folded: str
    changes: tuple[Change, ...]
    channel: str = field(init=False, default="")

    def apply(self, network: Network) -> Audience:
        channel = existing(network, self.folded)
        if self.origin.uid:
            self.actor(network)
        self.channel = channel.name
        self.changes = tuple(change for change in self.changes if self._change(network, channel, change))
        if not self.changes:
            raise Lost
        if any(not change.uid for change in self.changes):
            channel.rebuild_guards(network.modes)
            channel.touch()
            network.end_if_empty(channel)
        self.logs = (self.folded,) if channel.logged else ()
        return channel.audience

    def _change(self, network: Network, channel: Channel, change: Change) -> bool:
        mode = network.modes.channel[change.letter]
        if mode.kind is Kind.RANK:
            return self._change_rank(network, channel, change, mode.level)
        if mode.kind is Kind.LIST:
            return self._change_list(network, channel, change)
        if change.adding:
            if channel.modes.get(change.letter) == change.shown:
                return False
            channel.modes[change.letter] = change.shown
            return True
        return channel.modes.pop(change.letter, None) is not None

    def _change_rank(self, network: Network, channel: Channel, change: Change, level: int) -> bool:
        membership = channel.members.get(change.uid)
        if membership is None or bool(membership.ranks & level) == change.adding:
            return False
        membership.ranks ^= level
        membership.risen = place_of(self, network)
        return True

    def _change_list(self, network: Network, channel: Channel, change: Change) -> bool:
        entries = channel.lists.setdefault(change.letter, {})
        folded = network.fold(change.shown)
        if change.adding == (folded in entries):
            return False
        channel.bans_version += 1
        if change.adding:
            ban = network.parse_ban(change.shown)
            ban.by, ban.set_ms = self.origin.source, self.time_ms
            entries[folded] = ban
        else:
            del entries[folded]
        return True


@dataclass(slots=True, eq=False)
class Invited(Event):
    """A user is invited to a channel; the invitation lasts until used, or until ``limit`` newer ones.

    A registered channel remembers it for the user's account, if there is one.

    ``rank`` is what a member needs to invite there as well, and so to be told that somebody did (``others``).
    """

    channel: str
    uid: str
    limit: int
    rank: int
    nick: str = field(init=False, default="")
    others: Audience = field(init=False, default=NOBODY)

    def apply(self, network: Network) -> Audience:
        user = self.actor(network) if self.origin.uid else None
        target = network.users.get(self.uid)
        if target is None:
            raise Lost
        self.nick = target.nick
        channel = existing(network, network.fold(self.channel))
        network.invite(target, channel.folded, self.limit)
        if target.account:
            network.registrations.invite(channel, network.fold(target.account), self.time_ms)
        told = network.ranked(channel, self.rank)
        self.others = told.without(target.audience).without(user.audience if user is not None else NOBODY)
        return target.audience


@dataclass(slots=True, eq=False)
class Knocked(Event):
    """Somebody outside asks the operators of a channel for an invitation."""

    folded: str
    text: str
    channel: str = field(init=False, default="")

    def apply(self, network: Network) -> Audience:
        self.actor(network)
        channel = existing(network, self.folded)
        self.channel = channel.name
        return network.ranked(channel, HALFOP)
