"""One line that goes out, encoded at most once for each set of capabilities that matters to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chatd.core.caps import MESSAGE_TAGS, SERVER_TIME, Tag
from chatd.wire.chunks import clip
from chatd.wire.framing import BODY_BYTES, LINE_BYTES
from chatd.wire.message import NO_TAGS, format_tags

if TYPE_CHECKING:
    from chatd.core.events import Event

LOG_CAPS = SERVER_TIME.bit | MESSAGE_TAGS.bit
"""What the history log is written with: time and msgid, and the client-only tags."""


class TagTable:
    """The tags a server adds, and the capability bits that decide about them."""

    __slots__ = ("mask", "rows")

    def __init__(self, rows: Sequence[Tag]) -> None:
        self.rows = tuple((row.needs.bit, row.name, row.value) for row in rows)
        self.mask = MESSAGE_TAGS.bit
        for row in rows:
            self.mask |= row.needs.bit


class Outgoing:
    """A rendered line: ``body`` is all but the tags and the CR LF.

    Recipients must have every capability in ``needs`` and none of ``lacks``.  ``tags`` are client-only tags, shown with
    message-tags.  ``extra`` marks a further line of the same event, which carries no msgid of its own.  ``plain`` is
    the line without tags, as bytes; every other form is it with something before.
    """

    __slots__ = ("_full", "_others", "event", "extra", "lacks", "needs", "plain", "tags")

    def __init__(
        self,
        event: Event,
        body: str,
        needs: int = 0,
        lacks: int = 0,
        tags: Mapping[str, str] = NO_TAGS,
        extra: bool = False,
    ) -> None:
        self.event = event
        self.needs = needs
        self.lacks = lacks
        self.tags = tags
        self.extra = extra
        plain = f"{body}\r\n".encode()
        if len(plain) > LINE_BYTES:  # what a source adds may make a line too long to relay whole
            plain = f"{clip(body, BODY_BYTES)}\r\n".encode()
        self.plain = plain
        self._full: bytes | None = None
        self._others: dict[int, bytes] | None = None

    def encode(self, key: int, table: TagTable) -> bytes:
        """The bytes for a recipient whose capabilities, cut to the table's mask, are ``key``; CR LF included."""
        if not key:
            return self.plain
        if key == LOG_CAPS:
            if self._full is None:
                self._full = self._encode(key, table)
            return self._full
        if self._others is None:
            self._others = {}
        octets = self._others.get(key)
        if octets is None:
            octets = self._others[key] = self._encode(key, table)
        return octets

    def _encode(self, key: int, table: TagTable) -> bytes:
        event = self.event
        if key == LOG_CAPS and not self.tags and not self.extra:  # by far the most frequent: every logged line
            return f"@time={event.time};msgid={event.msgid} ".encode() + self.plain
        shown = {}
        for bit, name, value in table.rows:
            if key & bit and not (self.extra and name == "msgid") and (text := value(event)) is not None:
                shown[name] = text
        if key & MESSAGE_TAGS.bit:
            shown.update(self.tags)
        if not shown:
            return self.plain
        return f"@{format_tags(shown)} ".encode() + self.plain
