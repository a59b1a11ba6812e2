"""What is remembered of messages that were said recently, so that they can be taken back or edited.

One is kept for every message, so it is a bare tuple: its id, a uid, a number and whether it has a text.
"""

from __future__ import annotations

from collections import deque
from typing import Final

Remembered = tuple[str, str, int, bool]
"""The id of a message; in a channel who said it and the rank it was said to, else to whom it was said and whether
history has it; and whether it has a text."""

IN_A_CHANNEL: Final = 500
BY_A_USER: Final = 50
"""How many messages are remembered of a channel, and of those a user has said to others."""


def find(messages: deque[Remembered] | None, msgid: str) -> Remembered | None:
    """Look up a message by its id."""
    return next((message for message in messages or () if message[0] == msgid), None)


EDITED: Final = 10_000
"""Of how many messages it is remembered how often they were edited, those that were edited last."""


class EditCounts:
    """How often messages were edited, by their ids; of others the log knows."""

    __slots__ = ("_counts", "_forgot")

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._forgot = False

    def take(self, msgid: str, most: int, before: int = 0) -> bool:
        """Count one edit more, unless there were so many already (0: any number); says whether it was counted.

        ``before`` is how many there were as the log has it.
        """
        count = max(self._counts.pop(msgid, 0), before)
        allowed = not most or count < most
        self._counts[msgid] = count + allowed
        if len(self._counts) > EDITED:
            del self._counts[next(iter(self._counts))]
            self._forgot = True
        return allowed

    def may_lack(self, msgid: str) -> bool:
        """Say whether edits of a message that was said since the start may have been forgotten."""
        return self._forgot and msgid not in self._counts
