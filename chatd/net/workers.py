"""Threads for slow work, and its results on the reactor's thread; those that hash passwords give way to everybody else.

Without that, a storm of log-ins takes the cores that messages need: what they wait for is the scheduler.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from twisted.internet import threads
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from chatd.reports import reporter

log = reporter(__name__)

NICENESS: Final = 10
"""Enough to let everybody else go first; not so much that whoever logs in on a busy machine is forgotten."""
HASHING_MOST: Final = 64


class Workers:
    """``busy`` counts what is not finished: its result, and what follows from it, included."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._hashing: Any = None
        self.busy = 0

    def start(self) -> None:
        """Have threads of our own for hashing; not before a process that goes into the background is there."""
        self._hashing = ThreadPool(0, HASHING_MOST, "hashing")
        self._hashing.threadFactory = humble_thread
        self._hashing.start()
        self._reactor.addSystemEventTrigger("during", "shutdown", self._hashing.stop)

    def spawn(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Run work in a thread and hand over what it returns or raises."""
        self._run(self._reactor.getThreadPool(), work, done)

    def hash(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """The same for what only computes, and long."""
        self._run(self._hashing or self._reactor.getThreadPool(), work, done)

    def _run(self, pool: Any, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self.busy += 1
        deferred = threads.deferToThreadPool(self._reactor, pool, work)
        deferred.addErrback(lambda failure: failure.value)
        deferred.addCallback(done)
        deferred.addBoth(self._worked)

    def _worked(self, result: object) -> None:
        self.busy -= 1
        if isinstance(result, Failure):
            log.failure("what follows slow work failed", failure=result)


def humble_thread(target: Callable[[], None], **settings: Any) -> threading.Thread:
    """A thread that runs when others leave it a core; where threads have no niceness of their own, any thread."""

    def run() -> None:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        target()

    return threading.Thread(target=run, **settings)
