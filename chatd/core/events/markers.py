"""A user has read a conversation up to some moment."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatd.core.audience import NOBODY, Audience
from chatd.core.events.base import Event
from chatd.core.network import Network


@dataclass(slots=True, eq=False)
class MarkerMoved(Event):
    """The messages of ``target`` (a channel or nickname, ``folded``) are read up to ``moment``, as server-time text.

    A marker never goes back, nor into the future: then ``moment`` becomes what it is, and ``moved`` says whether that
    is new.  ``limit`` bounds how many a user has; the one moved longest ago is forgotten.  It is nobody's business but
    the user's own: that the audience is nobody leaves the telling to who knows which sessions want it.
    """

    target: str
    folded: str
    moment: str
    limit: int
    moved: bool = field(init=False, default=False)

    def apply(self, network: Network) -> Audience:
        user = self.actor(network)
        if user.markers is None:
            user.markers = {}
        before = user.markers.get(self.folded, "")
        self.moment = min(self.moment, self.time)
        if self.moment > before:
            self.moved = True
            user.markers.pop(self.folded, None)
            user.markers[self.folded] = self.moment
            if len(user.markers) > self.limit:
                del user.markers[next(iter(user.markers))]
        else:
            self.moment = before
        return NOBODY
