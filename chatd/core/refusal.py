"""How a command or a guard says no: an exception that carries the reply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatd.wire.numerics import Numeric

DEFINED = frozenset({
    "*", "AUTHENTICATE", "BATCH", "CHATHISTORY", "EDIT", "MARKREAD", "MENTIONS", "METADATA", "PERSISTENCE", "REACTIONS",
    "REDACT", "REGISTER", "RELAYMSG", "RENAME", "SEARCH", "SETNAME", "TOKEN", "UNREAD", "VERIFY",
})  # fmt: skip
"""Commands with standard replies of their own in their specification, or of this server: who uses them knows these."""


class Refused(Exception):
    """What was asked is not done; the client is answered with this numeric.

    ``params`` stand between the client's nickname and the numeric's fixed text.  ``numeric`` is None when the client
    is to learn nothing.  ``then`` is called with the context when the client was answered.
    """

    def __init__(self, numeric: Numeric | None, *params: str, then: Callable[[Any], None] | None = None) -> None:
        super().__init__(numeric.name if numeric else "", *params)
        self.numeric = numeric
        self.params = params
        self.then = then


class Ignored(Refused):
    """What was asked is not done, and the client is to take it for done."""

    def __init__(self) -> None:
        super().__init__(None)


class Failed(Exception):
    """What was asked is not done; the client is answered with an IRCv3 standard reply (FAIL)."""

    def __init__(self, verb: str, code: str, *context: str, text: str) -> None:
        super().__init__(verb, code, *context)
        self.verb = verb
        self.code = code
        self.context = context
        self.text = text

    @property
    def defined(self) -> bool:
        """Whether a specification gives this reply to any client, be standard-replies negotiated or not."""
        return self.verb in DEFINED or self.code == "INVALID_UTF8"
