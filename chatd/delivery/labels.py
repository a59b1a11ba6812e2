"""Labels and batches put on lines that are queued already: one lot of lines becomes one logical message.

Works on bytes, so that whatever a command caused (replies, echoes, deliveries) is treated alike.  See IRCv3
labeled-response and batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chatd.core.caps import BATCH, LABELED_RESPONSE
from chatd.wire.message import escape

LABEL_BYTES = 64
"""The longest label a client may choose; a longer one is not repeated."""


def lines_of(queued: Iterable[bytes]) -> list[bytes]:
    """The lines of a part of a queue, each by itself: what was encoded together is one item there."""
    return b"".join(queued).splitlines(keepends=True)


def with_tag(line: bytes, tag: bytes) -> bytes:
    """The line with one more tag, given as ``key=value``."""
    return b"@%b;%b" % (tag, line[1:]) if line[:1] == b"@" else b"@%b %b" % (tag, line)


def label_tag(label: str) -> bytes:
    """A client's label as the tag it is repeated in."""
    return f"label={escape(label)}".encode()


def may_label(label: str, caps: int) -> bool:
    """Say whether a label that came with a line is to be repeated, under the capabilities in effect."""
    needed = BATCH.bit | LABELED_RESPONSE.bit
    return bool(label) and caps & needed == needed and len(label.encode()) <= LABEL_BYTES


def enclose(lines: Iterable[bytes], opening: bytes, closing: bytes, reference: str) -> list[bytes]:
    """Put lines into a batch; those that are in an inner one already stay in that."""
    tag = f"batch={reference}".encode()
    head = b"@%b;" % tag
    return [
        opening,
        *[
            (head + line[1:] if line[:1] == b"@" else with_tag(line, tag))
            if b"batch=" not in line or not _is_batched(line)
            else line
            for line in lines
        ],
        closing,
    ]


def _is_batched(line: bytes) -> bool:
    if line[:1] != b"@":
        return False
    tags = line[1 : line.find(b" ")]
    return tags.startswith(b"batch=") or b";batch=" in tags


def is_one_batch(lines: Sequence[bytes]) -> bool:
    """Say whether the lines are exactly one batch, from its beginning to its end."""
    first, last = _words(lines[0]), _words(lines[-1])
    return (
        first[:1] == [b"BATCH"]
        and last[:1] == [b"BATCH"]
        and first[1][:1] == b"+"
        and last[1] == b"-" + first[1][1:]
        and not _is_batched(lines[0])
    )


def _words(line: bytes) -> list[bytes]:
    """The verb and the first parameter of a line."""
    words = line.rstrip(b"\r\n").split(b" ", 4)
    while words and words[0][:1] in (b"@", b":"):
        del words[0]
    return words[:2]
