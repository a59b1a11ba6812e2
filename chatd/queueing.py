"""Who is next where work has to wait: every source has its turn, and who is known does not wait for all strangers.

So whoever asks a thousand times holds up itself, and a thousand who ask once hold up each other.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """What waits: for whom (None: nobody in particular), and whether that one is known."""

    source: Hashable
    is_known: bool


W = TypeVar("W", bound=Waiting)


class Turns(Generic[W]):
    """What waits, source by source: each has its turn, one after another, and its own in the order they came in."""

    __slots__ = ("_sources",)

    def __init__(self) -> None:
        self._sources: OrderedDict[Hashable, deque[W]] = OrderedDict()

    def append(self, item: W) -> None:
        """Put something behind what waits for the same source."""
        self._sources.setdefault(item.source, deque()).append(item)

    def popleft(self) -> W:
        """Take what is next; its source is last then."""
        source, waiting = next(iter(self._sources.items()))
        item = waiting.popleft()
        if waiting:
            self._sources.move_to_end(source)
        else:
            del self._sources[source]
        return item

    def before(self, source: Hashable) -> int:
        """How many are taken before one more of this source."""
        own = len(self._sources.get(source, ()))
        return sum(min(len(waiting), own + 1) for waiting in self._sources.values())

    def __len__(self) -> int:
        return sum(map(len, self._sources.values()))

    def __bool__(self) -> bool:
        return bool(self._sources)


class Queue(Generic[W]):
    """All that waits: strangers and the known have every second turn, as long as both wait."""

    __slots__ = ("_first", "_is_strangers_turn", "_known", "_strangers")

    def __init__(self) -> None:
        self._first: deque[W] = deque()
        self._known: Turns[W] = Turns()
        self._strangers: Turns[W] = Turns()
        self._is_strangers_turn = False

    def append(self, item: W) -> None:
        """Put something where its turn comes."""
        (self._known if item.is_known else self._strangers).append(item)

    def put_first(self, items: Iterable[W]) -> None:
        """Put what has waited already before everything else, in this order."""
        self._first.extendleft(reversed(list(items)))

    def popleft(self) -> W:
        """Take what is next."""
        if self._first:
            return self._first.popleft()
        is_strangers = bool(self._strangers) and (self._is_strangers_turn or not self._known)
        self._is_strangers_turn = not is_strangers
        return (self._strangers if is_strangers else self._known).popleft()

    def before(self, source: Hashable, is_known: bool) -> int:
        """How many are taken before one more of this source."""
        own, others = (self._known, self._strangers) if is_known else (self._strangers, self._known)
        count = own.before(source)
        return len(self._first) + count + (min(count + 1, len(others)) if others else 0)

    def __bool__(self) -> bool:
        return bool(self._first or self._known or self._strangers)
