"""Somebody has read a conversation up to some moment."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatd.core.audience import NOBODY, Audience
from chatd.core.events.base import Event, Lost
from chatd.core.network import Network


@dataclass(slots=True, eq=False)
class MarkerMoved(Event):
    """The messages of ``target`` (a channel or nickname, ``folded``) are read up to ``moment``, as server-time text.

    A marker never goes back, nor into the future: then ``moment`` becomes what it is, and ``moved`` says whether that
    is new.  ``limit`` bounds how many somebody has; the one moved longest ago is forgotten.  All who are logged in to
    an account have the same.  It is nobody's business but their own: that the audience is nobody leaves the telling to
    who knows which sessions want it.
    """

    target: str
    folded: str
    moment: str
    limit: int
    moved: bool = field(init=False, default=False)

    def apply(self, network: Network) -> Audience:
        markers = network.markers.setdefault(network.owner(self.actor(network)), {})
        before = markers.get(self.folded, "")
        self.moment = min(self.moment, self.time)
        if self.moment > before:
            self.moved = True
            markers.pop(self.folded, None)
            markers[self.folded] = self.moment
            if len(markers) > self.limit:
                del markers[next(iter(markers))]
        else:
            self.moment = before
        return NOBODY


@dataclass(slots=True, eq=False)
class MarkersLoaded(Event):
    """What was kept of an account (folded) is known again; ``uid`` is who has logged in to it."""

    account: str
    uid: str
    kept: tuple[tuple[str, str], ...]

    def apply(self, network: Network) -> Audience:
        if self.account not in network.logged_in:
            raise Lost
        now = network.markers.get(self.account, {})
        markers = dict(self.kept)
        for folded, moment in now.items():
            moment = max(moment, markers.pop(folded, ""))
            markers[folded] = moment
        network.markers[self.account] = markers
        return NOBODY
