"""Admission, and how connections end."""

from __future__ import annotations

import pytest
import pytest_twisted
from OpenSSL import SSL
from twisted.internet import error
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.threads import deferToThread
from worldside import LOCAL, dial, read_all, read_exactly, tighten

from chatd.net.connection import CLOSE_QUIET_S, CLOSE_TIMEOUT_S, DRAIN_BYTES, ip_of, reason_text
from chatd.net.tcp import SocketLost


@pytest.mark.parametrize(
    ("address", "ip"),
    [
        (IPv4Address("TCP", "192.0.2.7", 1), "192.0.2.7"),
        (IPv6Address("TCP", "2001:db8::7", 1), "2001:db8::7"),
        (IPv6Address("TCP", "fe80::1%eth0", 1), "fe80::1"),
        (IPv6Address("TCP", "::ffff:192.0.2.7", 1), "192.0.2.7"),
        (UNIXAddress(b"/run/chatd.sock"), "127.0.0.1"),
        (UNIXAddress(None), "127.0.0.1"),
        (None, "127.0.0.1"),
    ],
)
def test_addresses(address, ip):
    """``Peer.ip`` is the textual address without brackets or zone; a Unix socket counts as 127.0.0.1."""
    assert ip_of(address) == ip


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (error.ConnectionDone(), "Connection closed"),
        (error.ConnectionAborted(), "Connection closed"),
        (error.ConnectionLost(), "Connection lost"),
        (SocketLost("Connection timed out"), "Connection timed out"),
        (SSL.Error([("SSL routines", "", "bad record mac")]), "TLS error"),
        (KeyError("secret"), "Internal error"),
    ],
)
def test_reasons(problem, text):
    """Other users are told why a connection ended, but nothing of what went wrong inside the server."""
    assert reason_text(problem) == text


@pytest_twisted.ensureDeferred
async def test_is_admitted_and_described(open_house):
    """A plain connection is admitted once and begins at once, with its address and listener."""
    house = open_house(plain=[LOCAL])
    with dial(house.port):
        link = await house.gate.arrivals.get()
    assert house.gate.asked == ["127.0.0.1"]
    peer = link.peer
    assert (peer.ip, peer.secure, peer.certfp, peer.cipher, peer.listener) == ("127.0.0.1", False, None, None, LOCAL)
    assert house.listeners.connected == 1
    await link.gone()
    assert house.listeners.connected == 0
    assert house.gate.abandoned == []


@pytest_twisted.ensureDeferred
async def test_refusal_is_told(open_house):
    """Who is refused reads one ERROR, and is neither begun nor abandoned."""
    house = open_house(plain=[LOCAL], refusal="Too many connections from your address")
    with dial(house.port) as client:
        text = await deferToThread(read_all, client)
    assert text == b"ERROR :Too many connections from your address\r\n"
    assert (house.gate.asked, house.gate.abandoned, house.gate.links) == (["127.0.0.1"], [], [])
    assert house.listeners.connected == 0


@pytest_twisted.ensureDeferred
async def test_close_sends_what_was_written(open_house):
    """Close sends everything written so far, and nothing written after."""
    house = open_house(plain=[LOCAL])
    sent = bytes(3_000_000)
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        tighten(link)
        link.writer.write(sent)
        link.writer.close()
        link.writer.close()
        link.writer.write(b"too late")
        assert await deferToThread(read_all, client) == sent
    assert await link.gone() == "Connection closed"
    assert link.reasons == ["Connection closed"]


@pytest_twisted.ensureDeferred
async def test_nothing_is_received_after_close(open_house):
    """What a peer says after the end is thrown away, and does not keep it from reading our last words."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        client.sendall(b"first")
        await link.heard(5)
        link.writer.write(b"ERROR :bye\r\n")
        link.writer.close()
        client.sendall(b"PRIVMSG #x :too late\r\n" * 1000)
        assert await deferToThread(read_all, client) == b"ERROR :bye\r\n"
    await link.gone()
    assert link.received == b"first"


@pytest_twisted.ensureDeferred
async def test_peer_that_does_not_read_is_cut_off(open_house):
    """After close, a peer that does not read what was written is aborted after a bound."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        tighten(link)
        link.writer.write(bytes(8_000_000))
        link.writer.close()
        house.seconds_pass(CLOSE_TIMEOUT_S)
        assert link.reasons == []
        house.seconds_pass(1)
        await link.gone()
        assert len(await deferToThread(read_all, client)) < 8_000_000


