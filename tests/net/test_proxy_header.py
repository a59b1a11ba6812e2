"""Reading PROXY headers (HAProxy's doc/proxy-protocol.txt)."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.net.proxy import ProxyHeader, ProxyHeaderError, read_header

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v2(command: int, family: int, block: bytes) -> bytes:
    return SIGNATURE + bytes([command, family]) + len(block).to_bytes(2) + block


def tcp4(source: str = "192.0.2.7", port: int = 56324, more: bytes = b"") -> bytes:
    ends = socket.inet_aton(source) + socket.inet_aton("198.51.100.1")
    return ends + port.to_bytes(2) + (6667).to_bytes(2) + more


def tcp6(source: str) -> bytes:
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    return ends + (56324).to_bytes(2) + (6667).to_bytes(2)


VALID = [
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 6667\r\n", ("192.0.2.7", 56324)),
    (b"PROXY TCP6 2001:db8::7 2001:db8::1 56324 6667\r\n", ("2001:db8::7", 56324)),
    (b"PROXY TCP6 2001:DB8:0:0:0:0:0:7 2001:db8::1 56324 6667\r\n", ("2001:db8::7", 56324)),
    (b"PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 0 65535\r\n", ("192.0.2.7", 0)),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", None),
    (v2(0x21, 0x11, tcp4()), ("192.0.2.7", 56324)),
    (v2(0x21, 0x11, tcp4(more=b"\x04\x00\x03abc")), ("192.0.2.7", 56324)),
    (v2(0x21, 0x21, tcp6("2001:db8::7")), ("2001:db8::7", 56324)),
    (v2(0x21, 0x21, tcp6("::ffff:192.0.2.7")), ("192.0.2.7", 56324)),
    (v2(0x20, 0x00, b""), None),
    (v2(0x20, 0x11, tcp4()), None),
    (v2(0x20, 0x7F, b"whatever"), None),
    (v2(0x21, 0x00, b""), None),
    (v2(0x21, 0x12, tcp4()), None),
    (v2(0x21, 0x31, bytes(216)), None),
]


@pytest.mark.parametrize(("octets", "source"), VALID)
def test_whole_header(octets, source):
    """A header gives the client's address, or none when the proxy speaks for itself or does not know."""
    assert read_header(octets) == ProxyHeader(len(octets), source)


@pytest.mark.parametrize(("octets", "source"), VALID)
def test_what_follows_is_not_the_headers(octets, source):
    """Whatever comes after the header belongs to the protocol behind it."""
    assert read_header(octets + b"NICK alice\r\n\r\n") == ProxyHeader(len(octets), source)


@pytest.mark.parametrize("octets", [octets for octets, _ in VALID])
def test_part_of_a_header_is_not_an_error(octets):
    """A header may come in pieces of any size: no beginning of it is refused, none is taken for the whole."""
    assert [read_header(octets[:count]) for count in range(len(octets))] == [None] * len(octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"NICK alice\r\n",
        b"proxy TCP4 ",
        b"PROXY\tTCP4",
        b"PROXY \r\n",
        b"PROXY TCP5 192.0.2.7 198.51.100.1 1 2\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n",
        b"PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n",
        b"PROXY TCP4 192.0.2.07 198.51.100.1 1 2\r\n",
        b"PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n",
        b"PROXY TCP4 192.0.2.7 elsewhere 1 2\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
        b"PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n",
        b"PROXY TCP6 fe80::1%eth0 2001:db8::1 1 2\r\n",
        b"PROXY TCP4 \xff\xfe 198.51.100.1 1 2\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 -1 2\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 000001 2\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 1 x\r\n",
        b"PROXY UNKNOWN" + b"x" * 94,
        b"PROXY UNKNOWN" + b"x" * 93 + b"\r\n",
        b"\r\n\r\n\0\r\nQUIT ",
        v2(0x11, 0x11, tcp4()),
        v2(0x22, 0x11, tcp4()),
        v2(0x21, 0x41, tcp4()),
        v2(0x21, 0x13, tcp4()),
        v2(0x21, 0x11, tcp4()[:11]),
        v2(0x21, 0x21, tcp6("::1")[:35]),
        v2(0x21, 0x31, bytes(215)),
        v2(0x20, 0x00, bytes(4097))[:16],
    ],
)
def test_malformed_header(octets):
    """A receiver must refuse what is not a header, as soon as it can know."""
    with pytest.raises(ProxyHeaderError):
        read_header(octets)


def test_longest_version_1_header():
    """107 bytes with the line's end, the longest that a proxy can send, are taken."""
    octets = b"PROXY UNKNOWN " + b"f" * 91 + b"\r\n"
    assert len(octets) == 107
    assert read_header(octets) == ProxyHeader(107, None)


@given(st.binary(max_size=200))
def test_nothing_else_is_raised(octets):
    """Any bytes are a header, the beginning of one, or a ProxyHeaderError."""
    for beginning in (b"", b"PROXY ", b"PROXY TCP4 ", b"PROXY TCP6 ", SIGNATURE, SIGNATURE + b"\x21"):
        try:
            header = read_header(beginning + octets)
        except ProxyHeaderError:
            continue
        assert header is None or header.length <= len(beginning + octets)
