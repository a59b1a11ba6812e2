"""Events to the outboxes of this node's sessions, and the flush that empties them.

History is written first in the same flush: nobody is shown a message that is not yet in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from chatd.core.audience import Audience
from chatd.core.caps import ECHO_MESSAGE
from chatd.core.events import Event
from chatd.delivery.outgoing import LOG_CAPS, Outgoing, Rendered, TagTable, plain_line
from chatd.interfaces import History

Renderer = Callable[[Any], Rendered]
"""What ``@renders`` marks: an event in, what is shown of it out."""


class Outbox(Protocol):
    """What the flusher knows of a session."""

    queue: list[bytes]
    dirty: bool

    def flush(self) -> None:
        """Write everything queued in one call."""


class Flusher:
    """Collects who has something to be written, and writes it once at the end of the turn."""

    __slots__ = ("_audiences", "_call_soon", "_history", "_outboxes", "_scheduled")

    def __init__(self, call_soon: Callable[[Callable[[], None]], object], history: History) -> None:
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

    def flush(self) -> None:
        """Write history, then one joined write for each recipient."""
        self._scheduled = False
        self._history.flush()
        audiences, self._audiences = self._audiences, []
        for audience in audiences:
            audience.dirty = False
            for group in list(audience.groups.values()):
                for recipient in list(group):
                    if recipient.queue:
                        recipient.flush()
        outboxes, self._outboxes = self._outboxes, []
        for outbox in outboxes:
            outbox.dirty = False
            outbox.flush()


class Delivery:
    """Renders events and queues the lines; hands what belongs in a log to history."""

    __slots__ = ("_append", "_flusher", "_local", "tags")

    def __init__(self, tags: TagTable, local: Mapping[str, Any], flusher: Flusher, history: History) -> None:
        self.tags = tags
        self._local = local
        self._flusher = flusher
        self._append = history.append

    def deliver(self, event: Event, audience: Audience, renders: Iterable[Renderer]) -> None:
        """Queue an event that has taken effect for everybody who is to see it."""
        speaker = self._local.get(event.origin.sid) if event.echoed else None
        for render in renders:
            shown = render(event)
            if isinstance(shown, str):
                self._queue(shown, event, audience, speaker)
            elif isinstance(shown, Outgoing):
                self._queue_conditional(shown, event, audience, speaker)
            elif shown is not None:
                for line in shown:
                    if isinstance(line, str):
                        self._queue(line, event, audience, speaker)
                    else:
                        self._queue_conditional(line, event, audience, speaker)
        if not audience.dirty and (audience.groups or event.logs):
            self._flusher.mark_audience(audience)

    def _queue_conditional(self, line: Outgoing, event: Event, audience: Audience, speaker: Any) -> None:
        """Queue a line for whom it is meant: the event's audience, or one of its own."""
        if line.to is None:
            self._queue(line.body, event, audience, speaker, line)
            return
        self._queue(line.body, event, line.to, None, line)
        if line.to.groups and not line.to.dirty:
            self._flusher.mark_audience(line.to)

    def _queue(
        self, body: str, event: Event, audience: Audience, speaker: Any, conditions: Outgoing | None = None
    ) -> None:
        """Encode a line once for each set of capabilities that matters to it, and queue it."""
        mask = self.tags.mask
        lines = {0: plain_line(body)}
        needs = lacks = 0
        if conditions is not None:
            needs, lacks = conditions.needs, conditions.lacks
            event = conditions.event
            if conditions.bare:
                mask, lines = 0, {0: conditions.bare_line()}
        already = len(speaker.queue) if speaker is not None else 0
        for caps, group in audience.groups.items():
            if not caps & lacks and caps & needs == needs:
                line = lines.get(caps & mask) or self._form(lines, caps & mask, event, conditions)
                for append in group.values():
                    append(line)
        if speaker is not None:
            self._echo(lines, event, speaker, conditions, already)
        if event.logs and (conditions is None or conditions.logged):
            line = lines.get(LOG_CAPS) or self._form(lines, LOG_CAPS, event, conditions)
            for log in event.logs:
                self._append(log, event.time_ms, line)

    def _echo(
        self, lines: dict[int, bytes], event: Event, speaker: Any, conditions: Outgoing | None, already: int
    ) -> None:
        """Let the session a line comes from have it as an echo only; ``already`` is what was queued for it before."""
        if event.quiet_to_origin:
            del speaker.queue[already:]
        elif speaker.label is not None:
            speaker.set_apart(already)  # what one says to oneself is no response, but for its echo
        caps = speaker.caps
        if caps & ECHO_MESSAGE.bit and (
            conditions is None or (caps & conditions.needs == conditions.needs and not caps & conditions.lacks)
        ):
            key = 0 if conditions is not None and conditions.bare else caps & self.tags.mask
            speaker.append(lines.get(key) or self._form(lines, key, event, conditions))
            speaker.mark()

    def _form(self, lines: dict[int, bytes], key: int, event: Event, conditions: Outgoing | None) -> bytes:
        """Make the form of a line for one more set of capabilities; ``lines`` has the plain one at 0."""
        line = lines[key] = self.tags.head(key, event, conditions) + lines[0]
        return line
