"""Things said: to a channel, to a user, to everybody, to operators."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, NamedTuple

from chatd.core.audience import NOBODY, Audience
from chatd.core.clienttags import is_lasting
from chatd.core.events.base import Event, Lost
from chatd.core.names import conversation
from chatd.core.network import Network
from chatd.core.recent import BY_A_USER
from chatd.core.user import Origin, User

RELAYED_USERNAME: Final = "relay"
CALLERS_MS: Final = 60_000
"""Between two times in which somebody is told of callers."""


class Line(NamedTuple):
    """One line of a message of several; ``joined`` says that it goes on where the line before ended."""

    text: str
    joined: bool


@dataclass(slots=True, eq=False)
class Said(Event):
    """PRIVMSG, NOTICE or TAGMSG (``text`` None) to a channel; ``rank`` limits it to members of that rank and above.

    ``target`` is the channel as shown, with its status prefix; ``tags`` are the client-only tags.  ``lines`` are those
    of a message of several, whose ``text`` is what one reads then.
    """

    verb: str
    target: str
    folded: str
    text: str | None
    tags: Mapping[str, str]
    rank: int = 0
    lines: tuple[Line, ...] = ()

    quiet_to_origin: ClassVar[bool] = True
    echoed: ClassVar[bool] = True
    moves_nobody: ClassVar[bool] = True

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        channel = network.channels.get(self.folded)
        if channel is None:
            raise Lost
        user.active_ms = self.time_ms
        channel.recent.append((self.msgid, user.uid, self.rank, self.text is not None))
        if channel.logged and (self.text is not None or is_lasting(self.tags)):
            self.logs = (self.folded,)
        audience = network.ranked(channel, self.rank) if self.rank else channel.audience
        if len(user.sessions) > 1:
            self.copy_to_others(user, audience)
        return audience


@dataclass(slots=True, eq=False)
class Relayed(Event):
    """PRIVMSG to a channel by ``relayer`` for somebody elsewhere, shown as from ``nick``."""

    folded: str
    nick: str
    text: str
    tags: Mapping[str, str]
    target: str = field(init=False, default="")
    relayer: str = field(init=False, default="")

    quiet_to_origin: ClassVar[bool] = True
    echoed: ClassVar[bool] = True

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        channel = network.channels.get(self.folded)
        if channel is None:
            raise Lost
        user.active_ms = self.time_ms
        channel.recent.append((self.msgid, user.uid, 0, True))
        self.target, self.relayer = channel.name, user.nick
        # Nothing else of the relayer shows: its account and modes are not those of who is quoted.
        self.origin = Origin(
            relayed_source(self.nick, user), user.uid, self.origin.sid, None, self.origin.node, self.origin.by
        )
        self.logs = (self.folded,) if channel.logged else ()
        if len(user.sessions) > 1:
            self.copy_to_others(user, channel.audience)
        return channel.audience


def relayed_source(nick: str, relayer: User) -> str:
    """What a relayed message comes from, as bans and clients see it."""
    return f"{nick}!{RELAYED_USERNAME}@{relayer.host}"


@dataclass(slots=True, eq=False)
class Whispered(Event):
    """PRIVMSG, NOTICE or TAGMSG to one user; fields as in ``Said``."""

    verb: str
    uid: str
    target: str
    text: str | None
    tags: Mapping[str, str]
    lines: tuple[Line, ...] = ()

    echoed: ClassVar[bool] = True
    moves_nobody: ClassVar[bool] = True

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        target = network.users.get(self.uid)
        if target is None:
            raise Lost
        user.active_ms = self.time_ms
        one, other = user.called.name, target.called.name
        kept = network.registry.keeps(one, other)
        if kept and (self.text is not None or is_lasting(self.tags)):
            self.logs = (conversation(one, other),)
        if user.recent is None:
            user.recent = deque(maxlen=BY_A_USER)
        user.recent.append((self.msgid, self.uid, kept, self.text is not None))
        if len(user.sessions) > 1:
            self.copy_to_others(user, target.audience)
        return target.audience


@dataclass(slots=True, eq=False)
class Unheard(Event):
    """PRIVMSG, NOTICE or TAGMSG that reaches nobody, and whose sender is to see it as any other; fields as in ``Said``.

    What is said to services, and to who has silenced the sender.  It is in no log.
    """

    verb: str
    target: str
    text: str | None
    tags: Mapping[str, str]
    lines: tuple[Line, ...] = ()

    echoed: ClassVar[bool] = True
    moves_nobody: ClassVar[bool] = True

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        if len(user.sessions) > 1:
            self.copy_to_others(user, NOBODY)
        return NOBODY


@dataclass(slots=True, eq=False)
class CallerHeld(Event):
    """Somebody with +g (``uid``) is told who would write to them, at most once in ``CALLERS_MS``."""

    verb: str
    uid: str
    target: str = field(init=False, default="")

    def apply(self, network: Network) -> Audience:
        self.actor(network)
        target = network.users.get(self.uid)
        if target is None or not is_told_callers(target, self.time_ms):
            raise Lost
        target.called_ms = self.time_ms
        self.target = target.nick
        return target.audience


def is_told_callers(user: User, now_ms: int) -> bool:
    """Say whether somebody is here, and was not told of a caller a moment ago."""
    return bool(user.sessions) and not user.called_ms <= now_ms < user.called_ms + CALLERS_MS


@dataclass(slots=True, eq=False)
class Broadcast(Event):
    """PRIVMSG or NOTICE by an operator to everybody whose host or server matches a mask."""

    verb: str
    target: str
    text: str
    uids: tuple[str, ...] | None  # None: everybody

    quiet_to_origin: ClassVar[bool] = True
    echoed: ClassVar[bool] = True

    def apply(self, network: Network) -> Audience:
        speaker = self.actor(network)
        everyone = Audience()
        uids = network.users if self.uids is None else self.uids
        for uid in uids:
            user = network.users.get(uid)
            if user is not None:
                everyone.update(user.audience)
        self.copy_to_others(speaker, everyone)
        return everyone


@dataclass(slots=True, eq=False)
class Wallopsed(Event):
    """WALLOPS by an operator to everybody with user mode w."""

    text: str

    def apply(self, network: Network) -> Audience:
        return network.mode_audience("w")


@dataclass(slots=True, eq=False)
class Noticed(Event):
    """A server notice to operators with user mode s, on those of their connections that are operators' (``told``)."""

    text: str
    told: tuple[tuple[str, Audience], ...] = field(init=False, default=())

    def apply(self, network: Network) -> Audience:
        told = network.mode_audience("s")
        self.told = tuple(
            (each.user.nick, Audience([each]))
            for each in told
            if each.user is not None and each.user.sessions[each.sid].oper
        )
        return NOBODY
