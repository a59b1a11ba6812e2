"""How long history is kept: by log, by rules for masks of channels, and all of it together.

Owns the arithmetic of what goes; deletes nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from chatd.history.wishes import Settings
from chatd.wire.masks import glob

_HOUR_MS: Final = 3_600_000


class Keep(NamedTuple):
    """How much of a log is kept: days, and bytes of its files; 0 means no limit."""

    days: int
    limit_bytes: int


class Policy(NamedTuple):
    """What is kept of all logs; ``rules`` are masks, folded, and the first that matches a channel counts."""

    default: Keep = Keep(0, 0)
    rules: tuple[tuple[str, Keep], ...] = ()
    total_bytes: int = 0
    compress_days: int = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is ever deleted or packed."""
        return not (self.compress_days or self.total_bytes or any(self.default) or self.rules)

    def keep(self, channel: str | None) -> Keep:
        """Give what is kept of a channel; None stands for a conversation, or a channel whose name is not known."""
        if channel is not None:
            for mask, keep in self.rules:
                if glob(mask, channel):
                    return keep
        return self.default


def policy_of(settings: Settings, fold: Callable[[str], str]) -> Policy:
    """Make the policy that the settings ask for."""
    return Policy(
        Keep(settings.retention_days, settings.retention_bytes),
        tuple((fold(rule.mask), Keep(rule.days, rule.bytes)) for rule in settings.retain),
        settings.total_bytes,
        settings.compress_days,
    )


class Total:
    """The size of all history by hour, counted in one walk; in the next, ``takes`` says what must go.

    Of each hour only the sum is kept, so that memory does not grow with the number of files.
    """

    __slots__ = ("_by_hour", "_excess_bytes", "_until_hour", "size_bytes")

    def __init__(self) -> None:
        self._by_hour: dict[int, int] = {}
        self._until_hour = -1
        self._excess_bytes = 0
        self.size_bytes = 0

    def count(self, ended_ms: int, size_bytes: int) -> None:
        """Take a file that stays into account."""
        hour = ended_ms // _HOUR_MS
        self._by_hour[hour] = self._by_hour.get(hour, 0) + size_bytes
        self.size_bytes += size_bytes

    def decide(self, limit_bytes: int) -> None:
        """Find the hour up to which files must go, and how much of that hour; then begin to count anew."""
        excess = self.size_bytes - limit_bytes if limit_bytes else 0
        self._until_hour = -1
        for hour in sorted(self._by_hour):
            if excess <= 0:
                break
            self._until_hour = hour
            self._excess_bytes = excess
            excess -= self._by_hour[hour]
        self._by_hour.clear()
        self.size_bytes = 0

    @property
    def deciding(self) -> bool:
        """Whether this walk deletes what was too much in the one before."""
        return self._until_hour >= 0

    def takes(self, ended_ms: int, size_bytes: int) -> bool:
        """Say whether a file must go for all history to be within its size."""
        hour = ended_ms // _HOUR_MS
        if hour >= self._until_hour:
            if hour > self._until_hour or self._excess_bytes <= 0:
                return False
            self._excess_bytes -= size_bytes
        return True
