"""A log as a list: what chathistory's selectors mean, said in the simplest way, for comparison with the real reader."""

from __future__ import annotations

from typing import NamedTuple

from chatd.core.archive import Selector


class Line(NamedTuple):
    """A line as it stands in the log: its key, its id and its verb."""

    key_ms: int
    msgid: str
    verb: str


class Model:
    """All lines of one log, in order."""

    def __init__(self, lines: list[Line], verbs: set[str]) -> None:
        self._lines = lines
        self._verbs = verbs
        self.since: Selector | None = None
        self.until: Selector | None = None

    def _places(self, selector: Selector) -> tuple[int, int]:
        """The places before and behind what is selected."""
        moment_ms, msgid, _ = selector
        if not msgid:
            return self._count_before(moment_ms, ""), self._count_before(moment_ms + 1, "")
        for place, line in enumerate(self._lines):
            if line.msgid == msgid:
                return place, place + 1
        return (self._count_before(moment_ms, msgid),) * 2

    def _count_before(self, moment_ms: int, msgid: str) -> int:
        for place, line in enumerate(self._lines):
            if line.key_ms > moment_ms or (line.key_ms == moment_ms and line.msgid > msgid):
                return place
        return len(self._lines)

    def _wanted(self, start: int, stop: int) -> list[str]:
        low = self._places(self.since)[0] if self.since else 0
        high = self._places(self.until)[1] if self.until else len(self._lines)
        lines = self._lines[max(low, start) : max(0, min(high, stop))]
        return [line.msgid for line in lines if line.verb in self._verbs]

    def latest(self, limit: int, after: Selector | None) -> list[str]:
        return last(self._wanted(self._places(after)[1] if after else 0, len(self._lines)), limit)

    def before(self, selector: Selector, limit: int) -> list[str]:
        return last(self._wanted(0, self._places(selector)[0]), limit)

    def after(self, selector: Selector, limit: int) -> list[str]:
        return self._wanted(self._places(selector)[1], len(self._lines))[:limit]

    def around(self, selector: Selector, limit: int) -> list[str]:
        middle = self._places(selector)[0]
        before, behind = self._wanted(0, middle), self._wanted(middle, len(self._lines))
        some = min(len(before), limit // 2)
        behind = behind[: limit - some]
        return last(before, limit - len(behind)) + behind

    def between(self, first: Selector, second: Selector, limit: int) -> list[str]:
        one, other = self._places(first), self._places(second)
        if one[0] <= other[0]:
            return self._wanted(one[1], other[0])[:limit]
        return last(self._wanted(other[1], one[0]), limit)


def last(lines: list[str], limit: int) -> list[str]:
    return lines[-limit:] if limit else []
