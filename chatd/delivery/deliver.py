"""Events to the outboxes of this node's sessions, and the flush that empties them.

History is written first in the same flush: nobody is shown a message that is not yet in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from typing import Protocol

from chatd.core.audience import NOBODY, Audience
from chatd.core.caps import ECHO_MESSAGE, SELF_MESSAGE
from chatd.core.catalog import Reactions
from chatd.core.events import Event
from chatd.delivery.outgoing import Outgoing, Rendered
from chatd.delivery.run import Run
from chatd.interfaces import History


class Outbox(Protocol):
    """What the flusher knows of a session."""

    queue: list[bytes]
    dirty: bool

    def flush(self) -> None:
        """Write everything queued in one call."""


class Flusher:
    """Collects who has something to be written, and writes it once at the end of the turn.

    ``run`` is what is being said, and is not in the outboxes yet.
    """

    __slots__ = ("_audiences", "_call_soon", "_history", "_outboxes", "_scheduled", "run")

    def __init__(self, call_soon: Callable[[Callable[[], None]], object], history: History, run: Run) -> None:
        self.run = run
        self._call_soon = call_soon
        self._history = history
        self._scheduled = False
        self._audiences: list[Audience] = []
        self._outboxes: list[Outbox] = []

    def mark_audience(self, audience: Audience) -> None:
        """Everybody in it may have something queued."""
        audience.dirty = True
        self._audiences.append(audience)
        if not self._scheduled:
            self._scheduled = True
            self._call_soon(self.flush)

    def mark_outbox(self, outbox: Outbox) -> None:
        """This one has something queued, or is to be closed."""
        outbox.dirty = True
        self._outboxes.append(outbox)
        if not self._scheduled:
            self._scheduled = True
            self._call_soon(self.flush)

    def log_all(self) -> None:
        """Bring to the logs what was said until now, before the end of the turn, for who reads them."""
        self.run.end()
        self._history.flush()

    def flush(self) -> None:
        """Write history, then one joined write for each recipient."""
        self._scheduled = False
        run = self.run
        if run.lines and not run.queued and not self._outboxes and len(self._audiences) == 1:
            self._audiences.pop().dirty = False
            run.write()
        else:
            run.end()
            run.queued = False
            self._history.flush()
            self._write_audiences()
        outboxes, self._outboxes = self._outboxes, []
        for outbox in outboxes:
            outbox.dirty = False
            outbox.flush()

    def _write_audiences(self) -> None:
        audiences, self._audiences = self._audiences, []
        for audience in audiences:
            audience.dirty = False
            for group in list(audience.groups.values()):
                for recipient in list(group):
                    queue = recipient.queue
                    if queue:
                        if recipient.paused:
                            recipient.flush()
                        else:  # what ``flush`` would do, without a call for each delivery
                            octets = queue[0] if len(queue) == 1 else b"".join(queue)
                            queue.clear()
                            recipient.write(octets)


class Delivery:
    """Renders events and queues the lines."""

    __slots__ = ("_flusher", "_run")

    def __init__(self, flusher: Flusher) -> None:
        self._flusher = flusher
        self._run = flusher.run

    def deliver(self, event: Event, audience: Audience, reactions: Reactions) -> None:
        """Queue an event that has taken effect for everybody who is to see it."""
        run = self._run
        for render in reactions.renders:
            shown: Rendered = render(event)
            if isinstance(shown, str):
                run.add(shown, event, audience)
            elif isinstance(shown, Outgoing):
                self._put(shown, event, audience)
            elif shown is not None:
                for line in shown:
                    if isinstance(line, str):
                        run.add(line, event, audience)
                    else:
                        self._put(line, event, audience)
        if not reactions.moves_nobody:
            run.end()
        if not audience.dirty and (audience.groups or event.logs or run.lines):
            self._flusher.mark_audience(audience)
        if event.copies.groups:
            self._copy_to_others(event, reactions)

    def show(self, lines: Iterable[Outgoing], to: Audience) -> None:
        """Queue some lines for these recipients alone; nothing of it is logged."""
        for line in lines:
            own = copy(line)
            own.to, own.logged = to, False
            self._put(own, own.event, NOBODY)

    def _copy_to_others(self, event: Event, reactions: Reactions) -> None:
        """Show what a user said to its other sessions, but only those that will know it for their user's own."""
        own = ECHO_MESSAGE.bit | SELF_MESSAGE.bit
        to = Audience(recipient for recipient in event.copies if recipient.caps & own)
        for render in reactions.renders:
            shown: Rendered = render(event)
            lines = [shown] if shown is None or isinstance(shown, str | Outgoing) else shown
            self.show((Outgoing(event, line) if isinstance(line, str) else line for line in lines if line), to)

    def _put(self, line: Outgoing, event: Event, audience: Audience) -> None:
        """Queue a conditional line for whom it is meant: the event's audience, or one of its own."""
        self._run.put(line, event, audience)
        if line.to is not None and line.to.groups and not line.to.dirty:
            self._flusher.mark_audience(line.to)
