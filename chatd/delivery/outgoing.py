"""Lines that go out, encoded at most once for each set of capabilities that matters to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import add
from typing import TYPE_CHECKING

from chatd.core.caps import ACCOUNT_TAG, MESSAGE_TAGS, SERVER_TIME, Tag
from chatd.wire.message import NO_TAGS, escape, format_tags

if TYPE_CHECKING:
    from chatd.core.audience import Audience
    from chatd.core.events import Event


LOG_CAPS = SERVER_TIME.bit | MESSAGE_TAGS.bit
"""What the history log is written with: time and msgid, and the client-only tags; the account of who has one."""
ACCOUNT_LOG_CAPS = LOG_CAPS | ACCOUNT_TAG.bit


class TagTable:
    """The tags a server adds, in the order in which logs have them, and the capability bits that decide about them."""

    __slots__ = ("mask", "rows")

    def __init__(self, rows: Sequence[Tag]) -> None:
        ordered = sorted(rows, key=lambda row: (row.name != "time", row.name != "msgid", row.name))
        self.rows = tuple((row.needs.bit, row.name, row.value) for row in ordered)
        self.mask = MESSAGE_TAGS.bit
        for row in rows:
            self.mask |= row.needs.bit

    def encode(self, key: int, lines: list[str], events: list[Event], conditions: Outgoing | None) -> bytes:
        """Write lines, CR LF included, for a recipient whose capabilities, cut to the mask, are ``key``.

        Their tags speak of ``events``, which are of one origin and moment.  ``conditions`` are those of a line that has
        some.
        """
        if conditions is None and not key:
            text = "\r\n".join(lines)
        # By far the most frequent: every logged line but those of bots.
        elif conditions is None and key in (LOG_CAPS, ACCOUNT_LOG_CAPS) and "B" not in events[0].origin.modes:
            account = events[0].origin.account if key == ACCOUNT_LOG_CAPS else None
            head, tail = f"@time={events[0].time};msgid=", f";account={escape(account)}" if account else ""
            text = "\r\n".join([f"{head}{event.msgid}{tail} {line}" for event, line in zip(events, lines, strict=True)])
        else:
            heads = [self._head(key, event, conditions) for event in events]
            text = "\r\n".join(map(add, heads, lines))
        return f"{text}\r\n".encode()

    def _head(self, key: int, event: Event, conditions: Outgoing | None) -> str:
        """What stands before a line."""
        if conditions is not None and conditions.bare:
            shown = dict(conditions.tags)
        else:
            extra = conditions is not None and conditions.extra
            shown = {}
            for bit, name, value in self.rows:
                if key & bit and not (extra and name == "msgid") and (text := value(event)) is not None:
                    shown[name] = text
            if key & MESSAGE_TAGS.bit and conditions is not None:
                shown.update(conditions.tags)
        return f"@{format_tags(shown)} " if shown else ""


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

    def is_for(self, caps: int) -> bool:
        """Say whether a recipient with these capabilities is shown the line."""
        return caps & self.needs == self.needs and not caps & self.lacks


Rendered = str | Outgoing | Iterable[str | Outgoing] | None
"""What a renderer returns: a line for everybody as text, a line for some, several, or nothing."""
