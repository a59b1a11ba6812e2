"""Frames out of lines, and agreeing on compression (RFC 7692)."""

from __future__ import annotations

import hashlib

import pytest

from chatd.net.frames import FRAMINGS, Deflate

AGREED = "server_no_context_takeover; client_no_context_takeover"
WINDOW = "server_max_window_bits=12"


@pytest.mark.parametrize(
    ("lines", "frames"),
    [
        (b"PING x\r\n", b"\x81\x06PING x"),
        (b"a\r\nb\r\n", b"\x81\x01a\x81\x01b"),
        (b"x" * 125 + b"\r\n", b"\x81\x7d" + b"x" * 125),
        (b"x" * 126 + b"\r\n", b"\x81\x7e\x00\x7e" + b"x" * 126),
        (b"x" * 8999 + b"\r\n", b"\x81\x7e\x23\x27" + b"x" * 8999),
        (b"", b""),
    ],
)
def test_frames(lines, frames):
    """Each line is a message in one frame that is not masked, whether it is the first time or not."""
    framing = FRAMINGS[True, False]
    assert framing(lines) == frames
    assert framing(lines) == frames
    assert FRAMINGS[False, False](lines) == frames.replace(b"\x81", b"\x82")


def test_compressed_where_it_pays():
    """Only a line that is long and becomes shorter by a tenth is compressed."""
    noise = b"".join(hashlib.sha512(bytes([place])).digest() for place in range(4)).translate(None, b"\r\n")
    lines = b"short\r\n" + b"word " * 60 + b"\r\n" + noise + b"\r\n"
    plain, compressed = FRAMINGS[False, False](lines), FRAMINGS[False, True](lines)
    assert compressed[:7] == plain[:7]
    assert compressed[7] == 0x82 | 0x40
    assert compressed[8] < 30
    assert compressed[9 + compressed[8]] == 0x82
    assert compressed.endswith(noise)


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("permessage-deflate", AGREED),
        ("permessage-deflate; client_max_window_bits", AGREED),
        ("permessage-deflate; client_max_window_bits=10; client_no_context_takeover", AGREED),
        ('permessage-deflate; server_max_window_bits="15"', f"{AGREED}; {WINDOW}"),
        ("permessage-deflate;server_no_context_takeover; server_max_window_bits = 12", f"{AGREED}; {WINDOW}"),
        ("permessage-deflate; server_max_window_bits=11", None),
        ("permessage-deflate; server_max_window_bits", None),
        ("permessage-deflate; server_max_window_bits=16", None),
        ("permessage-deflate; server_max_window_bits=x", None),
        ("permessage-deflate; client_max_window_bits=7", None),
        ("permessage-deflate; client_max_window_bits=08", None),
        ("permessage-deflate; client_no_context_takeover=1", None),
        ("permessage-deflate; client_no_context_takeover; client_no_context_takeover", None),
        ("permessage-deflate; other", None),
    ],
)
def test_offers(offer, answer):
    """A server MUST decline an offer with parameters that are unknown, invalid, twice there, or that it cannot do."""
    deflate = Deflate()
    assert deflate.accept(offer) == answer
    assert deflate.enabled() is (answer is not None)


def test_first_acceptable_offer():
    """Of several offers the first that can be done is agreed on, and only that."""
    deflate = Deflate()
    answers = [deflate.accept(f"permessage-deflate; server_max_window_bits={bits}") for bits in (9, 13, 15)]
    assert answers == [None, f"{AGREED}; {WINDOW}", None]
