"""What is held: until it is certain that a start would not find it any more; and how much that may become."""

from __future__ import annotations

import pytest

from chatd.journal.unsaved import AT_ONCE, LARGE, MemoryJournal, Unsaved


class Host:
    """The server."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def now_ms(self) -> int:
        return 1

    def notice(self, text: str) -> None:
        self.notices.append(text)


class SlowJournal(MemoryJournal):
    """Another file takes the place of the first when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.is_slow = True
        self.is_broken = False

    def is_replaced(self) -> bool:
        if self.is_broken:
            self.is_broken = False
            raise OSError(5, "Input/output error")
        return not self.is_slow


def test_what_is_being_replaced_is_held() -> None:
    """A process that ended now would leave the old file: it still wins over stores."""
    journal = SlowJournal()
    unsaved = Unsaved(Host(), journal)
    unsaved.note("ban", "x", 1)
    unsaved.saved("ban", "x", unsaved.mark("ban", "x"))
    unsaved.tick()
    unsaved.note("ban", "y", 1)
    unsaved.tick()
    assert unsaved.holds("ban", "x")
    journal.is_slow = False
    unsaved.tick()
    assert not unsaved.holds("ban", "x")
    assert unsaved.holds("ban", "y")


def test_what_could_not_be_replaced_is_tried_again() -> None:
    """Operators are told; what is to be forgotten is."""
    journal, host = SlowJournal(), Host()
    unsaved = Unsaved(host, journal)
    unsaved.note("ban", "x", 1)
    unsaved.forget("ban", "x")
    unsaved.tick()
    journal.is_broken = True
    unsaved.tick()
    assert unsaved.is_failing
    assert unsaved.holds("ban", "x")
    journal.is_slow = False
    unsaved.tick()
    assert not unsaved.is_failing
    assert not unsaved.holds("ban", "x")
    assert len(host.notices) == 2


@pytest.mark.parametrize("is_slow", [False, True])
def test_it_does_not_wait_for_a_tick_to_become_small(is_slow: bool) -> None:
    """Whatever is written down within a second."""
    journal = SlowJournal()
    unsaved = Unsaved(Host(), journal)
    journal.is_slow = is_slow
    largest = 0
    for number in range(3 * AT_ONCE * LARGE // 100):
        unsaved.note("ban", "x", number)
        largest = max(largest, journal.size)
        journal.is_slow = False
    assert largest <= AT_ONCE * LARGE + 100
    assert unsaved.noted("ban", "x") == number
