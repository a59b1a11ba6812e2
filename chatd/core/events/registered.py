"""Channels being registered and dropped, and what their registrations hold changing.

Nobody is told by these: what members see of it follows in events of its own.  Each is about a registered channel
(``folded``), and is Lost when it is none any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chatd.core.audience import NOBODY, Audience
from chatd.core.channel import Channel
from chatd.core.events.base import Event, Lost
from chatd.core.events.channels import existing
from chatd.core.keeping import kept, matcher, rules_of
from chatd.core.kept import KeptChannel
from chatd.core.network import Network
from chatd.core.registered import Akick, Entry, InviteLink, Registration


def registration_of(network: Network, folded: str) -> tuple[Channel, Registration]:
    """The channel an event is about, and its registration."""
    channel = existing(network, folded)
    if channel.registered is None:
        raise Lost
    return channel, channel.registered


@dataclass(slots=True, eq=False)
class ChannelRegistered(Event):
    """A channel is registered, as it was written down; one that has emptied meanwhile is made again.

    What has changed of it meanwhile has still to be saved.
    """

    kept: KeptChannel

    def apply(self, network: Network) -> Audience:
        channel = network.channels.get(self.kept.folded)
        if channel is None:
            network.restore_channel(self.kept)
        elif channel.registered is None:
            made = rules_of(network, self.kept)
            made.dirty = kept(channel, made).document != self.kept.document
            network.registrations.add(channel, made)
        else:
            raise Lost
        return NOBODY


@dataclass(slots=True, eq=False)
class ChannelDropped(Event):
    """A channel is no longer registered; it ends if there is nobody in it.  ``reason`` is for operators."""

    folded: str
    reason: str
    channel: str = field(init=False, default="")

    def apply(self, network: Network) -> Audience:
        channel, _ = registration_of(network, self.folded)
        self.channel = channel.name
        network.registrations.remove(channel)
        network.end_if_empty(channel)
        return NOBODY


@dataclass(slots=True, eq=False)
class HeirsChanged(Event):
    """A channel has another founder, or another successor ("" for none); both are folded accounts."""

    folded: str
    founder: str
    successor: str

    def apply(self, network: Network) -> Audience:
        _, registration = registration_of(network, self.folded)
        registration.founder, registration.successor = self.founder, self.successor
        registration.access.pop(self.founder, None)
        registration.dirty = True
        return NOBODY


@dataclass(slots=True, eq=False)
class AccessChanged(Event):
    """An account or a mask has these flags from now on; none: it is on the access list no longer."""

    folded: str
    who: str
    flags: tuple[str, ...]

    def apply(self, network: Network) -> Audience:
        _, registration = registration_of(network, self.folded)
        key = network.fold(self.who)
        if self.flags:
            by = self.origin.account or self.origin.source
            registration.access[key] = Entry(
                self.who, frozenset(self.flags), by, self.time_ms, matcher(network, self.who)
            )  # fmt: skip
        elif registration.access.pop(key, None) is None:
            raise Lost
        registration.dirty = True
        return NOBODY


@dataclass(slots=True, eq=False)
class TemplateChanged(Event):
    """A template stands for other flags, and entries that had exactly the old ones have these; None takes it away."""

    folded: str
    name: str
    flags: tuple[str, ...] | None

    def apply(self, network: Network) -> Audience:
        _, registration = registration_of(network, self.folded)
        before = registration.template(self.name)
        if self.flags is None:
            if registration.templates.pop(self.name, None) is None:
                raise Lost
        else:
            registration.templates[self.name] = frozenset(self.flags)
        after = registration.template(self.name)
        for entry in registration.access.values():
            if entry.flags == before and after:
                entry.flags = after
        registration.dirty = True
        return NOBODY


@dataclass(slots=True, eq=False)
class AkickChanged(Event):
    """Somebody is kept out, for a reason and for so long (0 for ever), or no longer (None for the reason)."""

    folded: str
    who: str
    reason: str | None
    duration_ms: int = 0

    def apply(self, network: Network) -> Audience:
        _, registration = registration_of(network, self.folded)
        akicks, key = registration.akicks, network.fold(self.who)
        for old in [old for old, akick in akicks.items() if not akick.holds(self.time_ms)]:
            del akicks[old]
        if self.reason is not None:
            by = self.origin.account or self.origin.source
            expires_ms = self.time_ms + self.duration_ms if self.duration_ms else 0
            akicks[key] = Akick(self.who, self.reason, by, self.time_ms, expires_ms, matcher(network, self.who))
        elif akicks.pop(key, None) is None:
            raise Lost
        registration.dirty = True
        return NOBODY


@dataclass(slots=True, eq=False)
class SettingChanged(Event):
    """A setting of a channel has another value; None: what it is unless somebody says so."""

    folded: str
    name: str
    value: str | None

    def apply(self, network: Network) -> Audience:
        _, registration = registration_of(network, self.folded)
        if self.value is None:
            registration.settings.pop(self.name, None)
        else:
            registration.settings[self.name] = self.value
        registration.dirty = True
        return NOBODY


@dataclass(slots=True, eq=False)
class ChannelUsed(Event):
    """Somebody who has access is in a channel that would have been taken for unused."""

    folded: str

    def apply(self, network: Network) -> Audience:
        _, registration = registration_of(network, self.folded)
        registration.used_ms, registration.dirty = self.time_ms, True
        return NOBODY


@dataclass(slots=True, eq=False)
class AccountInvited(Event):
    """An account is invited to a channel, whether or not somebody is here with it; or that is taken back."""

    folded: str
    account: str
    adding: bool = True

    def apply(self, network: Network) -> Audience:
        channel, _ = registration_of(network, self.folded)
        if self.adding:
            network.registrations.invite(channel, self.account, self.time_ms)
        elif not network.registrations.uninvite(channel, self.account):
            raise Lost
        return NOBODY


@dataclass(slots=True, eq=False)
class InviteLinkMade(Event):
    """There is one more code that lets people in; links that are of no use any more are forgotten."""

    folded: str
    link: InviteLink

    def apply(self, network: Network) -> Audience:
        _, registration = registration_of(network, self.folded)
        links = registration.links
        for old in [old for old, link in links.items() if not link.holds(self.time_ms)]:
            del links[old]
        links[self.link.link_id] = self.link
        registration.dirty = True
        return NOBODY


@dataclass(slots=True, eq=False)
class InviteLinkRevoked(Event):
    """A code lets nobody in any more."""

    folded: str
    link_id: str

    def apply(self, network: Network) -> Audience:
        _, registration = registration_of(network, self.folded)
        if registration.links.pop(self.link_id, None) is None:
            raise Lost
        registration.dirty = True
        return NOBODY
