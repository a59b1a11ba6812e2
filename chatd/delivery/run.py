"""Lines that follow one another to the same audience: encoded together, once for each set of capabilities that matters.

Whoever queues something else, or changes who is told, ends the run first, so that every client keeps the order in
which things happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatd.core.audience import NOBODY, Audience, Recipient
from chatd.core.caps import ECHO_MESSAGE
from chatd.core.events import Event
from chatd.core.user import Origin
from chatd.delivery.outgoing import ACCOUNT_LOG_CAPS, LOG_CAPS, Outgoing, TagTable
from chatd.interfaces import History
from chatd.wire.chunks import clip
from chatd.wire.framing import BODY_BYTES


class Run:
    """``lines`` are those of the run that is open, empty when there is none.

    ``queued`` says that something went into outboxes since the flusher last set it to False.
    ``local`` are this node's sessions: the one that a message comes from is shown it as an echo only.
    """

    __slots__ = (
        "_audience", "_events", "_history", "_local", "_origin", "_tags", "_time_ms", "lines", "queued",
    )  # fmt: skip

    def __init__(self, tags: TagTable, local: Mapping[str, Any], history: History) -> None:
        self._tags = tags
        self._local = local
        self._history = history
        self._audience = NOBODY
        self._origin: Origin | None = None
        self._time_ms = 0
        self._events: list[Event] = []
        self.lines: list[str] = []
        self.queued = False

    def add(self, line: str, event: Event, audience: Audience) -> None:
        """Put a line at the end of the run, or begin a new one."""
        if audience is not self._audience or event.origin is not self._origin or event.time_ms != self._time_ms:
            self.end()
            self._audience, self._origin, self._time_ms = audience, event.origin, event.time_ms
        if len(line) > BODY_BYTES or not line.isascii():
            line = clip(line, BODY_BYTES)  # what a source adds may make it too long to relay whole
        self.lines.append(line)
        self._events.append(event)

    def end(self) -> None:
        """Queue the lines of the run, if there is one."""
        if self.lines:
            lines, events, audience = self._take()
            self._spread(lines, events, audience, self._speaker(events[0]))

    def _take(self) -> tuple[list[str], list[Event], Audience]:
        lines, self.lines = self.lines, []
        events, self._events = self._events, []
        audience, self._audience = self._audience, NOBODY
        return lines, events, audience

    def put(self, line: Outgoing, event: Event, audience: Audience) -> None:
        """Queue a line that not everybody is shown, by itself."""
        self.end()
        speaker = None
        if line.to is None:
            speaker = self._speaker(event)
        else:
            audience = line.to
        self._spread([clip(line.body, BODY_BYTES)], [line.event], audience, speaker, line)

    def write(self) -> None:
        """Log the run, and write it to everybody past their queues, where nobody but the paused has anything in them.

        The usual turn of a server that is not busy; for each recipient it is half the work.
        """
        lines, events, audience = self._take()
        encode, mask, speaker = self._tags.encode, self._tags.mask, self._speaker(events[0])
        forms: dict[int, bytes] = {}
        self._log(lines, events, forms, mask)
        self._history.flush()
        queuing: list[Recipient] = []
        if speaker is not None:  # has its own rules, so what it is sent goes by the queue
            already, paused, speaker.paused = len(speaker.queue), speaker.paused, True
        for caps, group in audience.groups.items():
            key = caps & mask
            octets = forms.get(key) or forms.setdefault(key, encode(key, lines, events, None))
            for recipient in group:
                if recipient.paused:
                    recipient.append(octets)
                    queuing.append(recipient)
                else:
                    recipient.write(octets)
        if speaker is not None:
            speaker.paused = paused
            self._echo(lines, events, speaker, already, forms, mask)
        for recipient in queuing:
            recipient.flush()

    def _speaker(self, event: Event) -> Any:
        """The session that is shown an event as an echo only; None for events that are not echoed."""
        return self._local.get(event.origin.sid) if event.echoed else None

    def _spread(
        self,
        lines: list[str],
        events: list[Event],
        audience: Audience,
        speaker: Any,
        conditions: Outgoing | None = None,
    ) -> None:
        """Encode lines of one origin for each set of capabilities, queue them, and hand them to their logs."""
        encode, groups, mask = self._tags.encode, audience.groups, self._tags.mask
        self.queued = True
        if conditions is not None:
            groups = {caps: group for caps, group in groups.items() if conditions.is_for(caps)}
            mask = 0 if conditions.bare else mask
        forms: dict[int, bytes] = {}
        already = len(speaker.queue) if speaker is not None else 0
        for caps, group in groups.items():
            key = caps & mask
            octets = forms.get(key) or forms.setdefault(key, encode(key, lines, events, conditions))
            for append in group.values():
                append(octets)
        if speaker is not None:
            self._echo(lines, events, speaker, already, forms, mask, conditions)
        if conditions is None or conditions.logged:
            self._log(lines, events, forms, mask, conditions)

    def _echo(
        self,
        lines: list[str],
        events: list[Event],
        speaker: Any,
        already: int,
        forms: dict[int, bytes],
        mask: int,
        conditions: Outgoing | None = None,
    ) -> None:
        """Show a session what it has said, if it is to see that; ``already`` is how much was in its queue before."""
        if events[0].quiet_to_origin:
            del speaker.queue[already:]
        elif speaker.label is not None:
            speaker.set_apart(already)  # what one says to oneself is no response, but for its echo
        if speaker.caps & ECHO_MESSAGE.bit and (conditions is None or conditions.is_for(speaker.caps)):
            key = speaker.caps & mask
            speaker.append(forms.get(key) or self._tags.encode(key, lines, events, conditions))
            speaker.mark()

    def _log(
        self,
        lines: list[str],
        events: list[Event],
        forms: dict[int, bytes],
        mask: int,
        conditions: Outgoing | None = None,
    ) -> None:
        """Hand lines to the logs of their event."""
        event = events[0]
        if event.logs:
            key = (LOG_CAPS if event.origin.account is None else ACCOUNT_LOG_CAPS) & mask
            octets = forms.get(key) or forms.setdefault(key, self._tags.encode(key, lines, events, conditions))
            for log in event.logs:
                self._history.append(log, event.time_ms, octets)
