"""One line of a log read back: its parts, and the key by which lines of a log are in order.

Owns the grammar of a logged line beyond that of the protocol: the time is among its first tags, and before it, on a
line that came late to its log, stands ``logged``, the moment it came. Does no I/O.
"""

from __future__ import annotations

import re
from typing import Final

from chatd.clock import read_moment, utc_text
from chatd.core.archive import Entry
from chatd.wire.message import parse

LOGGED: Final = "logged"
"""The tag of a line that is older than one before it: when it was logged, which is where it stands."""
KEY_BYTES: Final = 24
HEAD_BYTES: Final = 256
"""More than a line's beginning up to the end of its key."""

KEYED: Final = re.compile(rb"\n@(?:[^ ;\n]*;){0,9}?(?:logged|time)=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)(?=[; ])")
"""A line with a key, after the LF of the line before; keys compare as text."""


def read_entry(line: bytes) -> Entry:
    """Parse a line without its LF; never raises, bytes that are not UTF-8 show as U+FFFD.

    ``tags`` are all but ``logged``, as clients with message-tags and server-time were sent them.
    """
    text = line.decode("utf-8", "replace")
    tags, source, verb, params = parse(text)
    body = text.partition(" ")[2] if text[:1] == "@" else text
    if LOGGED in tags:
        tags = {name: value for name, value in tags.items() if name != LOGGED}
    time_ms = read_moment(tags.get("time", ""))
    return Entry(-1 if time_ms is None else time_ms, tags.get("msgid", ""), tags, source, verb, params, body)


def key_of(moment_ms: int) -> bytes:
    """Write a moment as the key that lines of it have."""
    return utc_text(moment_ms).encode()


def line_key(line: bytes) -> bytes | None:
    """Give the key of a line; None for comments and what else says no time."""
    found = KEYED.match(b"\n" + line[:HEAD_BYTES])
    return found[1] if found else None


def verb_of(line: bytes) -> bytes:
    """Give the verb of a line that a server wrote, without parsing the rest."""
    words = line.split(b" ", 3)
    place = 0
    if words[0][:1] == b"@":
        place = 1
    if len(words) > place and words[place][:1] == b":":
        place += 1
    return words[place] if len(words) > place else b""


def came_late(line: bytes, logged_ms: int) -> bytes:
    """Mark a line that is older than one that was logged before it, so that lines stay in the order of their keys."""
    mark = f"@{LOGGED}={utc_text(logged_ms)}".encode()
    return b"%b;%b" % (mark, line[1:]) if line[:1] == b"@" else b"%b %b" % (mark, line)
