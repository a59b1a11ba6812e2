"""Time as events carry it: milliseconds that never go back, their text, and ids in the same order.

See IRCv3 server-time and message-ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS: Final = 253_402_300_799_999
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_DIGIT_SET: Final = frozenset(_DIGITS)


def base36(number: int, width: int) -> str:
    """Write a number with this many base-36 digits (more if it does not fit)."""
    digits = []
    while number:
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits)).rjust(width, "0")


def utc_text(moment_ms: int) -> str:
    """Write a moment as the ``time`` tag does."""
    moment_ms = min(max(moment_ms, 0), _LAST_MS)
    seconds, milli = divmod(moment_ms, 1000)
    return f"{(_EPOCH + timedelta(0, seconds)).isoformat()[:19]}.{milli:03d}Z"


def read_moment(text: str) -> int | None:
    """Read the moment that a ``time`` tag or a timestamp of CHATHISTORY gives; None when it is none."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        since = datetime.fromisoformat(text) - _EPOCH
        return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    except ValueError:
        return None


_COUNTERS: Final = [base36(count, 3) for count in range(36 * 36)]


class Stamped(Protocol):
    """What bears a moment and an id."""

    time_ms: int
    time: str
    msgid: str


def id_moment_ms(msgid: str) -> int | None:
    """Read the moment in a message id of any node; None for what is no such id."""
    if len(msgid) < 12 or not _DIGIT_SET.issuperset(msgid):
        return None
    return int(msgid[:9], 36)


class Clock:
    """One node's clock.

    ``moment`` reads the time; ``next_id`` gives ids that sort as text in the order they were made: nine digits of
    milliseconds, three of a counter, and a suffix that no other run of any node shares. No moment is given before or at
    ``past_ms``, the newest of an earlier run.
    """

    __slots__ = (
        "_behind",
        "_count",
        "_endings",
        "_high",
        "_high_text",
        "_now_s",
        "_prefix",
        "_second",
        "_second_text",
        "_suffix",
        "ms",
        "text",
    )

    def __init__(self, now_s: Callable[[], float], suffix: str = "", past_ms: int = -1) -> None:
        self._now_s = now_s
        self._suffix = suffix
        self._endings = [count + suffix for count in _COUNTERS]
        self._count = 0
        self._prefix = ""
        self._high = -1
        self._high_text = ""
        self._second = -1
        self._second_text = ""
        self.text = ""
        self.ms = -1
        # While the system's clock is behind: what it said last, and since when (its time and ours) we go slowly.
        self._behind: tuple[int, int, int] | None = None
        self._advance(past_ms + 1)
        self.moment()

    def moment(self) -> int:
        """Milliseconds since 1970; goes on at half speed after the system's clock went back, until that caught up."""
        ms = int(self._now_s() * 1000)
        if ms > self.ms:
            self._behind = None
            self._advance(ms)
        elif ms < self.ms:
            self._go_slowly(ms)
        return self.ms

    def _go_slowly(self, ms: int) -> None:
        """Never back, but not still either: deadlines would wait as long as the clock is wrong."""
        if self._behind is None or ms < self._behind[0]:
            self._behind = (ms, ms, self.ms)
            return
        _, from_ms, our_ms = self._behind
        self._behind = (ms, from_ms, our_ms)
        slow_ms = our_ms + (ms - from_ms) // 2
        if slow_ms > self.ms:
            self._advance(slow_ms)

    def _advance(self, ms: int) -> None:
        self.ms = ms
        self._count = 0
        high, low = divmod(ms, len(_COUNTERS))
        if high != self._high:
            self._high, self._high_text = high, base36(high, 7)
        self._prefix = self._high_text + _COUNTERS[low][1:]
        seconds, rest = divmod(ms, 1000)
        if seconds != self._second:
            self._second = seconds
            self._second_text = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
        self.text = f"{self._second_text}.{rest:03d}Z"

    def stamp(self, event: Stamped) -> None:
        """Give something its moment, the one last asked for, and its id."""
        event.time_ms = self.ms
        event.time = self.text
        count = self._count
        if count < 1296:
            self._count = count + 1
            event.msgid = self._prefix + self._endings[count]
        else:
            event.msgid = self.next_id()

    def next_id(self) -> str:
        """A message id later than all before it."""
        count = self._count
        self._count = count + 1
        if count < 1296:
            return self._prefix + self._endings[count]
        if count == 46656:  # the counter's three digits are used up: borrow the next millisecond
            self._advance(self.ms + 1)
            self._count = 1
            return self._prefix + self._endings[0]
        return f"{self._prefix}{base36(count, 3)}{self._suffix}"
