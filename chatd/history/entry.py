"""One line of a log read back: its parts, and the key by which lines of a log are in order.

Owns the grammar of a logged line beyond that of the protocol: the time is among its first tags, and before it, on a
line that came late to its log, stands ``logged``, the moment it came. Does no I/O.
"""

from __future__ import annotations

import re
from functools import lru_cache
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
_VERBS: Final = frozenset({"PRIVMSG", "NOTICE", "EDIT"})
_SECONDS: Final = {f"{second:02}.": second * 1000 for second in range(60)}
_MILLIS: Final = {f"{milli:03}Z;msgid=": milli for milli in range(1000)}


def read_entry(line: bytes) -> Entry:
    """Parse a line without its LF; never raises, bytes that are not UTF-8 show as U+FFFD.

    ``tags`` are all but ``logged``, as clients with message-tags and server-time were sent them.
    """
    return read_said(line) or _read_any(line.decode("utf-8", "replace"))


def read_said(line: bytes) -> Entry | None:
    """Parse a line if it is of the most frequent form: what somebody said, with time and id first, nothing escaped."""
    text = line.decode("utf-8", "replace")
    words = text.split(" ", 4)
    if len(words) != 5:
        return None
    head, source, verb, target, last = words
    if verb not in _VERBS or not source or source[0] != ":" or not target or target[0] == ":" or last[:1] != ":":
        return None
    second_ms, milli, minute_ms = _SECONDS.get(head[23:26]), _MILLIS.get(head[26:37]), _minute_ms(head[:23])
    if second_ms is None or milli is None or minute_ms is None:
        return None
    msgid, more, others = head[37:].partition(";")
    tags = {"time": head[6:30], "msgid": msgid}
    if more:
        tags.update([tag.partition("=")[::2] for tag in others.split(";")])
        if "" in tags or tags["msgid"] != msgid or LOGGED in tags or tags["time"] != head[6:30]:
            return None
    if "\\" in head:
        return None
    time_ms = minute_ms + second_ms + milli
    entry = time_ms, msgid, tags, source[1:], verb, [target, last[1:]], text[len(head) + 1 :]
    return tuple.__new__(Entry, entry)


@lru_cache(maxsize=64)
def _minute_ms(head: str) -> int | None:
    """The moment that ``@time=2026-11-24T02:29:`` begins with."""
    return read_moment(f"{head[6:]}00Z") if head[:6] == "@time=" else None


def _read_any(text: str) -> Entry:
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


def verb_of(line: bytes) -> str:
    """Give the verb of a line that a server wrote, without parsing the rest."""
    words = line.split(b" ", 3)
    place = 0
    if words[0][:1] == b"@":
        place = 1
    if len(words) > place and words[place][:1] == b":":
        place += 1
    return words[place].decode("utf-8", "replace") if len(words) > place else ""


def came_late(line: bytes, logged_ms: int) -> bytes:
    """Mark a line that is older than one that was logged before it, so that lines stay in the order of their keys."""
    mark = f"@{LOGGED}={utc_text(logged_ms)}".encode()
    return b"%b;%b" % (mark, line[1:]) if line[:1] == b"@" else b"%b %b" % (mark, line)
