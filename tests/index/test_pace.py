"""How long the thread of the index rests."""

from __future__ import annotations

from itertools import count

import pytest

from chatd.index.pace import Moment, Pace


def paced(moments: list[tuple[float, float]], pace: tuple[float, ...] = (0.5, 0.1)) -> list[float]:
    """Pieces of work from each even moment (time, others' processor time) to the next; how long is rested."""
    clocks = iter([Moment(0.0, 0.0), *(Moment(*moment) for moment in moments)])
    pacing = Pace(*pace, clocks=lambda: next(clocks))
    rests = []
    for _ in moments[::2]:
        pacing.begin()
        rests.append(round(pacing.rest_s(), 3))
    return rests


def test_half_of_the_time_while_there_is_nothing_to_do() -> None:
    assert paced([(1, 0), (1.2, 0), (1.4, 0), (1.5, 0)]) == [0.2, 0.1]


def test_what_takes_no_time_is_taken_together() -> None:
    """The next piece of work counts from where the first one began."""
    clocks = iter(Moment(ms / 1000, 0) for ms in (0, 0, 0.5, 0.75, 2))
    pacing = Pace(0.5, clocks=lambda: next(clocks))
    pacing.begin()
    assert [pacing.rest_s(), pacing.rest_s(), round(pacing.rest_s(), 6)] == [0, 0, 0.002]


def test_half_of_what_the_others_leave() -> None:
    """What they do is what they have done since the last piece ended, while nothing was in their way as well."""
    assert paced([(1, 0.5), (1.25, 0.5), (2, 1.0), (2.25, 1.1)]) == [0.583, 1.0]


def test_little_while_the_server_is_busy() -> None:
    """Two of the others may be busy at a time, where something else holds the interpreter."""
    assert paced([(1, 0.9), (1.1, 1.1), (2, 2.9), (2.1, 3.1), (9, 3.1), (9.1, 3.1)]) == [0.9, 0.9, 0.1]


@pytest.mark.parametrize("others", [0, 5])
def test_no_rest(others: float) -> None:
    ticks = count()
    pacing = Pace(1, clocks=lambda: Moment(now := next(ticks), now * others))
    pacing.begin()
    assert pacing.rest_s() == 0