@pytest_twisted.ensureDeferred
async def test_peer_that_does_not_close_is_cut_off(open_house):
    """After close, a peer that keeps its side open but says nothing, as netcat does, is left after a moment."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        link.writer.write(b"ERROR :bye\r\n")
        link.writer.close()
        assert await deferToThread(read_all, client) == b"ERROR :bye\r\n"
        while not link.writer.transport.has_arrived():
            await deferToThread(lambda: None)
        assert link.reasons == []
        house.seconds_pass(CLOSE_QUIET_S + 1)
        assert await link.gone() == "Connection closed"


@pytest_twisted.ensureDeferred
async def test_peer_that_goes_on_is_given_more_time(open_house):
    """After close, a peer that still sends has the longer bound to read our last words: a reset could take them."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        link.writer.close()
        client.sendall(b"PRIVMSG #x :too late\r\n")
        while not link.writer._drained_bytes:  # what is thrown away shows nowhere else
            await deferToThread(lambda: None)
        house.seconds_pass(CLOSE_TIMEOUT_S)
        assert link.reasons == []
        house.seconds_pass(1)
        assert await link.gone() == "Connection closed"


@pytest_twisted.ensureDeferred
async def test_peer_that_never_stops_is_cut_off(open_house):
    """After close, only so much is thrown away."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        link.writer.close()
        flooding = deferToThread(client.sendall, bytes(DRAIN_BYTES * 40))
        flooding.addErrback(lambda failure: failure.trap(OSError))
        assert await link.gone() == "Connection closed"
        assert await flooding is OSError


@pytest_twisted.ensureDeferred
async def test_abort_drops_everything(open_house):
    """Abort closes at once; the loss is told later, and once."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        tighten(link)
        link.writer.write(bytes(8_000_000))
        link.writer.abort()
        link.writer.abort()
        link.writer.write(b"too late")
        link.writer.close()
        assert link.reasons == []
        await link.gone()
        assert len(await deferToThread(read_all, client)) < 8_000_000
    assert link.reasons == ["Connection closed"]


@pytest.mark.fails_inside
@pytest_twisted.ensureDeferred
async def test_a_link_that_fails_loses_only_its_connection(open_house):
    """An error in the session ends that connection, and nobody is told what it was."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as client, dial(house.port) as other:
        link = await house.gate.arrivals.get()
        others = await house.gate.arrivals.get()
        link.writer.dataReceived = fails
        client.sendall(b"x")
        assert await link.gone() == "Internal error"
        other.sendall(b"y")
        assert await others.heard(1) == b"y"


def fails(octets: bytes) -> None:
    raise SystemError("the session is broken")


@pytest_twisted.ensureDeferred
async def test_closing_while_connecting(open_house):
    """A session that is closed before the gate returns it says what it has to say, and never receives anything."""
    house = open_house(plain=[LOCAL])
    connect = house.gate.connect
    last_words = bytes(2_000_000)

    def connect_and_close(writer, peer):
        link = connect(writer, peer)
        tighten(link)
        writer.write(last_words)
        writer.close()
        return link

    house.gate.connect = connect_and_close
    with dial(house.port) as client:
        client.sendall(b"NICK alice\r\n")
        link = await house.gate.arrivals.get()
        assert await deferToThread(read_all, client) == last_words
    await link.gone()
    assert link.received == b""


@pytest_twisted.ensureDeferred
async def test_stopping_waits_for_reading_only(open_house):
    """When the server stops, last words are still sent, but a peer that keeps its side open is not waited for."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as early, dial(house.port) as late:
        first = await house.gate.arrivals.get()
        second = await house.gate.arrivals.get()
        first.writer.write(b"ERROR :bye\r\n")
        first.writer.close()
        for stopping in house.listeners.close():
            await stopping
        second.writer.write(b"ERROR :stopping\r\n")
        second.writer.close()
        await first.gone()
        await second.gone()
        assert (read_exactly(early, 100), read_exactly(late, 100)) == (b"ERROR :bye\r\n", b"ERROR :stopping\r\n")
    assert house.listeners.connected == 0
