"""Messages being taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from chatd.core.audience import NOBODY, Audience
from chatd.core.events.base import Event, Lost
from chatd.core.events.channels import existing
from chatd.core.network import Network
from chatd.core.recent import find


@dataclass(slots=True, eq=False)
class Redacted(Event):
    """The message ``about`` in a channel is taken back; whoever could read it is told.

    ``log`` has the message.  ``rank`` is the one it was said to, where that is known from the log; otherwise the
    message must be one of those that are remembered.
    """

    folded: str
    about: str
    reason: str
    log: str
    rank: int | None = None
    target: str = field(init=False, default="")

    quiet_to_origin: ClassVar[bool] = True
    echoed: ClassVar[bool] = True

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        channel = existing(network, self.folded)
        message = find(channel.recent, self.about)
        if message is not None:
            channel.recent.remove(message)
            self.rank = message[2]
        rank = self.rank
        if rank is None:
            raise Lost
        self.target = network.modes.prefixes(rank) + channel.name
        if channel.logged:
            self.logs = (self.folded,)
        audience = network.ranked(channel, rank) if rank else channel.audience
        self.copy_to_others(user, audience)
        return audience


@dataclass(slots=True, eq=False)
class WhisperRedacted(Event):
    """The same of a message to the user ``uid`` ("" for who is gone), by who said it, whatever they are called now.

    It must be remembered, unless ``is_logged``.
    """

    uid: str
    nick: str
    about: str
    reason: str
    log: str
    is_logged: bool = False
    target: str = field(init=False, default="")

    echoed: ClassVar[bool] = True

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        target = network.users.get(self.uid)
        message = find(user.recent, self.about)
        if (self.uid and target is None) or not (self.is_logged or message is not None):
            raise Lost
        if user.recent is not None and message is not None:
            user.recent.remove(message)
        self.target = self.nick if target is None else target.nick
        if self.is_logged or (message is not None and message[2]):
            self.logs = (self.log,)
        if target is None:
            self.copy_to_others(user, NOBODY)
            return NOBODY
        self.copy_to_others(user, target.audience)
        return target.audience
