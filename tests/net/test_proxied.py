"""Listeners behind a proxy, on real sockets."""

from __future__ import annotations

import socket

import pytest
import pytest_twisted
from test_proxy_header import tcp4, v2
from test_tls import client_context
from twisted.internet.threads import deferToThread
from worldside import LOCAL, dial, read_all

from chatd.config import Tls
from chatd.net.tcp import DirectServer

HERE = ("127.0.0.0/8",)
V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 6667\r\n"
V2 = v2(0x21, 0x11, tcp4())


@pytest.mark.parametrize("header", [V1, V2])
@pytest_twisted.ensureDeferred
async def test_the_client_behind_the_proxy(open_house, header):
    """The gate is asked about the client, not the proxy; what follows the header is received."""
    house = open_house(proxied=[LOCAL], networks=HERE)
    with dial(house.port) as client:
        client.sendall(header + b"NICK alice\r\n")
        link = await house.gate.arrivals.get()
        assert (house.gate.asked, link.peer.ip) == (["192.0.2.7"], "192.0.2.7")
        assert await link.heard(12) == b"NICK alice\r\n"
        assert isinstance(link.writer.transport, DirectServer)
        link.writer.write(b"PING one\r\n")
        assert client.recv(100) == b"PING one\r\n"


@pytest.mark.parametrize("header", [V1, V2])
@pytest_twisted.ensureDeferred
async def test_byte_by_byte(open_house, header):
    """The header may come in any pieces."""
    house = open_house(proxied=[LOCAL], networks=HERE)
    with dial(house.port) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in header:
            client.sendall(bytes([octet]))
            await deferToThread(lambda: None)
        link = await house.gate.arrivals.get()
        assert link.peer.ip == "192.0.2.7"


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", v2(0x20, 0, b"")])
@pytest_twisted.ensureDeferred
async def test_the_proxy_itself(open_house, header):
    """A proxy that speaks for itself counts by its own address."""
    house = open_house(proxied=[LOCAL], networks=HERE)
    with dial(house.port) as client:
        client.sendall(header)
        assert (await house.gate.arrivals.get()).peer.ip == "127.0.0.1"


@pytest.mark.parametrize("header", [V1, V2])
@pytest_twisted.ensureDeferred
async def test_tls_behind_the_header(open_house, header):
    """The header comes before TLS."""
    house = open_house(proxied_tls=[LOCAL], networks=HERE)

    def shake():
        plain = dial(house.port)
        plain.sendall(header)
        return client_context().wrap_socket(plain)

    with await deferToThread(shake):
        link = await house.gate.arrivals.get()
        assert (link.peer.ip, link.peer.secure, house.gate.asked) == ("192.0.2.7", True, ["192.0.2.7"])


@pytest_twisted.ensureDeferred
async def test_not_from_everybody(open_house):
    """From outside proxy.networks a connection is closed, and the gate never asked."""
    house = open_house(proxied=[LOCAL], networks=("192.0.2.0/24",))
    with dial(house.port) as client:
        assert await deferToThread(read_all, client) == b""
    assert house.gate.asked == []


@pytest.mark.parametrize("octets", [b"NICK alice\r\n", b"PROXY UNKNOWN" + b"x" * 200])
@pytest_twisted.ensureDeferred
async def test_no_header(open_house, octets):
    """Malformed and over-long headers close the connection."""
    house = open_house(proxied=[LOCAL], networks=HERE)
    with dial(house.port) as client:
        client.sendall(octets)
        assert await deferToThread(read_all, client) == b""
    assert house.gate.asked == []


@pytest_twisted.ensureDeferred
async def test_header_takes_too_long(open_house):
    """The header has the time limit of the handshake."""
    house = open_house(proxied=[LOCAL], networks=HERE, tls=Tls(handshake_timeout_s=2))
    with dial(house.port) as client:
        client.sendall(V1[:20])
        while not len(house.listeners._deadlines):
            await deferToThread(lambda: None)
        house.seconds_pass(3)
        assert await deferToThread(read_all, client) == b""
    assert house.gate.asked == []


@pytest_twisted.ensureDeferred
async def test_refused_behind_the_proxy(open_house):
    """A refusal reaches the client through the proxy."""
    house = open_house(proxied=[LOCAL], networks=HERE, refusal="no")
    with dial(house.port) as client:
        client.sendall(V1)
        assert await deferToThread(read_all, client) == b"ERROR :no\r\n"
    assert house.gate.abandoned == []
