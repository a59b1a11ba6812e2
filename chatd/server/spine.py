"""The spine: events are stamped, put in order by the bus, applied, delivered, and told to all who follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chatd.clock import Clock
from chatd.context import Node
from chatd.core.audience import Audience
from chatd.core.catalog import Reactions
from chatd.core.events import Event, Lost
from chatd.core.refusal import Failed, Refused
from chatd.delivery.deliver import Delivery, Flusher
from chatd.delivery.outgoing import Outgoing
from chatd.delivery.run import Run
from chatd.reports import reporter
from chatd.server.gate import Gate
from chatd.session import Session

log = reporter(__name__)


class Spine:
    """One for each node.  ``publish`` hands an event to the bus; a server that is alone is its own (``happened``)."""

    __slots__ = ("_bus", "_clock", "_delivery", "_network", "_node", "_publish", "_reactions", "_run", "_sessions")

    def __init__(
        self, node: Node, reactions: Mapping[type[Event], Reactions], clock: Clock, flusher: Flusher, bus: Any
    ) -> None:
        self._node = node
        self._network = node.network
        self._sessions = node.sessions
        self._reactions = reactions
        self._clock = clock
        self._run: Run = flusher.run
        self._delivery = Delivery(flusher)
        self._bus = bus
        self._publish: Callable[[Event], None] = self.happened
        if bus is not None:
            bus.join(self._returned)
            self._publish = self._publish_late

    def emit(self, event: Event) -> None:
        """Stamp an event and hand it to the bus; it takes effect when the bus gives it back.

        The moment is the one the clock was last asked for: time stands still while one read is carried out.
        """
        self._clock.stamp(event)
        self._publish(event)

    def show(self, lines: Iterable[Outgoing], session: Session) -> None:
        """See ``context.Node``."""
        self._delivery.show(lines, Audience([session]))

    def _publish_late(self, event: Event) -> None:
        """Hand an event to a bus that gives it back later: until then its session's next line is not taken."""
        session = self._sessions.get(event.origin.by)
        if session is not None:
            session.waiting += 1
            session.put_behind()
        self._bus.publish(event)

    def _returned(self, event: Event) -> None:
        """An event has come back from a bus; what its session is sent now belongs to the command it waits for."""
        session = self._sessions.get(event.origin.by)
        resumed = session is not None and session.resume_response()
        self.happened(event)
        if session is not None:
            session.held = None
            session.say_held()
            Gate.release(session, resumed)

    def happened(self, event: Event) -> None:
        """An event has its turn: apply it, deliver it, tell everybody else who follows."""
        reactions = self._reactions[type(event)]
        if not reactions.moves_nobody:
            self._run.end()
        try:
            audience = event.apply(self._network)
        except Lost:
            return
        except (Refused, Failed) as refusal:
            self._tell_lost_race(event, reactions, refusal)
            return
        self._delivery.deliver(event, audience, reactions)
        if reactions.follows and (session := self._sessions.get(event.origin.sid)) is not None:
            self._call_all(reactions.follows, session.context, event)
        if reactions.observes:
            self._call_all(reactions.observes, self._node, event)

    def _tell_lost_race(self, event: Event, reactions: Reactions, refusal: Refused | Failed) -> None:
        session = self._sessions.get(event.origin.by)
        if session is not None:
            self._call_all(reactions.recovers, session.context, event)
            if isinstance(refusal, Failed):
                session.fail(refusal)
            else:
                session.refuse(refusal)

    @staticmethod
    def _call_all(functions: Iterable[Callable[..., None]], subject: object, event: Event) -> None:
        """One follower that fails is logged and never stops the next."""
        for function in functions:
            try:
                function(subject, event)
            except Exception:
                log.failure("a follower of an event failed: {name}", name=function.__qualname__)
