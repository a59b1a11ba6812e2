"""What all events have in common."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

from chatd.core.audience import NOBODY, Audience
from chatd.core.user import Origin, User

if TYPE_CHECKING:
    from chatd.core.network import Network


class Lost(Exception):
    """The event came too late to mean anything (its user or channel is gone); it vanishes without a word."""


@dataclass(slots=True, eq=False)
class Event:
    """One thing that happened.

    ``time_ms``, ``time`` (the same moment as server-time text) and ``msgid`` are stamped when it is emitted.
    ``logs`` names the logs it belongs to, ``copies`` those other sessions of its user that are to be shown what their
    user said though it was not said to them; both are filled in by ``apply``.
    """

    origin: Origin
    time_ms: int = field(init=False)
    time: str = field(init=False)
    msgid: str = field(init=False)
    logs: tuple[str, ...] = field(init=False, default=())
    copies: Audience = field(init=False, default=NOBODY)

    quiet_to_origin: ClassVar[bool] = False
    """The session it comes from is not shown it as one of its audience."""
    echoed: ClassVar[bool] = False
    """The session it comes from is shown it when it negotiated echo-message."""

    moves_nobody: ClassVar[bool] = False
    """It changes nothing about who is told what, and its logs follow from its origin and its audience: one of these
    after another may be encoded together."""

    def apply(self, network: Network) -> Audience:
        """Change the network and say who is told; raises Lost or Refused when it can no longer happen."""
        raise NotImplementedError

    def actor(self, network: Network) -> User:
        """The user it comes from, as it is now; brings the event's source up to date.  Raises Lost."""
        origin = self.origin
        user = network.users.get(origin.uid)
        if user is None:
            raise Lost
        if user.source is not origin.source:
            self.origin = user.origin(origin.sid, origin.node, origin.by)
        return user

    def copy_to_others(self, user: User, audience: Audience) -> None:
        """Say that the user's sessions are shown it, but for the one it comes from and those of the audience."""
        sid = self.origin.sid
        self.copies = Audience(one for one in user.audience if one.sid != sid and one not in audience)

    def by(self, origin: Origin) -> Self:
        """The same event for a line whose source is another, so that tags speak of that one."""
        event = copy(self)
        event.origin = origin
        return event

    def by_server(self) -> Self:
        """The same event for a line whose source is the server, so that no tag speaks of the user."""
        return self.by(Origin(self.origin.node, node=self.origin.node))
