"""Bytes to lines: line endings, telnet commands, bounds.

Any chunking of the same bytes gives the same lines.  CR, LF and CR LF end a line, empty lines and NUL bytes are
dropped (telnet sends a typed CR as CR NUL).  See Modern IRC, "Message Format"; RFC 854 for telnet.
"""

from __future__ import annotations

import re
from typing import Final

BODY_BYTES: Final = 510
"""The longest line without tags and without its CR LF."""
LINE_BYTES: Final = BODY_BYTES + 2
"""The same with its CR LF."""
TAGS_BYTES: Final = 4096
"""The longest tag section a client may send: "@", 4094 bytes, and the space."""

_KEPT: Final = TAGS_BYTES + BODY_BYTES + 1  # enough of a longer line to tell that it is too long
_IAC: Final = b"\xff"
# IAC and what it means: a byte 255 as text (IAC IAC), a command of one byte, negotiation with its option, or
# sub-negotiation to its end; or, at the end of what has come, a beginning of one of these.  IAC before anything else
# is no telnet and stays.  No command holds a line ending: a stray 255 in a text must not swallow the next line.
_TELNET: Final = re.compile(
    rb"""\xff (?: (?P<text>\xff) | [\xf0-\xf9] | [\xfb-\xfe][^\r\n]
             | \xfa (?:[^\xff\r\n]|\xff\xff){0,256}+ \xff\xf0
             | (?P<rest> (?: [\xfb-\xfe] | \xfa (?:[^\xff\r\n]|\xff\xff){0,256}+ \xff? )? \Z) )""",
    re.VERBOSE,
)


def too_long(line: bytes) -> bool:
    """Say whether a line breaks the limits: 510 bytes of body, 4096 of tags before it."""
    if len(line) <= BODY_BYTES:
        return False
    if line[:1] != b"@":
        return True
    tags, _, body = line.partition(b" ")
    return len(tags) >= TAGS_BYTES or len(body) > BODY_BYTES


class Framer:
    """Cuts one connection's bytes into lines.

    ``pending`` counts the bytes of the unfinished line, those no longer kept included.  A telnet command whose end has
    not come (at most some 500 bytes) is not counted.
    """

    __slots__ = ("_rest", "_telnet", "pending")

    def __init__(self) -> None:
        self._rest = b""
        self._telnet = b""  # a telnet command whose end has not come yet
        self.pending = 0

    def feed(self, octets: bytes) -> list[bytes]:
        """Take bytes, give the lines they complete; lines may be empty, and may be over-long (``too_long``)."""
        if self._telnet or _IAC in octets or b"\0" in octets:
            octets = self._plain(octets)
        if self.pending:
            self.pending += len(octets)
            octets = self._rest + octets
        lines = octets.splitlines()
        if not octets or octets.endswith((b"\n", b"\r")):
            if lines:
                self._rest = b""
                self.pending = 0
            return lines
        rest = lines.pop()
        if lines or not self.pending:
            self.pending = len(rest)
        self._rest = rest[:_KEPT]
        return lines

    def _plain(self, octets: bytes) -> bytes:
        """Take telnet commands and NUL bytes out, keeping an unfinished command for later."""
        octets = self._telnet + octets
        self._telnet = b""
        return _TELNET.sub(self._take_out, octets).replace(b"\0", b"")

    def _take_out(self, command: re.Match[bytes]) -> bytes:
        if command["rest"] is not None:
            self._telnet = command[0]
        return command["text"] or b""
