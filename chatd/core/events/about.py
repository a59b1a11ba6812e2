"""What happens to a message that was said before, in a channel or to somebody: see ``editing`` and ``redaction``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from chatd.core.audience import NOBODY, Audience
from chatd.core.channel import Channel
from chatd.core.events.base import Event, Lost
from chatd.core.events.channels import existing
from chatd.core.network import Network
from chatd.core.recent import Remembered, find
from chatd.core.user import User


@dataclass(slots=True, eq=False)
class AboutSaid(Event):
    """Something happens to the message ``about`` in a channel; whoever could read it is told.

    ``log`` has the message, and gets what happens to it: that may be the log of a former name of the channel.  ``rank``
    is the one it was said to, where that is known from the log; otherwise the message must be one of those that are
    remembered.
    """

    folded: str
    about: str
    log: str
    rank: int | None = field(default=None, kw_only=True)
    target: str = field(init=False, default="")

    quiet_to_origin: ClassVar[bool] = True
    echoed: ClassVar[bool] = True

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        channel = existing(network, self.folded)
        message = find(channel.recent, self.about)
        if message is not None:
            self.rank = message[2]
        rank = self.rank
        if rank is None:
            raise Lost
        self.target = network.modes.prefixes(rank) + channel.name
        self.happen(network, user, channel, message)
        if channel.logged:
            self.logs = (self.log,)
        audience = network.ranked(channel, rank) if rank else channel.audience
        self.copy_to_others(user, audience)
        return audience

    def happen(self, network: Network, user: User, place: Channel, message: Remembered | None) -> None:
        """What becomes of it, where it is remembered; may raise."""
        raise NotImplementedError


@dataclass(slots=True, eq=False)
class AboutWhispered(Event):
    """The same of a message to the user ``uid`` ("" for who is gone), by who said it, whatever they are called now.

    It must be remembered, unless ``is_logged``.  What history does not have, it does not get by this.
    """

    uid: str
    nick: str
    about: str
    log: str
    is_logged: bool = field(default=False, kw_only=True)
    target: str = field(init=False, default="")

    echoed: ClassVar[bool] = True

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        target = network.users.get(self.uid)
        message = find(user.recent, self.about)
        if (self.uid and target is None) or not (self.is_logged or message):
            raise Lost
        self.target = self.nick if target is None else target.nick
        self.happen(network, user, user, message)
        if self.is_logged or (message is not None and message[2]):
            self.logs = (self.log,)
        audience = NOBODY if target is None else target.audience
        self.copy_to_others(user, audience)
        return audience

    def happen(self, network: Network, user: User, place: User, message: Remembered | None) -> None:
        """What becomes of it, where it is remembered; may raise."""
        raise NotImplementedError
