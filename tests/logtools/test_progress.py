"""The bar on a terminal, and its absence elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable

from chatd.logtools.output import Output
from chatd.logtools.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Hand:
    """A clock that goes on when told."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def shown(stream: io.StringIO, clock: Hand | Callable[[], float]) -> None:
    with Progress("check", 200, stream, clock) as progress:
        progress.advance(10)
        if isinstance(clock, Hand):
            clock.now_s = 1.0
        progress.advance(90)
        progress.advance(90)


def test_on_a_terminal() -> None:
    """After half a second it shows how far it is, and clears its line in the end."""
    stream = Terminal()
    shown(stream, Hand())
    assert stream.getvalue() == f"\rcheck [{'#' * 15}{'.' * 15}]  50%\r\x1b[K"


def test_short_work_shows_nothing() -> None:
    """Nothing flickers."""
    stream = Terminal()
    shown(stream, lambda: 0.0)
    assert stream.getvalue() == ""


def test_elsewhere() -> None:
    """A file or a pipe gets none of it."""
    stream = io.StringIO()
    shown(stream, Hand())
    assert stream.getvalue() == ""


def test_lines_on_the_same_terminal() -> None:
    """Lines that are found take the bar's place."""

    class Screen(io.BytesIO):
        def isatty(self) -> bool:
            return True

    clock, stream, screen = Hand(), Terminal(), Screen()
    with Progress("grep", 10, stream, clock) as progress, Output(screen) as output:
        output.share(progress)
        clock.now_s = 1.0
        progress.advance(5)
        output.line("found")
        assert stream.getvalue().endswith("\r\x1b[K")
    assert screen.getvalue() == b"found\n"
