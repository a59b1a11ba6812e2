"""Who an event is delivered to, grouped by capabilities so that each group is encoded for once.

Kept up to date on join, part and capability change, never rebuilt on send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chatd.core.user import User

Append = Callable[[bytes], None]


class Recipient(Protocol):
    """What the core knows of a session: what it negotiated, and where its lines go.

    ``queue`` holds whole lines, one or more in each item.  ``append`` is its bound ``append`` and stays the same object
    for the session's life.  ``write`` sends, and is not to be called while ``paused``.
    """

    sid: str
    caps: int
    queue: list[bytes]
    append: Append
    write: Callable[[bytes], object]
    paused: bool
    user: User | None

    def flush(self) -> None:
        """Write what is queued."""

    def mark(self) -> None:
        """Say that something was queued, so that it is written at the end of the turn."""

    def renew_origin(self) -> None:
        """Its user is shown otherwise from now on: so are the events that come from it."""


class Audience:
    """Recipients by capability bits.

    ``dirty`` is True between a delivery and the flush that writes it: the flusher sets and clears it.
    """

    __slots__ = ("dirty", "groups")

    def __init__(self, recipients: Iterable[Recipient] = ()) -> None:
        self.groups: dict[int, dict[Recipient, Append]] = {}
        self.dirty = False
        for recipient in recipients:
            self.add(recipient)

    def add(self, recipient: Recipient) -> None:
        """Count a recipient in; a second time is harmless."""
        group = self.groups.get(recipient.caps)
        if group is None:
            self.groups[recipient.caps] = {recipient: recipient.append}
        else:
            group[recipient] = recipient.append

    def remove(self, recipient: Recipient) -> None:
        """Count a recipient out; what was queued for it in this turn is still written."""
        self._drop(recipient, recipient.caps)
        if recipient.queue:
            recipient.mark()

    def regroup(self, recipient: Recipient, old_caps: int) -> None:
        """Follow a change of capabilities from ``old_caps`` to the recipient's present ones."""
        self._drop(recipient, old_caps)
        self.add(recipient)
        if recipient.queue:
            recipient.mark()

    def _drop(self, recipient: Recipient, caps: int) -> None:
        group = self.groups.get(caps)
        if group is not None and group.pop(recipient, None) is not None and not group:
            del self.groups[caps]

    def update(self, other: Audience) -> None:
        """Count everybody of another audience in."""
        for caps, group in other.groups.items():
            mine = self.groups.get(caps)
            if mine is None:
                self.groups[caps] = dict(group)
            else:
                mine.update(group)

    def without(self, other: Audience) -> Audience:
        """Everybody here who is not in the other audience."""
        rest = Audience()
        for caps, group in self.groups.items():
            if kept := {recipient: append for recipient, append in group.items() if recipient not in other}:
                rest.groups[caps] = kept
        return rest

    def having(self, bits: int) -> Iterator[Recipient]:
        """Those who have negotiated any of these capabilities."""
        for caps, group in list(self.groups.items()):
            if caps & bits:
                yield from list(group)

    def lacking(self, bits: int) -> Iterator[Recipient]:
        """Those who have negotiated none of these capabilities."""
        for caps, group in list(self.groups.items()):
            if not caps & bits:
                yield from list(group)

    def __iter__(self) -> Iterator[Recipient]:
        for group in self.groups.values():
            yield from group

    def __contains__(self, recipient: Recipient) -> bool:
        group = self.groups.get(recipient.caps)
        return group is not None and recipient in group

    def __len__(self) -> int:
        return sum(map(len, self.groups.values()))


NOBODY = Audience()
