"""What a server says of itself: the lines of 005, its texts where none are configured, a moment in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from chatd.context import Node
from chatd.wire.chunks import pack_words
from chatd.wire.framing import BODY_BYTES
from chatd.wire.numerics import RPL_ISUPPORT

DEFAULT_TEXTS: Mapping[str, list[str]] = {
    "motd": ["Welcome. JOIN #chat to meet people, LIST to see channels, HELP for everything else."],
    "rules": ["Be kind.", "Do not flood, and do not pretend to be somebody else."],
}


def isupport_lines(node: Node) -> Sequence[str]:
    """The tokens of 005, at most 13 and as many as fit a line, as each line's parameters."""
    tokens = []
    for token in node.catalog.tokens:
        value = token.value(node)
        if value is True:
            tokens.append(token.name)
        elif value is not None and value is not False:
            tokens.append(f"{token.name}={value}")
    tokens.sort()
    room = BODY_BYTES - len(f":{node.name} 005  :{RPL_ISUPPORT.text}") - node.config.limits.nick
    return tuple(pack_words(tokens, room, most=13))


def moment_text(moment_ms: int) -> str:
    """A moment in words a person reads, in UTC."""
    return f"{datetime.fromtimestamp(moment_ms / 1000, UTC):%a %b %d %Y %H:%M:%S} UTC"
