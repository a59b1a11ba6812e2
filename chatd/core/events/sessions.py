"""Connections beginning and ceasing to speak for a user that is there anyway."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatd.core.audience import NOBODY, Audience
from chatd.core.events.base import Event, Lost
from chatd.core.events.presence import describe
from chatd.core.network import Network
from chatd.core.refusal import Refused
from chatd.core.user import Attachment, User
from chatd.core.wishes import AUTO_AWAY


@dataclass(slots=True, eq=False)
class SessionAttached(Event):
    """A session that has logged in to ``account`` begins to speak for a user of that account.

    Others are told only what changes of the user by that: whether it is away, and the metadata that the session has set
    before (``changes``).  When the user has gone meanwhile, or has
    logged out, it is refused without a word, so that the session can register for itself.
    """

    account: str
    host: str
    ip: str
    secure: bool
    device: str
    message: str | None
    changes: tuple[tuple[str, str | None], ...] = ()
    gateway: str = ""
    away: str | None = field(init=False, default=None)
    target: str = field(init=False, default="")
    realname: str = field(init=False, default="")
    watchers: Audience = field(init=False, default=NOBODY)

    def apply(self, network: Network) -> Audience:
        user = network.users.get(self.origin.uid)
        if user is None or network.fold(user.account or "") != network.fold(self.account):
            raise Refused(None)
        self.actor(network)
        before = user.away
        node, sid = self.origin.node, self.origin.sid
        network.attach(
            user,
            sid,
            Attachment(
                node, self.host, self.ip, self.secure, self.time_ms, self.device, self.message, self.gateway
            ),
        )
        user.settle_away("")
        describe(user, network, self.changes)
        self.target = user.nick
        self.realname = user.realname
        return told_of_away(self, network, user, before)


@dataclass(slots=True, eq=False)
class SessionDetached(Event):
    """A session has ended; its user has others, as far as was known when that was said.

    ``reason`` and ``farewell`` are those of a quit, should it turn out to have been the last one.  ``absent`` is the
    away message of a user with no session at all that has said none, if its account wishes that.
    """

    reason: str
    farewell: str
    absent: str
    device: str = field(init=False, default="")
    away: str | None = field(init=False, default=None)
    watchers: Audience = field(init=False, default=NOBODY)

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        attachment = user.sessions.get(self.origin.sid)
        if attachment is None:
            raise Lost
        self.device = attachment.device
        before = user.away
        network.detach(user, self.origin.sid)
        if not user.sessions:
            user.real_host, user.ip = attachment.host, attachment.ip
        user.left_ms = self.time_ms
        account = network.fold(user.account or "")
        user.settle_away(self.absent if network.registry.wish(account, AUTO_AWAY) == "on" else None)
        return told_of_away(self, network, user, before)


def told_of_away(
    event: SessionAttached | SessionDetached, network: Network, user: User, before: str | None
) -> Audience:
    """Who is to be told that a user is away, or back, when it was not so before."""
    event.away = user.away
    if user.away == before:
        return NOBODY
    told = network.others(user)
    event.watchers = network.watchers_besides(user, told)
    return told


@dataclass(slots=True, eq=False)
class SessionDismissed(Event):
    """Somebody who may has a session of the user ``uid`` ended; it is told ``farewell``."""

    uid: str
    sid: str
    farewell: str

    def apply(self, network: Network) -> Audience:
        user = network.users.get(self.uid)
        if user is None or self.sid not in user.sessions:
            raise Lost
        return NOBODY


@dataclass(slots=True, eq=False)
class SessionNamed(Event):
    """A session is known by the name of its device from now on, as whoever has logged in says; to its owner alone."""

    device: str

    def apply(self, network: Network) -> Audience:
        attachment = self.actor(network).sessions.get(self.origin.sid)
        if attachment is None:
            raise Lost
        attachment.device = self.device
        return NOBODY
