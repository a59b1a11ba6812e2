"""Threads for slow work: what they give back, and that hashing gives way."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from twisted.logger import capturedLogs

from chatd.net.workers import NICENESS, Workers


class Machine:
    """A reactor of which nothing is needed but threads; results are handed over when they are asked for."""

    def __init__(self) -> None:
        self.back: list[Callable[[], None]] = []
        self.is_back = threading.Event()
        self.at_end: list[Callable[[], None]] = []

    def getThreadPool(self) -> Any:
        raise AssertionError("hashing has threads of its own")

    def callFromThread(self, function: Callable[..., None], *arguments: Any) -> None:
        self.back.append(lambda: function(*arguments))
        self.is_back.set()

    def addSystemEventTrigger(self, _when: str, _what: str, function: Callable[[], None]) -> None:
        self.at_end.append(function)

    def result(self) -> None:
        """Wait for what comes back, and hand it over."""
        assert self.is_back.wait(60)
        self.is_back.clear()
        self.back.pop(0)()


def niceness() -> int:
    """That of the thread this is called in."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_hashing_gives_way() -> None:
    """In threads of its own; nobody else's change."""
    machine, found = Machine(), []
    workers, before = Workers(machine), niceness()
    workers.start()
    workers.hash(niceness, found.append)
    assert workers.busy == 1
    machine.result()
    assert (found, workers.busy, niceness()) == ([NICENESS], 0, before)
    machine.at_end[0]()


@pytest.mark.fails_inside
def test_what_goes_wrong() -> None:
    """An exception is the result; one of whoever gets that is logged."""
    machine, found = Machine(), []
    workers = Workers(machine)
    workers.start()
    workers.hash(lambda: 1 // 0, found.append)
    machine.result()
    assert [type(each) for each in found] == [ZeroDivisionError]
    workers.hash(lambda: None, lambda _: {}["nothing"])
    with capturedLogs() as events:
        machine.result()
    assert workers.busy == 0
    assert [event["log_format"] for event in events] == ["what follows slow work failed"]
    machine.at_end[0]()
