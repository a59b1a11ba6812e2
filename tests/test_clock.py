"""Moments and ids that never go back, whatever the system's clock does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.clock import Clock, id_moment_ms

T0 = 1_795_478_400_000


class Now:
    """A system clock that is set by hand."""

    def __init__(self, ms: int = T0) -> None:
        self.ms = ms

    def __call__(self) -> float:
        return (self.ms + 0.5) / 1000


@given(st.lists(st.tuples(st.integers(-5_000, 5_000), st.integers(0, 3)), max_size=50))
def test_never_back(steps: list[tuple[int, int]]) -> None:
    """Moments never fall and ids rise, whatever the clock does between."""
    now = Now()
    clock = Clock(now, "zz")
    moments, ids = [clock.ms], []
    for step_ms, made in steps:
        now.ms += step_ms
        moments.append(clock.moment())
        ids += [clock.next_id() for _ in range(made)]
    assert moments == sorted(moments)
    assert ids == sorted(set(ids))


def test_half_speed_until_it_caught_up() -> None:
    """An hour back: time goes on at half its speed, so that deadlines come, and is right again after two hours."""
    now = Now(T0 + 3_600_000)
    clock = Clock(now)
    now.ms = T0
    assert clock.moment() == T0 + 3_600_000
    for minutes in range(1, 118):
        now.ms = T0 + minutes * 60_000
        assert clock.moment() == now.ms + (120 - minutes) * 30_000
    now.ms = T0 + 7_200_001
    assert clock.moment() == now.ms


def test_back_twice() -> None:
    """A second step back counts from where time is by then."""
    now = Now(T0 + 10_000)
    clock = Clock(now)
    now.ms = T0
    clock.moment()
    now.ms = T0 - 50_000
    assert clock.moment() == T0 + 10_000
    now.ms += 10_000
    assert clock.moment() == T0 + 15_000


def test_begins_after_the_past() -> None:
    """A server that is started with its clock set back goes on behind the newest line of the run before."""
    before = Clock(Now(T0 + 5_000))
    newest = before.next_id()
    clock = Clock(Now(T0), past_ms=before.ms)
    assert clock.ms == T0 + 5_001
    assert clock.next_id() > newest
    assert Clock(Now(T0), past_ms=T0 - 9).ms == T0


def test_moment_of_an_id() -> None:
    """An id says its millisecond; when many were made in one, the next."""
    clock = Clock(Now(), "ab")
    ids = [clock.next_id() for _ in range(46_657)]
    assert {id_moment_ms(msgid) for msgid in ids[:-1]} == {T0}
    assert id_moment_ms(ids[-1]) == T0 + 1
    strange = ["", "0mwu2tsii", "0MWU2TSII0006J", "0mwu2tsii00é", "x y z x y z"]
    assert [id_moment_ms(text) for text in strange] == [None] * 5
