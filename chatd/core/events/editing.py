"""Messages being given another text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from chatd.core.audience import NOBODY, Audience
from chatd.core.events.base import Event, Lost
from chatd.core.events.channels import existing
from chatd.core.network import Network
from chatd.core.recent import find
from chatd.core.refusal import Failed


def count(event: Edited | WhisperEdited, network: Network) -> None:
    """Count an edit of its message; raises Failed when there were too many."""
    if not network.edits.take(event.about, event.most):
        text = "This message was edited too often"
        raise Failed("EDIT", "TOO_MANY_EDITS", event.target, event.about, str(event.most), text=text)


@dataclass(slots=True, eq=False)
class Edited(Event):
    """The message ``about`` in a channel has the text ``lines`` now; whoever could read it is told.

    ``log`` has the message, and gets the edit.  ``rank`` is the one it was said to, where that is known from the log;
    otherwise the message must be one of those that are remembered.  It may be edited ``most`` times (0: ever).
    """

    folded: str
    about: str
    lines: tuple[str, ...]
    log: str
    rank: int | None = None
    most: int = 0
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
        user.active_ms = self.time_ms
        self.target = network.modes.prefixes(rank) + channel.name
        count(self, network)
        if channel.logged:
            self.logs = (self.log,)
        audience = network.ranked(channel, rank) if rank else channel.audience
        self.copy_to_others(user, audience)
        return audience


@dataclass(slots=True, eq=False)
class WhisperEdited(Event):
    """The same of a message to the user ``uid`` ("" for who is gone), by who said it.

    It must be remembered, unless ``is_logged``.  What history does not have, it does not get by an edit.
    """

    uid: str
    nick: str
    about: str
    lines: tuple[str, ...]
    log: str
    is_logged: bool = False
    most: int = 0
    target: str = field(init=False, default="")

    echoed: ClassVar[bool] = True

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        target = network.users.get(self.uid)
        message = find(user.recent, self.about)
        if (self.uid and target is None) or not (self.is_logged or message):
            raise Lost
        user.active_ms = self.time_ms
        self.target = self.nick if target is None else target.nick
        count(self, network)
        if self.is_logged or (message is not None and message[2]):
            self.logs = (self.log,)
        audience = NOBODY if target is None else target.audience
        self.copy_to_others(user, audience)
        return audience
