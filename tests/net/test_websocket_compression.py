"""WebSockets with permessage-deflate (RFC 7692), and over TLS."""

from __future__ import annotations

import ssl

import pytest
import pytest_twisted
from test_tls import client_context
from twisted.internet.threads import deferToThread
from webside import (
    CLOSE,
    DEFLATE,
    TEXT,
    Frame,
    answer,
    call,
    closing,
    deflated,
    frame,
    inflated,
    request,
)
from worldside import LOCAL, dial

from chatd.config import WebSocket


@pytest_twisted.ensureDeferred
async def test_compression(open_house):
    """Long lines are compressed for who can take it, each by itself, where that makes them shorter."""
    house = open_house(websocket=[LOCAL])
    long = b":irc.example.org 353 alice = #x :" + b" ".join(b"alice%d" % number for number in range(40))
    with await deferToThread(call, house.port, DEFLATE) as client:
        agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        assert client.headers["sec-websocket-extensions"] == agreed
        link = await house.gate.arrivals.get()
        link.writer.write(b"PING short\r\n" + long + b"\r\n" + long + b"\r\n")
        short, *both = [await deferToThread(client.frame) for _ in range(3)]
        assert short == Frame(TEXT, b"PING short")
        assert [(found.compressed, inflated(found.payload)) for found in both] == [(True, long)] * 2
        client.send(frame(TEXT, deflated(b"PONG :" + b"a" * 300), rsv1=True), frame(TEXT, b"NICK b"))
        assert await link.heard(316) == b"PONG :" + b"a" * 300 + b"\r\nNICK b\r\n"


@pytest.mark.parametrize(
    ("payload", "fin", "code"),
    [(deflated(b"x" * 10_000_000), True, 1009), (deflated(b"x" * 10_000_000), False, 1009), (b"\xff\xff", True, 1007)],
)
@pytest_twisted.ensureDeferred
async def test_compressed_bombs(open_house, payload, fin, code):
    """A message is inflated no further than a message may be long."""
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port, DEFLATE) as client:
        link = await house.gate.arrivals.get()
        client.send(frame(TEXT, payload, rsv1=True, fin=fin))
        (found,) = await deferToThread(client.rest)
        assert (found.opcode, found.payload[:2]) == (CLOSE, code.to_bytes(2))
    await link.gone()
    assert link.received == b""


@pytest_twisted.ensureDeferred
async def test_no_compression(open_house):
    """Where it is switched off, it is not agreed on."""
    house = open_house(websocket=[LOCAL], web=WebSocket(deflate=False))
    with await deferToThread(call, house.port, DEFLATE) as client:
        assert "sec-websocket-extensions" not in client.headers


@pytest_twisted.ensureDeferred
async def test_tls(open_house):
    """Over TLS the session is secure, frames and the closing handshake are the same."""
    house = open_house(websocket_tls=[LOCAL])

    def shake_hands():
        return answer(client_context().wrap_socket(dial(house.port)), request())

    with await deferToThread(shake_hands) as client:
        link = await house.gate.arrivals.get()
        assert isinstance(client.socket, ssl.SSLSocket)
        assert (link.peer.ip, link.peer.secure, link.peer.listener) == ("127.0.0.1", True, LOCAL)
        assert link.peer.cipher == f"TLSv1.3 {client.socket.cipher()[0]}"
        await deferToThread(client.send, frame(TEXT, b"NICK alice"))
        assert await link.heard(12) == b"NICK alice\r\n"
        link.writer.write(b"ERROR :bye\r\n")
        link.writer.close()
        assert await deferToThread(client.frame) == Frame(TEXT, b"ERROR :bye")
        assert await deferToThread(client.frame) == closing(1000)
        await deferToThread(client.send, frame(CLOSE, (1000).to_bytes(2)))
        assert await deferToThread(client.frame) is None
        await deferToThread(client.socket.unwrap)
    assert await link.gone() == "Connection closed"
    assert house.listeners.connected == 0


@pytest_twisted.ensureDeferred
async def test_stopping_over_tls(open_house):
    """When the server stops, last words go out over TLS too, and nobody's good-bye is waited for."""
    house = open_house(websocket_tls=[LOCAL])

    def shake_hands():
        return answer(client_context().wrap_socket(dial(house.port)), request())

    with await deferToThread(shake_hands) as client:
        link = await house.gate.arrivals.get()
        for stopping in house.listeners.close():
            await stopping
        link.writer.write(b"ERROR :stopping\r\n")
        link.writer.close()
        await link.gone()
        assert await deferToThread(client.frame) == Frame(TEXT, b"ERROR :stopping")
        assert await deferToThread(client.frame) == closing(1001)
