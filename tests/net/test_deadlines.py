"""Time limits of connections."""

from __future__ import annotations

import pytest

from chatd.net.deadlines import Deadlines


class Waiting:
    def __init__(self) -> None:
        self.ends: list[str] = []

    def overdue(self) -> None:
        self.ends.append("overdue")

    def hasten(self) -> None:
        self.ends.append("hasten")


@pytest.mark.parametrize(("seconds", "ticks"), [(1, 2), (5, 6), (0.2, 2), (2.5, 4)])
def test_is_cut_off_after_the_time_and_at_most_a_second_more(seconds, ticks):
    """The first tick may come at once, so it does not count as a second."""
    deadlines, waiting = Deadlines(), Waiting()
    deadlines.set(waiting, seconds)
    for _ in range(ticks - 1):
        deadlines.tick()
    assert waiting.ends == []
    deadlines.tick()
    deadlines.tick()
    assert waiting.ends == ["overdue"]
    assert len(deadlines) == 0


def test_cleared_in_time():
    """Whoever is cleared in time is left alone."""
    deadlines, waiting = Deadlines(), Waiting()
    deadlines.set(waiting, 1)
    deadlines.clear(waiting)
    deadlines.clear(waiting)
    for _ in range(5):
        deadlines.tick()
    assert waiting.ends == []


def test_zero_is_no_limit():
    """0 takes a limit away and sets none."""
    deadlines, waiting = Deadlines(), Waiting()
    deadlines.set(waiting, 1)
    deadlines.set(waiting, 0)
    assert len(deadlines) == 0


def test_another_limit_replaces_the_first():
    """A connection has one limit at a time."""
    deadlines, waiting = Deadlines(), Waiting()
    deadlines.set(waiting, 1)
    deadlines.set(waiting, 3)
    for _ in range(3):
        deadlines.tick()
    assert waiting.ends == []
    deadlines.tick()
    assert waiting.ends == ["overdue"]


def test_hasten_tells_all_that_wait():
    """When the server stops, nobody's peer is waited for."""
    deadlines, one, other = Deadlines(), Waiting(), Waiting()
    deadlines.set(one, 5)
    deadlines.set(other, 5)
    deadlines.hasten()
    assert (one.ends, other.ends) == (["hasten"], ["hasten"])
