"""Channels being registered and dropped, and what their registrations hold changing.

Nobody is told by these: what members see of it follows in events of its own.  Each is about a registered channel
(``folded``), and is Lost when it is none any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from chatd.core.audience import NOBODY, Audience
from chatd.core.channel import Channel
from chatd.core.events.base import Event, Lost
from chatd.core.events.channels import existing
from chatd.core.keeping import kept, matcher, rules_of
from chatd.core.kept import KeptChannel
from chatd.core.network import Network
from chatd.core.registered import SUCCESSOR, Akick, Entry, InviteLink, Offer, Registration


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
    """A channel is no longer registered; it ends if there is nobody in it.  ``reason`` is for operators.

    ``former`` are names it had before, folded.
    """

    folded: str
    reason: str
    channel: str = field(init=False, default="")
    former: frozenset[str] = field(init=False, default=frozenset())

    def apply(self, network: Network) -> Audience:
        channel, _ = registration_of(network, self.folded)
        self.channel = channel.name
        self.former = frozenset(tenure.name for tenure in channel.names) - {self.folded}
        network.registrations.remove(channel)
        network.end_if_empty(channel)
        return NOBODY


@dataclass(slots=True, eq=False)
class RegistrationChanged(Event):
    """What a registration holds has changed; it is written down before, as ``change`` leaves a copy of it.

    ``asked_ms`` is the moment of that, as what was written down says: 0 where nothing was.
    """

    folded: str
    asked_ms: int = field(init=False, default=0)

    def apply(self, network: Network) -> Audience:
        channel, registration = registration_of(network, self.folded)
        self._change(network, channel, registration)
        registration.dirty = True
        return NOBODY

    def _change(self, network: Network, channel: Channel, registration: Registration) -> None:
        self.asked_ms = self.asked_ms or self.time_ms
        self.change(network, registration)

    def change(self, network: Network, registration: Registration) -> None:
        """Change a registration, or a copy of one; raises Lost when there is nothing to change."""
        raise NotImplementedError


@dataclass(slots=True, eq=False)
class HeirsChanged(RegistrationChanged):
    """A channel has another founder, or another successor ("" for none); both are folded accounts."""

    founder: str
    successor: str

    def change(self, network: Network, registration: Registration) -> None:
        if self.founder != registration.founder:
            registration.offers.clear()
        else:
            registration.offers.pop(SUCCESSOR, None)
        registration.founder, registration.successor = self.founder, self.successor
        registration.access.pop(self.founder, None)


@dataclass(slots=True, eq=False)
class HeirOffered(RegistrationChanged):
    """An account (folded) is asked to be ``role`` of a channel; "" for nobody any more."""

    role: str
    account: str

    def change(self, network: Network, registration: Registration) -> None:
        if self.account:
            if network.registry.owner(self.account) is None:
                raise Lost
            registration.offers[self.role] = Offer(self.account, self.asked_ms)
        elif registration.offers.pop(self.role, None) is None:
            raise Lost


@dataclass(slots=True, eq=False)
class AccessChanged(RegistrationChanged):
    """An account or a mask has these flags from now on; none: it is on the access list no longer."""

    who: str
    flags: tuple[str, ...]

    def change(self, network: Network, registration: Registration) -> None:
        key = network.fold(self.who)
        if self.flags:
            by = self.origin.account or self.origin.source
            registration.access[key] = Entry(
                self.who, frozenset(self.flags), by, self.asked_ms, matcher(network, self.who)
            )  # fmt: skip
        elif registration.access.pop(key, None) is None:
            raise Lost


@dataclass(slots=True, eq=False)
class TemplateChanged(RegistrationChanged):
    """A template stands for other flags, and entries that had exactly the old ones have these; None takes it away."""

    name: str
    flags: tuple[str, ...] | None

    def change(self, network: Network, registration: Registration) -> None:
        before = registration.template(self.name)
        if self.flags is None:
            if registration.templates.pop(self.name, None) is None:
                raise Lost
        else:
            registration.templates[self.name] = frozenset(self.flags)
        after = registration.template(self.name)
        for key, entry in registration.access.items():
            if entry.flags == before and after:
                registration.access[key] = replace(entry, flags=after)


@dataclass(slots=True, eq=False)
class AkickChanged(RegistrationChanged):
    """Somebody is kept out, for a reason and for so long (0 for ever), or no longer (None for the reason)."""

    who: str
    reason: str | None
    duration_ms: int = 0

    def change(self, network: Network, registration: Registration) -> None:
        akicks, key = registration.akicks, network.fold(self.who)
        for old in [old for old, akick in akicks.items() if not akick.holds(self.asked_ms)]:
            del akicks[old]
        if self.reason is not None:
            by = self.origin.account or self.origin.source
            expires_ms = self.asked_ms + self.duration_ms if self.duration_ms else 0
            akicks[key] = Akick(self.who, self.reason, by, self.asked_ms, expires_ms, matcher(network, self.who))
        elif akicks.pop(key, None) is None:
            raise Lost


@dataclass(slots=True, eq=False)
class SettingChanged(RegistrationChanged):
    """A setting of a channel has another value; None: what it is unless somebody says so."""

    name: str
    value: str | None

    def change(self, network: Network, registration: Registration) -> None:
        if self.value is None:
            registration.settings.pop(self.name, None)
        else:
            registration.settings[self.name] = self.value


@dataclass(slots=True, eq=False)
class ChannelUsed(RegistrationChanged):
    """Somebody who has access is in a channel that would have been taken for unused."""

    def change(self, network: Network, registration: Registration) -> None:
        registration.used_ms = self.asked_ms


@dataclass(slots=True, eq=False)
class AccountInvited(RegistrationChanged):
    """An account is invited to a channel, whether or not somebody is here with it; or that is taken back."""

    account: str
    adding: bool = True

    def _change(self, network: Network, channel: Channel, registration: Registration) -> None:
        if self.adding:
            network.registrations.invite(channel, self.account, self.asked_ms or self.time_ms)
        elif not network.registrations.uninvite(channel, self.account):
            raise Lost

    def change(self, network: Network, registration: Registration) -> None:
        if registration.invited.pop(self.account, None) is None and not self.adding:
            raise Lost
        if self.adding:
            registration.invited[self.account] = self.asked_ms


@dataclass(slots=True, eq=False)
class InviteLinkMade(RegistrationChanged):
    """There is one more code that lets people in; links that are of no use any more are forgotten."""

    link: InviteLink

    def change(self, network: Network, registration: Registration) -> None:
        links = registration.links
        for old in [old for old, link in links.items() if not link.holds(self.asked_ms)]:
            del links[old]
        links[self.link.link_id] = self.link


@dataclass(slots=True, eq=False)
class InviteLinkRevoked(RegistrationChanged):
    """A code lets nobody in any more."""

    link_id: str

    def change(self, network: Network, registration: Registration) -> None:
        if registration.links.pop(self.link_id, None) is None:
            raise Lost
