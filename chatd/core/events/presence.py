"""Users coming, going and changing what others see of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from chatd.core.archive import place_of
from chatd.core.audience import NOBODY, Audience
from chatd.core.events.base import Event, Lost
from chatd.core.metadata import NO_METADATA, changed
from chatd.core.names import log_name
from chatd.core.network import Network
from chatd.core.refusal import Refused
from chatd.core.user import BACKGROUND, Attachment, User
from chatd.wire.masks import compile_mask
from chatd.wire.numerics import ERR_NICKNAMEINUSE


def call(user: User, network: Network, event: Event) -> None:
    """Let logs call a user by account or nickname as it is now, from this event on."""
    account = network.fold(user.account) if user.account else None
    before = user.called.name
    user.call(log_name(user.folded, account), place_of(event, network))
    if before != account:
        network.log_out(user, before)
    if account is not None:
        network.log_in(user, account)


def describe(user: User, network: Network, changes: Iterable[tuple[str, str | None]]) -> None:
    """Let a user say about itself what its account does, and something else besides."""
    if user.account is None:
        user.metadata = changed(NO_METADATA, changes)
    else:
        user.metadata = network.registry.describe(network.fold(user.account), changes)


@dataclass(slots=True, eq=False)
class UserArrived(Event):
    """A session has registered a new user.  Nobody is told; a nickname taken meanwhile is refused with 433."""

    nick: str
    username: str
    host: str
    real_host: str
    cloak: str
    ip: str
    realname: str
    modes: str
    certfp: str | None
    cipher: str | None
    secure: bool
    away: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    account: str | None = None
    device: str = ""
    gateway: str = ""

    def apply(self, network: Network) -> Audience:
        folded = network.fold(self.nick)
        if folded in network.nicks or folded in network.reserved:
            raise Refused(ERR_NICKNAMEINUSE, self.nick)
        user = User(self.origin.uid, self.nick, folded, self.username, self.host)
        user.real_host, user.cloak, user.ip, user.realname = self.real_host, self.cloak, self.ip, self.realname
        user.certfp, user.cipher = self.certfp, self.cipher
        user.node, user.away, user.account = self.origin.node, self.away, self.account
        describe(user, network, self.metadata)
        user.signon_ms = user.active_ms = self.time_ms
        call(user, network, self)
        network.add_user(user)
        network.attach(
            user,
            self.origin.sid,
            Attachment(
                user.node, self.real_host, self.ip, self.secure, self.time_ms, self.device, self.away, self.gateway
            ),
        )
        network.set_user_modes(user, frozenset(self.modes))
        network.settle_keeping(user)
        self.origin = user.origin(self.origin.sid, self.origin.node)
        return NOBODY


@dataclass(slots=True, eq=False)
class UserQuit(Event):
    """A user leaves the network.  ``farewell`` is what its own connections are told in ERROR.

    ``sid`` is the only session, which has ended; when the user turns out to have another one, or to be kept without,
    it stays.  "" ends all.  ``kept_as`` is the account for which the user was kept.
    ``killed_by`` and ``comment`` are "" unless an operator ended it: the operator's source, and what KILL said.
    """

    reason: str
    farewell: str
    killed_by: str = ""
    comment: str = ""
    sid: str = ""
    nick: str = field(init=False, default="")
    sids: tuple[str, ...] = field(init=False, default=())
    kept_as: str = field(init=False, default="")
    devices: tuple[str, ...] = field(init=False, default=())

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        if self.sid and (user.kept_as or any(sid != self.sid for sid in user.sessions)):
            raise Lost
        self.kept_as, self.devices = user.kept_as, tuple(one.device for one in user.sessions.values())
        self.sids, self.nick = tuple(user.sessions), user.nick
        self.logs = tuple(m.channel.folded for m in user.channels.values() if m.channel.logged)
        channels = [membership.channel for membership in user.channels.values()]
        network.remember(user, self.time_ms)
        network.remove_user(user)
        if len(channels) == 1:
            return channels[0].audience
        told = Audience()
        for channel in channels:
            told.update(channel.audience)
        return told


@dataclass(slots=True, eq=False)
class NickChanged(Event):
    """A user takes another nickname; one taken meanwhile is refused with 433."""

    nick: str

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        folded = network.fold(self.nick)
        if network.nicks.get(folded, user) is not user or folded in network.reserved:
            raise Refused(ERR_NICKNAMEINUSE, self.nick)
        if user.nick == self.nick:
            raise Lost
        if folded != user.folded:
            network.remember(user, self.time_ms)
        network.rename_user(user, self.nick, folded)
        call(user, network, self)
        self.logs = tuple(m.channel.folded for m in user.channels.values() if m.channel.logged)
        return network.neighbours(user)


@dataclass(slots=True, eq=False)
class AwayChanged(Event):
    """A session is away (with a message) or back (None); others are told what changes of the user by that (``away``).

    The latest message counts, so its session becomes the last one.
    """

    message: str | None
    away: str | None = field(init=False, default=None)
    watchers: Audience = field(init=False, default=NOBODY)

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        attachment = user.sessions.pop(self.origin.sid, None)
        if attachment is None:
            raise Lost
        user.sessions[self.origin.sid] = attachment
        before = user.away
        if before == attachment.away:
            user.away = None
        attachment.away = self.message
        user.settle_away(BACKGROUND)
        self.away = user.away
        if self.away == before:
            return NOBODY
        told = network.others(user)
        self.watchers = network.watchers_besides(user, told)
        return told


@dataclass(slots=True, eq=False)
class RealnameChanged(Event):
    """SETNAME: a user's real name changes."""

    realname: str
    watchers: Audience = field(init=False, default=NOBODY)

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        user.realname = self.realname
        user.identity += 1
        told = network.neighbours(user)
        self.watchers = network.watchers_besides(user, told)
        return told


