"""Formatting codes and CTCP in message texts.  See Modern IRC, "Formatting" and "CTCP"."""

from __future__ import annotations

import re
from typing import Final

_CODES: Final = re.compile("[\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f]")


def has_formatting(text: str) -> bool:
    """Say whether a text holds colours or other formatting codes."""
    return _CODES.search(text) is not None


def is_ctcp(text: str) -> bool:
    """Say whether a message is a CTCP query or reply (an action is one too)."""
    return text[:1] == "\x01"


def is_action(text: str) -> bool:
    """Say whether a message is a CTCP ACTION ("/me")."""
    return text.startswith("\x01ACTION ") or text in ("\x01ACTION\x01", "\x01ACTION")
