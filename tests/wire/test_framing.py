"""Bytes to lines, however they are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.wire.framing import Framer, too_long

# Bytes in which line endings, NUL and telnet's commands are frequent.
PIECES = st.sampled_from(
    [b"\r", b"\n", b"\r\n", b"\0", b"\xff", b"\xfb", b"\xfd\x01", b"\xff\xfd\x06", b"\xfa", b"\xf0", b"\xff\xf4",
     b"\xff\xfa", b"\xff\xff", b"\xff\xf0", b"x" * 255]
) | st.binary(max_size=4)
STREAMS = st.lists(PIECES, max_size=30).map(b"".join)


def lines_of(chunks: list[bytes]) -> list[bytes]:
    """The lines that are not empty: only those are carried out."""
    framer = Framer()
    return [line for chunk in chunks for line in framer.feed(chunk) if line]


@settings(max_examples=300, deadline=None)
@given(STREAMS, st.lists(st.integers(0, 120), max_size=12))
def test_any_chunking_gives_the_same_lines(octets: bytes, cuts: list[int]) -> None:
    """Where the network cuts the stream makes no difference."""
    edges = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    chunks = [octets[start:end] for start, end in pairwise(edges)]
    assert lines_of(chunks) == lines_of([octets]) == lines_of([bytes([octet]) for octet in octets])


def test_cr_lf_and_both_end_a_line() -> None:
    """Servers SHOULD handle single LF and single CR as line endings."""
    assert lines_of([b"A\r\nB\nC\rD"]) == [b"A", b"B", b"C"]


def test_an_unfinished_line_is_pending() -> None:
    """What has no end yet is kept and counted."""
    framer = Framer()
    assert (framer.feed(b"PING"), framer.pending) == ([], 4)
    assert (framer.feed(b" x\n"), framer.pending) == ([b"PING x"], 0)


def test_an_endless_line_is_counted_but_not_kept() -> None:
    """Memory stays bounded while the count goes on."""
    framer = Framer()
    for _ in range(100):
        framer.feed(b"x" * 1000)
    assert framer.pending == 100_000
    (line,) = framer.feed(b"\n")
    assert len(line) < 6000 and too_long(line)


def test_telnet_negotiation_is_taken_out() -> None:
    """A telnet client's commands, sub-negotiation and CR NUL leave the typed line."""
    assert lines_of([b"\xff\xfd\x01\xff\xfb\x03LO\xff\xfa\x18\x00xterm\xff\xf0GI\xff\xf1N a\r\0"]) == [b"LOGIN a"]


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (b"caf\xff\xe9", b"caf\xff\xe9"),
        (b"y\xff", b"y\xff"),
        (b"\xffabc", b"\xffabc"),
        (b"no option \xff\xfb", b"no option \xff\xfb"),
        (b"\xff\xfa without an end", b"\xff\xfa without an end"),
        (b"\xff\xfa\x01" + b"x" * 256 + b"\xff\xf0", b"\xff\xfa\x01" + b"x" * 256),
    ],
)
def test_a_byte_255_that_begins_no_command_stays(typed: bytes, line: bytes) -> None:
    """What is not telnet is kept, whole, for the line to be refused as no UTF-8; the next line is not touched."""
    assert lines_of([typed + b"\r\nPING a\r\n"]) == [line, b"PING a"]


def test_iac_twice_is_one_byte_of_text() -> None:
    """RFC 854: "the IAC need be doubled to be sent as data", within sub-negotiation too."""
    assert lines_of([b"a\xff\xffb\n"]) == [b"a\xffb"]
    assert lines_of([b"a\xff\xff\xf4\n"]) == [b"a\xff\xf4"]
    assert lines_of([b"a\xff\xfa\x01\xff\xff\xf0b\xff\xf0c\n"]) == [b"ac"]


def test_an_endless_sub_negotiation_is_bounded() -> None:
    """Memory stays bounded, and what was no command is counted in the line."""
    framer = Framer()
    framer.feed(b"\xff\xfa" + b"x" * 1000)
    assert framer.pending == 1002


def test_limits_of_a_line() -> None:
    """510 bytes of body and, before it, 4096 bytes of tags with "@" and the space; not one more."""
    assert not too_long(b"x" * 510)
    assert too_long(b"x" * 511)
    assert not too_long(b"@" + b"t" * 4094 + b" " + b"x" * 510)
    assert too_long(b"@" + b"t" * 4095 + b" x")
    assert too_long(b"@t " + b"x" * 511)
