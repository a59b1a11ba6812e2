"""One line that goes out, encoded at most once for each set of capabilities that matters to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from chatd.core.caps import MESSAGE_TAGS, SERVER_TIME, Tag
from chatd.wire.chunks import clip
from chatd.wire.framing import BODY_BYTES, LINE_BYTES
from chatd.wire.message import NO_TAGS, format_tags

if TYPE_CHECKING:
    from chatd.core.audience import Audience
    from chatd.core.events import Event

LOG_CAPS = SERVER_TIME.bit | MESSAGE_TAGS.bit
"""What the history log is written with: time and msgid, and the client-only tags."""


class TagTable:
    """The tags a server adds, in the order in which logs have them, and the capability bits that decide about them."""

    __slots__ = ("mask", "rows")

    def __init__(self, rows: Sequence[Tag]) -> None:
        ordered = sorted(rows, key=lambda row: (row.name != "time", row.name != "msgid", row.name))
        self.rows = tuple((row.needs.bit, row.name, row.value) for row in ordered)
        self.mask = MESSAGE_TAGS.bit
        for row in rows:
            self.mask |= row.needs.bit

    def head(self, key: int, event: Event, conditions: Outgoing | None = None) -> bytes:
        """What stands before a line for a recipient whose capabilities, cut to the mask, are ``key``."""
        if conditions is None:
            tags, extra = NO_TAGS, False
        else:
            tags, extra = conditions.tags, conditions.extra
        # By far the most frequent: every logged line but those of bots.
        if key == LOG_CAPS and not tags and not extra and "B" not in event.origin.modes:
            return f"@time={event.time};msgid={event.msgid} ".encode()
        shown = {}
        for bit, name, value in self.rows:
            if key & bit and not (extra and name == "msgid") and (text := value(event)) is not None:
                shown[name] = text
        if key & MESSAGE_TAGS.bit:
            shown.update(tags)
        return f"@{format_tags(shown)} ".encode() if shown else b""


def plain_line(body: str) -> bytes:
    """A line without tags as bytes, CR LF included, cut where what a source adds made it too long to relay whole."""
    octets = f"{body}\r\n".encode()
    return octets if len(octets) <= LINE_BYTES else f"{clip(body, BODY_BYTES)}\r\n".encode()


class Outgoing:
    """A rendered line that not everybody is shown, or that has tags of its own; ``body`` is all but tags and CR LF.

    Recipients must have every capability in ``needs`` and none of ``lacks``.  ``tags`` are client-only tags, shown with
    message-tags.  ``extra`` marks a further line of the same event, which carries no msgid of its own.  ``bare`` lines
    have no tags but ``tags``: those inside a batch.  ``to`` is who is told when that is not the event's audience.
    ``logged`` says whether it goes into the history as well (by default what is for everybody does).  ``event`` is
    what the server's tags speak of.
    """

    __slots__ = ("bare", "body", "event", "extra", "lacks", "logged", "needs", "tags", "to")

    def __init__(
        self,
        event: Event,
        body: str,
        needs: int = 0,
        lacks: int = 0,
        tags: Mapping[str, str] = NO_TAGS,
        extra: bool = False,
        bare: bool = False,
        to: Audience | None = None,
        logged: bool | None = None,
    ) -> None:
        self.event = event
        self.body = body
        self.needs = needs
        self.lacks = lacks
        self.tags = tags
        self.extra = extra
        self.bare = bare
        self.to = to
        self.logged = (not needs and to is None) if logged is None else logged

    def bare_line(self) -> bytes:
        """The only form that a line inside a batch has."""
        line = plain_line(self.body)
        return f"@{format_tags(self.tags)} ".encode() + line if self.tags else line


Rendered = str | Outgoing | Iterable[str | Outgoing] | None
"""What a renderer returns: a line for everybody as text, a line for some, several, or nothing."""
