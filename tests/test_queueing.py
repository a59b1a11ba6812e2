"""Who is next: every source in its turn, and who is known every second time."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from chatd.queueing import Queue


class Item(NamedTuple):
    """Something that waits."""

    source: str
    number: int = 0
    is_known: bool = False


def taken(queue: Queue[Item]) -> list[Item]:
    """All that waits, in the order in which it is taken."""
    order = []
    while queue:
        order.append(queue.popleft())
    return order


def sources(queue: Queue[Item]) -> str:
    """For whom, in that order."""
    return "".join(item.source for item in taken(queue))


def test_each_source_in_its_turn() -> None:
    """Who asks often waits for itself, and not the others for it."""
    queue: Queue[Item] = Queue()
    for source in "aaaabbc":
        queue.append(Item(source))
    assert (queue.before("d", False), queue.before("c", False), queue.before("a", False)) == (3, 5, 7)
    assert sources(queue) == "abcabaa"


def test_who_is_known_has_every_second_turn() -> None:
    """As long as both wait; a thousand strangers are as many as one then."""
    queue: Queue[Item] = Queue()
    for number in range(1000):
        queue.append(Item(f"s{number}"))
    for source in "KLM":
        queue.append(Item(source, is_known=True))
    assert (queue.before("N", True), queue.before("t", False)) == (7, 1003)
    assert [item.source for item in taken(queue)][:7] == ["K", "s0", "L", "s1", "M", "s2", "s3"]


def test_what_has_waited_comes_first() -> None:
    """In its order, before all sources."""
    queue: Queue[Item] = Queue()
    queue.append(Item("a"))
    queue.put_first([Item("x"), Item("y")])
    assert queue.before("b", False) == 3
    assert sources(queue) == "xya"


_ITEMS = st.lists(st.builds(Item, st.sampled_from("abc"), st.integers(0, 9), st.booleans()))


@given(_ITEMS, st.sampled_from("abcz"), st.booleans())
def test_nothing_is_lost_and_a_source_keeps_its_order(items: list[Item], source: str, known: bool) -> None:
    """Whatever comes, each is taken once; and who comes last waits for no more than was said."""
    queue: Queue[Item] = Queue()
    for item in items:
        queue.append(item)
    said, last = queue.before(source, known), Item(source, 10, known)
    queue.append(last)
    order = taken(queue)
    for kind in {(item.source, item.is_known) for item in [*items, last]}:
        mine = [item for item in [*items, last] if (item.source, item.is_known) == kind]
        assert [item for item in order if (item.source, item.is_known) == kind] == mine
    assert len(order) == len(items) + 1
    assert order.index(last) <= said
