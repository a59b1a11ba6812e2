"""Places in a queue of lines where some are still to come: what is behind them waits, so that all stays in order."""

from __future__ import annotations

from collections import deque

_LATER = -1


class Gap:
    """One place: ``at`` is where in the queue, ``lines`` what belongs there, None as long as that is not known."""

    __slots__ = ("at", "lines")

    def __init__(self, at: int) -> None:
        self.at = at
        self.lines: list[bytes] | None = None


class Gaps:
    """The gaps of one queue, the first of it first; true while there are some."""

    __slots__ = ("_gaps",)

    def __init__(self) -> None:
        self._gaps: deque[Gap] = deque()

    def __len__(self) -> int:
        return len(self._gaps)

    def open(self, at: int | None) -> Gap:
        """Make one at the end of a queue of this length; None: where that will be when ``settle`` is called."""
        gap = Gap(_LATER if at is None else at)
        self._gaps.append(gap)
        return gap

    def settle(self, queue: list[bytes]) -> None:
        """Those that were waiting for it are at the end of the queue."""
        for gap in self._gaps:
            if gap.at == _LATER:
                gap.at = len(queue)
        self._close(queue)

    def ready(self, queue: list[bytes]) -> int:
        """How much of the queue may be written."""
        return next((gap.at for gap in self._gaps if gap.at != _LATER), len(queue))

    def shift(self, lines: int) -> None:
        """So many lines more, or fewer, are before all gaps."""
        for gap in self._gaps:
            if gap.at != _LATER:
                gap.at += lines

    def fill(self, queue: list[bytes], gap: Gap, lines: list[bytes]) -> None:
        """It is known what belongs there."""
        gap.lines = lines
        self._close(queue)

    def _close(self, queue: list[bytes]) -> None:
        while self._gaps and self._gaps[0].lines is not None and self._gaps[0].at != _LATER:
            gap = self._gaps.popleft()
            if gap.lines:
                queue[gap.at : gap.at] = gap.lines
                self.shift(len(gap.lines))
