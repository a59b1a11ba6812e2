"""The comment line that stands in a log where lines were lost because the disk failed for too long.

Comment lines begin with "#", which no IRC line does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from chatd.clock import utc_text

_GAP: Final = re.compile(rb"# gap: ([0-9]{1,18}) lines? lost between ([0-9TZ:.-]+) and ([0-9TZ:.-]+)")


@dataclass(slots=True)
class Gap:
    """Lines that were lost, and the moments between which they happened, as exactly as is known."""

    lines: int
    first_ms: int
    last_ms: int

    def widen(self, other: Gap) -> None:
        """Take in another gap next to this one."""
        self.lines += other.lines
        self.first_ms = min(self.first_ms, other.first_ms)
        self.last_ms = max(self.last_ms, other.last_ms)

    def line(self) -> bytes:
        """Write the comment line, with its LF."""
        first, last = utc_text(self.first_ms), utc_text(self.last_ms)
        noun = "line" if self.lines == 1 else "lines"
        return f"# gap: {self.lines} {noun} lost between {first} and {last}\n".encode()


def is_comment(line: bytes) -> bool:
    """Say whether a line of a log is not an event."""
    return line.startswith(b"#")


def lost_lines(line: bytes) -> int:
    """Give how many lines a gap's comment speaks of; 0 for any other line."""
    found = _GAP.match(line)
    return int(found[1]) if found else 0
