"""Slow work in threads, a bounded number at once, each with an answer in bounded time.

A database that hangs holds up the threads of its lane, and nobody else.  Knows no reactor: ``spawn`` runs work in a
thread, ``now_ms`` is the clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, Final

from chatd.core.accounts import StoreUnavailable
from chatd.queueing import Queue

Work = Callable[[], Any]
Done = Callable[[Any], None]
Spawn = Callable[[Work, Done], None]

STORE_THREADS: Final = 4
READING_THREADS: Final = 4


FOR_EVER_MS: Final = 1 << 62
TICK_MS: Final = 2_000
"""How long a second may be.  A tick that comes later says that this process was held up, or its clock set, and nothing
of how long others take: what they have answered meanwhile has still to be heard."""


class _Job:
    __slots__ = (
        "begun_ms", "deadline_ms", "done", "is_known", "is_running", "late", "source", "tries", "turn", "work",
    )  # fmt: skip

    def __init__(
        self,
        work: Work,
        done: Done,
        deadline_ms: int,
        tries: int,
        late: Done | None,
        turn: Hashable,
        source: Hashable,
        is_known: bool,
    ) -> None:
        self.work = work
        self.done = done
        self.deadline_ms = deadline_ms
        self.tries = tries
        self.late = late
        self.turn = turn
        self.source = source
        self.is_known = is_known
        self.begun_ms = 0
        self.is_running = False

    def ready(self) -> Work:
        """What a thread is to do."""
        if self.turn is None:
            return self.work
        try:
            work: Work = self.work()
        except Exception as problem:
            return partial(_fail, problem)
        return work


def _fail(problem: Exception) -> None:
    raise problem


class Lane:
    """Runs ``width`` pieces of work at once, the others in order: each source in its turn (``queueing``).

    ``done`` is called exactly once: with what the work returned or raised, or with StoreUnavailable when that took
    longer than ``wait_ms``, waiting for its turn included; at once when so much waits already that it would.  What
    ``ends`` for sure, as it only computes, is not given up once it has begun: it is as slow as the machine is busy.
    """

    __slots__ = (
        "_behind", "_ends", "_jobs", "_now_ms", "_queue", "_resting", "_running", "_spawn", "_ticked_ms", "_usual_ms",
        "_waited_ms", "wait_ms", "width",
    )  # fmt: skip

    def __init__(
        self, spawn: Spawn, now_ms: Callable[[], int], width: int, wait_ms: int, usual_ms: float = 0, ends: bool = False
    ) -> None:
        """``usual_ms`` is what one piece of work is thought to take, until it is known better."""
        self.width = width
        self.wait_ms = wait_ms
        self._spawn = spawn
        self._now_ms = now_ms
        self._running = 0
        self._queue: Queue[_Job] = Queue()
        self._jobs: dict[_Job, None] = {}
        self._resting: list[_Job] = []
        self._behind: dict[Hashable, deque[_Job]] = {}
        self._usual_ms = usual_ms
        self._ends = ends
        self._ticked_ms = now_ms()
        self._waited_ms = 0

    def __call__(
        self,
        work: Work,
        done: Done,
        tries: int = 1,
        late: Done | None = None,
        turn: Hashable = None,
        patient: bool = False,
        source: Hashable = None,
        is_known: bool = False,
    ) -> None:
        """Run it; a database that cannot be asked is asked again with the next tick, ``tries`` times in all.

        ``late`` has the result of what succeeded after it was given up, and so was done all the same.  What has the
        same ``turn`` is done one after another; its ``work`` is called here, when the turn has come, to look at what
        there is then, and returns what a thread does.  ``patient`` is for what waits however long it takes.
        ``source`` is for whom it is done, and ``is_known`` whether that is one who has half of the turns.
        """
        if not patient and self._queue.before(source, is_known) * self._usual_ms > self.wait_ms * self.width:
            done(StoreUnavailable("too much is waiting"))
            return
        deadline_ms = FOR_EVER_MS if patient else self._waited_ms + self._since_tick() + self.wait_ms
        job = _Job(work, done, deadline_ms, tries, late, turn, source, is_known)
        self._jobs[job] = None
        self._queue.append(job)
        self._go_on()

    def _since_tick(self) -> int:
        return min(max(self._now_ms() - self._ticked_ms, 0), TICK_MS)

    def _go_on(self) -> None:
        while self._queue and self._running < self.width:
            job = self._queue.popleft()
            if job not in self._jobs:
                continue
            if job.turn is not None:
                if job.turn in self._behind:
                    self._behind[job.turn].append(job)
                    continue
                self._behind[job.turn] = deque()
            self._running += 1
            job.begun_ms, job.is_running = self._now_ms(), True
            self._spawn(job.ready(), partial(self._returned, job))

    def _returned(self, job: _Job, result: Any) -> None:
        self._running -= 1
        job.is_running = False
        self._usual_ms += (min(self._now_ms() - job.begun_ms, self.wait_ms) - self._usual_ms) / 8
        self._go_on()
        try:
            if isinstance(result, StoreUnavailable) and job.tries > 1 and job in self._jobs:
                job.tries -= 1
                self._resting.append(job)
            else:
                self._answer(job, result)
        finally:
            if job.turn is not None:  # whose turn is next looks at what follows from this
                self._queue.put_first(self._behind.pop(job.turn))
                self._go_on()

    def _answer(self, job: _Job, result: Any) -> None:
        if job in self._jobs:
            del self._jobs[job]
            job.done(result)
        elif job.late is not None and not isinstance(result, BaseException):
            job.late(result)

    def tick(self) -> None:
        """Once a second: what failed is tried again, what took too long is given up."""
        for job in self._resting:
            self._queue.append(job)
        self._resting.clear()
        self._waited_ms += self._since_tick()
        self._ticked_ms = self._now_ms()
        late = [job for job in self._jobs if job.deadline_ms <= self._waited_ms and not (self._ends and job.is_running)]
        for job in late:
            self._answer(job, StoreUnavailable("it took too long"))
        self._go_on()


class Lanes:
    """``storing`` is for what asks a store, ``hashing`` for passwords, ``reading`` for logs: none holds up another."""

    __slots__ = ("hashing", "reading", "storing")

    def __init__(
        self, spawn: Spawn, spawn_hashing: Spawn, now_ms: Callable[[], int], settings: Any, log_all: Callable[[], None]
    ) -> None:
        """``settings`` is the section ``[accounts]``; ``log_all`` brings to the logs what was said until now."""

        def spawn_reading(work: Work, done: Done) -> None:
            log_all()
            spawn(work, done)

        wait_ms = round(settings.wait_s * 1000)
        self.storing = Lane(spawn, now_ms, STORE_THREADS, wait_ms)
        self.reading = Lane(spawn_reading, now_ms, READING_THREADS, wait_ms)
        usual_ms = 2**settings.bcrypt_cost / 20  # as on an ordinary machine of 2020
        self.hashing = Lane(spawn_hashing, now_ms, settings.hashing_threads, wait_ms, usual_ms, ends=True)

    def use(self, settings: Any) -> None:
        """Take other settings, from now on."""
        self.hashing.width = settings.hashing_threads
        self.storing.wait_ms = self.hashing.wait_ms = self.reading.wait_ms = round(settings.wait_s * 1000)

    def tick(self) -> None:
        """Once a second."""
        self.storing.tick()
        self.hashing.tick()
        self.reading.tick()
