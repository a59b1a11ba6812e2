"""What is asked of the index of everything said, and whether a message is an answer.

Who may read what is handed in with the question; knows nothing of how messages are found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chatd.core.archive import Entry, Part, Scope, Selector, Tenure, is_sure, text_of
from chatd.wire.words import Wanted

END_MS: Final = 1 << 52
"""Later than everything."""


@dataclass(frozen=True, slots=True)
class Field:
    """Logs that may be looked through; ``sees`` and ``ranked`` are as in a ``Scope``."""

    parts: tuple[Part, ...]
    sees: Callable[[Entry], bool] | None = None
    ranked: bool = False

    def has(self, log: str, entry: Entry) -> bool:
        """Say whether a message is in it, and for who asks."""
        if entry.for_a_rank and not self.ranked:
            return False
        inside = any(part.log == log and is_within(entry, part.since, part.until) for part in self.parts)
        return inside and (self.sees is None or self.sees(entry))

    def said(self, scan_bytes: int = 0) -> Scope:
        """What people have said in it, but for what was taken back; no more than so much of a log is looked through."""
        verbs = frozenset({"PRIVMSG", "NOTICE"})
        return Scope(verbs, self.sees, ranked=self.ranked, redactions="drop", scan_bytes=scan_bytes)


@dataclass(frozen=True, slots=True)
class Question:
    """Messages that have all of ``wanted``, said by ``nick`` (folded; "": anybody), of some moments, both included.

    They are looked for in ``fields`` and in all conversations of ``names``. At most ``limit`` are given, the last of
    them, or with ``first`` the first.  It may take ``wait_s``.
    """

    wanted: Wanted
    fields: tuple[Field, ...]
    names: tuple[Tenure, ...] = ()
    nick: str = ""
    from_ms: int = 0
    until_ms: int = END_MS
    limit: int = 100
    first: bool = False
    wait_s: float = 60.0

    @property
    def begins_ms(self) -> int:
        """The moment before which nothing can be an answer, as nothing of it may be read or it is not asked for."""
        begins = [part.since for field in self.fields for part in field.parts] + [name.since for name in self.names]
        moments = [0 if since is None else since.moment_ms for since in begins]
        return min(max(self.from_ms, min(moments, default=0)), END_MS)

    def may_read(self, log: str, entry: Entry) -> bool:
        """Say whether a message is for who asks."""
        if any(field.has(log, entry) for field in self.fields):
            return True
        one, space, other = log.partition(" ")
        return bool(space) and any(
            name.name in (one, other)
            and is_within(entry, name.since, name.until)
            and is_sure(entry, name.since)
            and (name.until is None or is_sure(entry, name.until))
            for name in self.names
        )

    def is_meant(self, message: list[Entry], fold: Callable[[str], str]) -> bool:
        """Say whether a message, line by line, is what is looked for."""
        first = message[0]
        return (
            first.verb in ("PRIVMSG", "NOTICE")
            and self.from_ms <= first.time_ms <= self.until_ms
            and self.nick in ("", fold(first.nick))
            and self.wanted.is_in(text_of(message))
        )


def is_within(entry: Entry, since: Selector | None, until: Selector | None) -> bool:
    """Say whether a message is between two places, which both belong to it; of a moment all of it does."""
    place = (entry.time_ms, entry.msgid)
    if since is not None and place < (since.moment_ms, since.msgid):
        return False
    return until is None or place <= (until.moment_ms, until.msgid or "\uffff")
