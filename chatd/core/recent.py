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
