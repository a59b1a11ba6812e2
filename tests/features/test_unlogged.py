"""Channels whose log is switched off say so to who enters."""

from __future__ import annotations

from chatd.config import Config
from chatd.config.history import History
from chatd.testing import Stage

NEWS = ":What is said here is not kept in the history"


def told(lines: list[str]) -> list[str]:
    """The notices about it."""
    return [line for line in lines if NEWS in line]


def test_who_enters_is_told(nodes: int) -> None:
    """Behind the names, to each who joins, and to nobody else; what is logged says nothing."""
    stage = Stage(Config(history=History(off=("#quiet*",))), nodes=nodes)
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #Quiet-1,#chat")
    lines = alice.take()
    assert told(lines) == [f":{alice.node.name} NOTICE #Quiet-1 {NEWS}"]
    (end,) = [number for number, line in enumerate(lines) if " 366 alice #Quiet-1 " in line]
    assert lines[end + 1] == told(lines)[0]
    bob.sends("JOIN #quiet-1")
    assert told(bob.take()) == [f":{bob.node.name} NOTICE #Quiet-1 {NEWS}"]
    assert told(alice.take()) == []


def test_where_nothing_is_logged_it_is_no_news(nodes: int) -> None:
    """It is said of a channel that differs from others."""
    stage = Stage(Config(history=History(enabled=False, off=("#quiet",))), nodes=nodes)
    alice = stage.connect("alice")
    alice.sends("JOIN #quiet")
    assert told(alice.take()) == []
