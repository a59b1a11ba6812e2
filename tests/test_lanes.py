"""Slow work in threads: how much at once, and an answer in bounded time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chatd.core.accounts import StoreUnavailable
from chatd.lanes import Lane


class Threads:
    """Takes work and does it when told to."""

    def __init__(self) -> None:
        self.work: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []
        self.now_ms = 0

    def __call__(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self.work.append((work, done))

    def finish(self) -> None:
        """The oldest piece of work comes back."""
        work, done = self.work.pop(0)
        try:
            result = work()
        except Exception as problem:
            result = problem
        done(result)


def lane(width: int) -> tuple[Lane, Threads]:
    """A lane of this width that waits ten seconds."""
    threads = Threads()
    return Lane(threads, lambda: threads.now_ms, width, 10_000), threads


def passes(waiting: Lane, threads: Threads, milliseconds: int) -> None:
    """Time goes by, with a tick each second."""
    for _ in range(milliseconds // 1000):
        threads.now_ms += 1000
        waiting.tick()
    threads.now_ms += milliseconds % 1000
    waiting.tick()


def test_so_much_at_once_and_the_rest_in_order() -> None:
    """Never more than the width runs; what waits gets its turn in the order it came."""
    narrow, threads = lane(2)
    done: list[int] = []
    for number in range(4):
        narrow(lambda number=number: number, done.append)
    assert len(threads.work) == 2
    threads.finish()
    assert (len(threads.work), done) == (2, [0])
    for _ in range(3):
        threads.finish()
    assert done == [0, 1, 2, 3]


def test_what_hangs_is_given_up() -> None:
    """Work that does not come back is answered for, as is what waits behind it; what it says later is dropped."""
    narrow, threads = lane(1)
    answers: list[object] = []
    narrow(lambda: "late", answers.append)
    narrow(lambda: "never run", answers.append)
    passes(narrow, threads, 9_999)
    assert answers == []
    passes(narrow, threads, 1)
    assert [type(answer) for answer in answers] == [StoreUnavailable, StoreUnavailable]
    threads.finish()
    assert len(answers) == 2 and threads.work == []
    narrow(lambda: "again", answers.append)
    threads.finish()
    assert answers[2] == "again"


def test_what_was_done_too_late_is_not_lost() -> None:
    """Whoever must know of it does, though who waited for it was told that it could not be done."""
    narrow, threads = lane(1)
    answers, late = [], []
    narrow(lambda: "made", answers.append, late=late.append)
    passes(narrow, threads, 10_000)
    threads.finish()
    assert (len(answers), late) == (1, ["made"])
    narrow(lambda: "made", answers.append, late=late.append)
    threads.finish()
    assert (answers[1:], late) == (["made"], ["made"])
    narrow(lambda: 1 / 0, answers.append, late=late.append)
    passes(narrow, threads, 10_000)
    threads.finish()
    assert late == ["made"]


def test_a_database_that_is_away_is_asked_again() -> None:
    """As often as was asked for, a tick between; then it is unavailable.  Other failures are final."""
    narrow, threads = lane(1)
    asked, answers = [], []

    def question() -> str:
        asked.append(1)
        if len(asked) < 3:
            raise StoreUnavailable
        return "there"

    narrow(question, answers.append, tries=3)
    for _ in range(2):
        threads.finish()
        assert (answers, threads.work) == ([], [])
        narrow.tick()
    threads.finish()
    assert answers == ["there"]
    asked.clear()
    narrow(question, answers.append, tries=2)
    threads.finish()
    narrow.tick()
    threads.finish()
    narrow.tick()
    assert isinstance(answers[1], StoreUnavailable) and threads.work == []
    narrow(lambda: 1 / 0, answers.append, tries=3)
    threads.finish()
    assert isinstance(answers[2], ZeroDivisionError)


def test_a_failure_afterwards_does_not_stop_the_lane() -> None:
    """When what follows a piece of work fails, the next one has begun already."""
    narrow, threads = lane(1)
    narrow(lambda: 0, lambda result: 1 // result)
    narrow(lambda: 1, lambda result: None)
    work, done = threads.work.pop()
    with suppress(ZeroDivisionError):
        done(work())
    assert len(threads.work) == 1


def test_one_after_another() -> None:
    """What has the same turn is prepared when what was before it has been answered; the rest goes on meanwhile."""
    wide, threads = lane(3)
    said: list[str] = []

    def asks(turn: str, word: str, problem: Exception | None = None) -> None:
        def prepare() -> Callable[[], str]:
            said.append(f"prepare {word}")
            if problem is not None:
                raise problem
            return lambda: word

        wide(prepare, lambda result: said.append(str(result)), turn=turn)

    asks("a", "one"), asks("a", "two", StoreUnavailable("gone")), asks("a", "three"), asks("b", "four")
    assert (said, len(threads.work)) == (["prepare one", "prepare four"], 2)
    threads.finish()
    assert said[2:] == ["one", "prepare two"]
    while threads.work:
        threads.finish()
    assert said[4:] == ["four", "gone", "prepare three", "three"]


def test_what_was_given_up_keeps_its_turn() -> None:
    """Nothing of the same turn begins before a thread is back; what waited too long never begins."""
    wide, threads = lane(3)
    said: list[object] = []

    def prepare(word: str) -> Callable[[], str]:
        said.append(f"prepare {word}")
        return lambda: word

    wide(lambda: prepare("one"), said.append, late=said.append, turn="a")
    wide(lambda: prepare("two"), said.append, turn="a")
    wide(lambda: prepare("three"), said.append, turn="a", patient=True)
    passes(wide, threads, 10_000)
    assert (said[0], [type(each) for each in said[1:]]) == ("prepare one", [StoreUnavailable, StoreUnavailable])
    threads.finish()
    assert said[3:] == ["one", "prepare three"]
    threads.finish()
    assert said[5:] == ["three"]


def test_an_answer_that_fails_gives_the_turn_away() -> None:
    """Whatever goes wrong there holds up nobody else."""
    wide, threads = lane(1)
    done: list[str] = []

    def fails(_result: object) -> None:
        raise ValueError

    wide(lambda: lambda: "one", fails, turn="a")
    wide(lambda: lambda: "two", done.append, turn="a")
    with suppress(ValueError):
        threads.finish()
    threads.finish()
    assert done == ["two"]


def test_what_would_wait_too_long_is_refused_at_once() -> None:
    """By how long work takes: who is told at once can try again, and nobody is held up by a thousand answers later."""
    narrow, threads = lane(2)
    done: list[object] = []
    for _ in range(16):  # what takes two seconds each
        narrow(lambda: "right", done.append)
        threads.now_ms += 2_000
        threads.finish()
    assert done == ["right"] * 16
    for _ in range(15):
        narrow(lambda: "right", done.append)
    assert (len(threads.work), [type(each) for each in done[16:]]) == (2, [StoreUnavailable])
    narrow(lambda: lambda: "patient", done.append, turn="a", patient=True)
    while threads.work:
        threads.finish()
    assert (done.count("right"), done[-1]) == (30, "patient")


def test_it_is_known_before_how_long_a_password_takes() -> None:
    """The first storm finds it so, too."""
    threads = Threads()
    refused: list[object] = []
    first = Lane(threads, lambda: threads.now_ms, 2, 10_000, 200)
    for _ in range(1000):
        first(lambda: "right", refused.append)
    assert len(refused) == 1000 - 2 - 101


def test_who_was_held_up_itself_gives_up_nothing() -> None:
    """A process that got no time to run, or whose clock is set, has still to hear what others have said long ago."""
    narrow, threads = lane(1)
    answers: list[object] = []
    narrow(lambda: "right", answers.append)
    threads.now_ms += 86_400_000
    narrow.tick()
    threads.now_ms -= 3_600_000
    narrow.tick()
    assert answers == []
    threads.finish()
    assert answers == ["right"]
    narrow(lambda: "late", answers.append)
    passes(narrow, threads, 10_000)
    assert isinstance(answers[1], StoreUnavailable)


def test_what_computes_is_not_given_up_once_it_has_begun() -> None:
    """A log-in on a busy machine is slow, and no failure; what has not begun by then is told to try again."""
    threads = Threads()
    hashing = Lane(threads, lambda: threads.now_ms, 1, 10_000, ends=True)
    answers: list[object] = []
    hashing(lambda: "right", answers.append)
    hashing(lambda: "not begun", answers.append)
    passes(hashing, threads, 60_000)
    assert [type(answer) for answer in answers] == [StoreUnavailable]
    threads.finish()
    assert answers[1:] == ["right"] and threads.work == []


def test_a_storm_holds_up_itself() -> None:
    """Of strangers from a thousand addresses some are refused at once; who asks from one it was known by is not."""
    threads = Threads()
    storm, honest = [], []
    hashing = Lane(threads, lambda: threads.now_ms, 1, 10_000, 200)
    for number in range(1000):
        hashing(lambda: "wrong", storm.append, source=f"address {number}")
    assert len(storm) == 1000 - 52  # one at work, and as many as there is time for
    hashing(lambda: "right", honest.append, source="home", is_known=True)
    threads.finish()
    assert honest == []
    threads.finish()
    assert honest == ["right"]


def test_an_address_that_storms_alone_holds_up_itself() -> None:
    """Who comes from elsewhere is next."""
    threads = Threads()
    storm, honest = [], []
    hashing = Lane(threads, lambda: threads.now_ms, 1, 10_000, 200)
    for _ in range(1000):
        hashing(lambda: "wrong", storm.append, source="theirs")
    hashing(lambda: "right", honest.append, source="mine")
    for _ in range(3):
        threads.finish()
    assert honest == ["right"]