@dataclass(slots=True, eq=False)
class AccountChanged(Event):
    """A user logs in to an account, to another one, or out of it (None).

    Metadata comes and goes with the account (``changes``); one that has none takes what its user had without one
    (``taken``).  ``by_token`` says that nothing but a session token has shown whose the account is.
    """

    account: str | None
    by_token: bool = False
    taken: bool = field(init=False, default=False)
    target: str = field(init=False, default="")
    changes: tuple[tuple[str, str | None], ...] = field(init=False, default=())
    watchers: Audience = field(init=False, default=NOBODY)

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        if user.account == self.account:
            raise Lost
        own = user.metadata if user.account is None else NO_METADATA
        user.account = self.account
        self._follow_metadata(network, user, own)
        network.settle_keeping(user)
        user.refresh()
        call(user, network, self)
        told = network.others(user)
        self.watchers = network.watchers_besides(user, told)
        return told

    def _follow_metadata(self, network: Network, user: User, own: Mapping[str, str]) -> None:
        before = user.metadata
        account = network.fold(user.account or "")
        self.taken = bool(account and own) and account not in network.registry.metadata
        describe(user, network, tuple(own.items()) if self.taken else ())
        gone = [(key, None) for key in before if key not in user.metadata]
        new = [(key, value) for key, value in user.metadata.items() if before.get(key) != value]
        self.target, self.changes = user.nick, (*gone, *new)


class Presence(NamedTuple):
    """One channel a user is in: its name, the user's rank as letters of MODE, and who else is there to be told."""

    channel: str
    letters: str
    others: Audience


@dataclass(slots=True, eq=False)
class HostChanged(Event):
    """The host that others see of a user changes (cloak set or taken off).

    ``rejoins`` asks for the appearance of a quit and a return, for those who cannot be told otherwise.
    """

    host: str
    rejoins: bool = True
    username: str = field(init=False, default="")
    account: str = field(init=False, default="*")
    realname: str = field(init=False, default="")
    away: str | None = field(init=False, default=None)
    others: Audience = field(init=False, default=NOBODY)
    presences: tuple[Presence, ...] = field(init=False, default=())
    watchers: Audience = field(init=False, default=NOBODY)

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        if user.host == self.host:
            raise Lost
        user.host = self.host
        user.refresh()
        self.username, self.account, self.realname, self.away = (
            user.username, user.account or "*", user.realname, user.away,
        )  # fmt: skip
        told = network.neighbours(user)
        self.watchers = network.watchers_besides(user, told)
        if self.rejoins:
            self.others = network.others(user)
            self.presences = tuple(
                Presence(m.channel.name, network.modes.letters(m.ranks), m.channel.audience.without(user.audience))
                for m in user.channels.values()
            )
        return told


@dataclass(slots=True, eq=False)
class UserModesChanged(Event):
    """The modes of user ``uid`` change; letters that change nothing are dropped."""

    uid: str
    added: str
    removed: str
    nick: str = field(init=False, default="")

    def apply(self, network: Network) -> Audience:
        user = network.users.get(self.uid)
        if user is None:
            raise Lost
        if self.origin.uid:
            self.actor(network)
        before = user.modes
        network.set_user_modes(user, (before | frozenset(self.added)) - frozenset(self.removed))
        user.refresh()
        if "o" in before and "o" not in user.modes:
            for attachment in user.sessions.values():
                attachment.oper, attachment.privileges = "", frozenset()
            user.settle_rights()
        self.added = "".join(letter for letter in self.added if letter not in before and letter in user.modes)
        self.removed = "".join(letter for letter in self.removed if letter in before)
        self.nick = user.nick
        if not (self.added or self.removed):
            raise Lost
        return user.audience


@dataclass(slots=True, eq=False)
class OperChanged(Event):
    """A session became an operator's by the block named ``oper``; the user's modes follow in an event of their own."""

    oper: str
    privileges: tuple[str, ...]

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        attachment = user.sessions.pop(self.origin.sid, None)
        if attachment is None:
            raise Lost
        user.sessions[self.origin.sid] = attachment
        attachment.oper, attachment.privileges = self.oper, frozenset(self.privileges)
        user.settle_rights()
        return NOBODY


@dataclass(slots=True, eq=False)
class SilenceChanged(Event):
    """A user's SILENCE list gains (``adding``) or loses a mask; the user's own sessions are told."""

    adding: bool
    mask: str

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        folded = network.fold(self.mask)
        if self.adding == (folded in user.silenced):
            raise Lost
        if self.adding:
            user.silenced[folded] = compile_mask(self.mask, network.fold)
        else:
            self.mask = user.silenced.pop(folded).text
        network.rebuild_guards(user)
        return user.audience


@dataclass(slots=True, eq=False)
class AcceptChanged(Event):
    """A user's ACCEPT list gains (``adding``) or loses a user, by uid or by account; nobody is told."""

    adding: bool
    key: str

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        if self.adding:
            user.accepted[self.key] = None
        else:
            user.accepted.pop(self.key, None)
        return NOBODY
