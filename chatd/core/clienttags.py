"""Tags of clients: which are relayed, which make a message worth keeping, how often somebody may be seen typing.

See IRCv3 message-tags, typing, react.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

TYPING: Final = "+typing"
TARGET_MSGID: Final = "draft/target-msgid"
"""Which message is edited, a tag of draft/message-edit."""
EDIT_TEXT: Final = "draft/edit-text"
"""The text it has then."""
REACT: Final = "+draft/react"
UNREACT: Final = "+draft/unreact"
_REPLIES: Final = ("+reply", "+draft/reply")
_PASSING: Final = frozenset({TYPING, "+channel-context", "+draft/channel-context", *_REPLIES})
_MOST_TRACKED: Final = 64


def client_only(tags: Mapping[str, str]) -> Mapping[str, str]:
    """The client-only tags among those that came with a line."""
    return {key: value for key, value in tags.items() if key[0] == "+" and len(key) > 1}


def relayed(tags: Mapping[str, str], denied: Sequence[str]) -> Mapping[str, str]:
    """Those of client-only tags that may be relayed; ``denied`` reads as the value of CLIENTTAGDENY does, split."""
    if not denied:
        return tags
    return {key: value for key, value in tags.items() if not is_denied(key[1:], denied)}


def is_denied(name: str, denied: Sequence[str]) -> bool:
    """Say whether a tag, without its "+", is denied: by its name, or by "*" without an exception."""
    return name in denied or (denied[0] == "*" and f"-{name}" not in denied)


def is_lasting(tags: Collection[str]) -> bool:
    """Say whether tags without a text are worth keeping where messages are: not that somebody types, or where."""
    return not _PASSING.issuperset(tags)


def about(tags: Mapping[str, str]) -> str:
    """The id of the message that tags answer; "" for none."""
    return next((tags[name] for name in _REPLIES if tags.get(name)), "")


class TypingPace:
    """When one client last sent each state of typing to each target; equal ones that come too soon are told apart."""

    __slots__ = ("_sent_ms",)

    def __init__(self) -> None:
        self._sent_ms: dict[tuple[str, str], int] = {}

    def is_too_soon(self, target: str, state: str, now_ms: int, interval_ms: float) -> bool:
        """Say whether this came within the interval after the one before; if not, it counts as sent."""
        key = (target, state if state in ("active", "paused", "done") else "")
        sent_ms = self._sent_ms.get(key)
        if sent_ms is not None and now_ms - sent_ms < interval_ms:
            return True
        if len(self._sent_ms) >= _MOST_TRACKED:
            self._sent_ms = {key: sent for key, sent in self._sent_ms.items() if now_ms - sent < interval_ms}
        self._sent_ms[key] = now_ms
        return False
