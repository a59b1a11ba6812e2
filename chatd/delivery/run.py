"""Lines that follow one another to the same audience: encoded together, once for each set of capabilities that matters.

Whoever queues something else, or changes who is told, ends the run first, so that every client keeps the order in
which things happened.
"""

from __future__ import annotations

from typing import Any

from chatd.core.audience import NOBODY, Audience
from chatd.core.caps import ECHO_MESSAGE
from chatd.core.events import Event
from chatd.core.user import Origin
from chatd.delivery.outgoing import LOG_CAPS, Line, Outgoing, TagTable
from chatd.interfaces import History
from chatd.wire.chunks import clip
from chatd.wire.framing import BODY_BYTES


class Run:
    """``lines`` are those of the run that is open, empty when there is none."""

    __slots__ = ("_append", "_audience", "_origin", "_speaker", "_tags", "_time_ms", "lines")

    def __init__(self, tags: TagTable, history: History) -> None:
        self._tags = tags
        self._append = history.append
        self._audience = NOBODY
        self._origin: Origin | None = None
        self._speaker: Any = None
        self._time_ms = 0
        self.lines: list[Line] = []

    def add(self, body: str, event: Event, audience: Audience, speaker: Any) -> None:
        """Put a line at the end of the run, or begin a new one; ``speaker`` is its session where it is echoed."""
        if audience is not self._audience or event.origin is not self._origin or event.time_ms != self._time_ms:
            self.end()
            self._audience, self._origin, self._time_ms = audience, event.origin, event.time_ms
            self._speaker = speaker
        if len(body) > BODY_BYTES or not body.isascii():
            body = clip(body, BODY_BYTES)  # what a source adds may make it too long to relay whole
        self.lines.append((body, event))

    def end(self) -> None:
        """Queue the lines of the run, if there is one."""
        if self.lines:
            lines, self.lines = self.lines, []
            audience, self._audience = self._audience, NOBODY
            self._spread(lines, audience, self._speaker)

    def put(self, line: Outgoing, audience: Audience, speaker: Any) -> None:
        """Queue a line that not everybody is shown, by itself."""
        self.end()
        self._spread([(clip(line.body, BODY_BYTES), line.event)], audience, speaker, line)

    def _spread(self, lines: list[Line], audience: Audience, speaker: Any, conditions: Outgoing | None = None) -> None:
        """Encode lines of one origin for each set of capabilities, queue them, and hand them to their logs."""
        encode, groups, mask = self._tags.encode, audience.groups, self._tags.mask
        if conditions is not None:
            groups = {caps: group for caps, group in groups.items() if conditions.is_for(caps)}
            mask = 0 if conditions.bare else mask
        forms: dict[int, bytes] = {}
        already = len(speaker.queue) if speaker is not None else 0
        for caps, group in groups.items():
            key = caps & mask
            octets = forms.get(key) or forms.setdefault(key, encode(key, lines, conditions))
            for append in group.values():
                append(octets)
        event = lines[0][1]
        if speaker is not None:
            if event.quiet_to_origin:
                del speaker.queue[already:]
            elif speaker.label is not None:
                speaker.set_apart(already)  # what one says to oneself is no response, but for its echo
            if speaker.caps & ECHO_MESSAGE.bit and (conditions is None or conditions.is_for(speaker.caps)):
                key = speaker.caps & mask
                speaker.append(forms.get(key) or forms.setdefault(key, encode(key, lines, conditions)))
                speaker.mark()
        if event.logs and (conditions is None or conditions.logged):
            octets = forms.get(LOG_CAPS) or encode(LOG_CAPS, lines, conditions)
            for log in event.logs:
                self._append(log, event.time_ms, octets)
