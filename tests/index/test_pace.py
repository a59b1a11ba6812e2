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


def test_half_of_the_time_while_there_is_little_to_do() -> None:
    assert paced([(1, 0), (1.2, 0.05), (1.4, 0.1), (1.5, 0.1)]) == [0.2, 0.1]


def test_a_tenth_of_the_time_while_the_server_is_busy() -> None:
    """Busy is what the others have done since the last piece ended, while nothing was in their way as well."""
    assert paced([(1, 0.9), (1.1, 0.95), (2, 1.9), (2.1, 1.9), (9, 2), (9.1, 2)]) == [0.9, 0.9, 0.1]


@pytest.mark.parametrize("others", [0, 5])
def test_no_rest(others: float) -> None:
    ticks = count()
    pacing = Pace(1, clocks=lambda: Moment(now := next(ticks), now * others))
    pacing.begin()
    assert pacing.rest_s() == 0
