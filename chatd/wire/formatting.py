"""Formatting codes and CTCP in message texts.  See Modern IRC, "Formatting" and "CTCP"."""

from __future__ import annotations

import re
from typing import Final

_CODES: Final = re.compile("[\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f]")
_WITH_COLOURS: Final = re.compile(
    "\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)


def has_formatting(text: str) -> bool:
    """Say whether a text holds colours or other formatting codes."""
    return _CODES.search(text) is not None


def strip_formatting(text: str) -> str:
    """A text without formatting codes and without the colours they name."""
    return _WITH_COLOURS.sub("", text) if has_formatting(text) else text


def is_ctcp(text: str) -> bool:
    """Say whether a message is a CTCP query or reply (an action is one too)."""
    return text[:1] == "\x01"


def is_action(text: str) -> bool:
    """Say whether a message is a CTCP ACTION ("/me")."""
    return text.startswith("\x01ACTION ") or text in ("\x01ACTION\x01", "\x01ACTION")
