"""Ports of what was said: written to the log, read back from it, searched for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chatd.core.archive import Entry, Page, Part, Scope, Selector, Target, Tenure
    from chatd.core.search import Field, Question


class History(Protocol):
    """The log of everything said, one log per channel and per conversation.

    A log is named by the folded channel name (``"#chat"``) or by two people (see ``core.names.log_name``), sorted and
    joined by one space (``"alice ~bob"``).
    """

    def newest_ms(self) -> int:
        """Give a moment that no line is later than, -1 for none; asked at start, so that ids never go back."""

    def append(self, log: str, moment_ms: int, lines: bytes) -> None:
        """Queue an encoded line (ending in CR LF), or several of one moment; no I/O happens here."""

    def redact(self, log: str, msgid: str, line: bytes) -> None:
        """Queue that a message of this log was taken back, by the REDACT given; the log itself keeps what was said."""

    def edit(self, log: str, msgid: str, lines: bytes) -> None:
        """Queue that a message of this log has another text, that of the EDIT given; the log itself keeps both."""

    def rotate(self, now_ms: int, name: str | None = None) -> None:
        """Let the next line of a log, or of all logs, begin a new file."""

    def erase(self, log: str, now_ms: int) -> None:
        """Delete what was said in a log until now, in the background; what comes begins it anew."""

    def flush(self) -> None:
        """Hand everything queued to the operating system; called before the same lines go to clients.

        Never raises: a failing disk is reported, what could not be written is kept (bounded) and tried again.
        """

    def tick(self, now_ms: int) -> None:
        """Once a second: rotation by day, retries, and the background work that is due."""

    def close(self) -> None:
        """Flush, sync and close everything."""


class Archive(Protocol):
    """What was logged, read back.

    Every call blocks and belongs in a thread; lines that are queued are not found (flush first).  All may raise
    OSError.  Pages are of the logs in ``parts`` together, in order, each message once, at most ``limit``; ``scope``
    says what counts, but for its ends, which are those of each part.  Selectors are as in draft/chathistory.
    """

    def latest(self, parts: Sequence[Part], limit: int, after: Selector | None, scope: Scope) -> Page:
        """The last messages, only those behind ``after`` if it is given."""

    def before(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """The last messages before what is selected."""

    def after(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """The first messages behind what is selected."""

    def around(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """What is selected, and messages on both sides."""

    def between(self, parts: Sequence[Part], first: Selector, second: Selector, limit: int, scope: Scope) -> Page:
        """Messages between the two, counted from the first, which may be the later one."""

    def find(self, parts: Sequence[Part], msgid: Selector, scope: Scope) -> tuple[Part, Entry] | None:
        """The message with an id, and where it is."""

    def times_edited(self, log: str, msgid: str) -> int:
        """How often a message of a log was edited."""

    def targets(
        self, names: Iterable[Tenure], channels: Mapping[str, Field], first_ms: int, second_ms: int, limit: int
    ) -> list[Target]:
        """With whom somebody of these names talked, and the given channels, by the moments of their last messages.

        Only those strictly between two moments, counted from the first, which may be the later one; oldest first.
        """


class Index(Protocol):
    """The index of everything said."""

    def is_full(self) -> bool:
        """Say whether it has all but what was said in the last seconds; it has not while it is made anew.

        Blocks and belongs in a thread.
        """

    def search(self, question: Question) -> Page:
        """Give the messages that are meant, oldest first, without what was taken back.

        Blocks and belongs in a thread; what was said in the last seconds may be missing.  Raises OSError.
        """
