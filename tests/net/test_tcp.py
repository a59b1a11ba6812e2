"""Transports that write at once, on real sockets."""

from __future__ import annotations

import os
import resource
import socket
import struct

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.threads import deferToThread
from worldside import LOCAL, dial, read_all, read_exactly, tighten, unix_dial

from chatd.net.tcp import DirectReactor, DirectServer


def is_reset(client: socket.socket) -> None:
    """Close a socket so that the other end gets a reset instead of an end."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest_twisted.ensureDeferred
async def test_writes_before_the_reactor_turns(open_house):
    """When nothing is queued, what is written is with the peer when write returns."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        link.writer.write(b"PING one\r\n")
        assert client.recv(100) == b"PING one\r\n"
        link.writer.write(b"PING two\r\n")
        assert client.recv(100) == b"PING two\r\n"
        assert link.writer.transport not in reactor.getWriters()


@pytest_twisted.ensureDeferred
async def test_sequences_keep_their_place(open_house):
    """Pieces that are written together (twisted.web writes its heads so) come before what is written next."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        link.writer.transport.writeSequence([b"one ", b"two "])
        link.writer.transport.write(b"three")
        assert await deferToThread(read_exactly, client, 13) == b"one two three"


@pytest_twisted.ensureDeferred
async def test_reads_what_comes(open_house):
    """Bytes arrive at the link as they came."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        client.sendall(b"NICK alice\r\nUS")
        assert await link.heard(14) == b"NICK alice\r\nUS"
        client.sendall(b"ER a 0 * :a\r\n")
        assert await link.heard(27) == b"NICK alice\r\nUSER a 0 * :a\r\n"


@pytest_twisted.ensureDeferred
async def test_peer_that_reads_late_gets_everything_in_order(open_house):
    """The socket takes a part, the rest is queued and follows; what is written meanwhile goes behind it."""
    house = open_house(plain=[LOCAL])
    sent = os.urandom(3_000_000)
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        tighten(link)
        for start in range(0, len(sent), 500_000):
            link.writer.write(sent[start : start + 500_000])
        assert len(link.writer.transport.dataBuffer) + link.writer.transport._tempDataLen > 0
        assert await deferToThread(read_exactly, client, len(sent)) == sent


@pytest_twisted.ensureDeferred
async def test_back_pressure(open_house):
    """A peer that does not read pauses the link once, and resumes it once it has read."""
    house = open_house(plain=[LOCAL])
    sent = bytes(8_000_000)
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        tighten(link)
        link.writer.write(b"small")
        assert link.turns == []
        link.writer.write(sent)
        assert link.turns == ["pause"]
        resumed = link.resumed()
        reading = deferToThread(read_exactly, client, len(sent) + 5)
        await resumed
        assert link.turns == ["pause", "resume"]
        assert len(await reading) == len(sent) + 5


@pytest_twisted.ensureDeferred
async def test_a_broken_connection_never_raises_into_the_writer(open_house):
    """Writing to a connection that was reset raises nothing and calls nothing back; the loss follows later, once."""
    house = open_house(plain=[LOCAL])
    client = dial(house.port)
    link = await house.gate.arrivals.get()
    is_reset(client)
    for _ in range(3):
        link.writer.write(b"PING nobody\r\n")
    assert link.reasons == []
    await link.gone()
    link.writer.write(b"PING nobody\r\n")
    link.writer.close()
    link.writer.abort()
    assert len(link.reasons) == 1
    assert house.gate.abandoned == []


@pytest_twisted.ensureDeferred
async def test_reset_is_named(open_house):
    """Others learn why a connection ended, in the words of the system."""
    house = open_house(plain=[LOCAL])
    client = dial(house.port)
    link = await house.gate.arrivals.get()
    is_reset(client)
    assert await link.gone() == "Connection reset by peer"


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("before", [True, False])
async def test_who_has_not_read_all_and_goes(open_house, before):
    """The last words of who is gone before everything was sent to it are heard."""
    house = open_house(plain=[LOCAL])
    client = dial(house.port)
    link = await house.gate.arrivals.get()
    tighten(link)
    if before:
        client.sendall(b"QUIT :bye\r\n")
    link.writer.write(bytes(8_000_000))
    if not before:
        client.sendall(b"QUIT :bye\r\n")
    client.close()
    await link.gone()
    assert link.received == b"QUIT :bye\r\n"


@pytest_twisted.ensureDeferred
async def test_orderly_end_is_named(open_house):
    """A client that just goes has closed the connection."""
    house = open_house(plain=[LOCAL])
    client = dial(house.port)
    link = await house.gate.arrivals.get()
    client.close()
    assert await link.gone() == "Connection closed"


@pytest_twisted.ensureDeferred
async def test_silent_peers_are_probed(open_house):
    """Accepted sockets inherit TCP_NODELAY and keepalive with times that suit a chat."""
    house = open_house(plain=[LOCAL])
    with dial(house.port):
        link = await house.gate.arrivals.get()
        transport = link.writer.transport
        assert isinstance(transport, DirectServer)
        assert transport.getTcpNoDelay()
        assert transport.getTcpKeepAlive()
        asked = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        assert [transport.socket.getsockopt(socket.IPPROTO_TCP, option) for option in asked] == [120, 30, 4]


@pytest_twisted.ensureDeferred
async def test_unix_socket(open_house, tmp_path):
    """A Unix socket writes at once too; its peer counts as this machine."""
    path = tmp_path / "chatd.sock"
    house = open_house(plain=[f"unix:{path}"])
    with unix_dial(path) as client:
        link = await house.gate.arrivals.get()
        assert link.peer.ip == "127.0.0.1"
        link.writer.write(b"PING one\r\n")
        assert client.recv(100) == b"PING one\r\n"
        client.sendall(b"PONG one\r\n")
        assert await link.heard(10) == b"PONG one\r\n"


@pytest_twisted.ensureDeferred
async def test_sockets_opened_by_somebody_else(open_house):
    """A port that we are given (systemd) makes connections that write at once, too."""

    class Greeting(Protocol):
        def connectionMade(self):
            self.transport.write(b"hello")
            made.append(self.transport)

    made = []
    with socket.socket() as given:
        given.bind(("127.0.0.1", 0))
        given.listen()
        given.setblocking(False)
        port = DirectReactor(reactor).adoptStreamPort(given.fileno(), socket.AF_INET, Factory.forProtocol(Greeting))
    try:
        with dial(port.getHost().port) as client:
            assert await deferToThread(read_exactly, client, 5) == b"hello"
            assert isinstance(made[0], DirectServer)
            assert made[0].getTcpKeepAlive()
    finally:
        await port.stopListening()


@pytest_twisted.ensureDeferred
async def test_running_out_of_files_does_not_end_the_server(open_house):
    """Without a free file descriptor a connection is closed, and later ones are served again."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as early:
        link = await house.gate.arrivals.get()
        with socket.socket() as late:
            late.settimeout(20)
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free(), hard))
            try:
                late.connect(("127.0.0.1", house.port))
                assert await deferToThread(read_all, late) == b""
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        early.sendall(b"PING still\r\n")
        assert await link.heard(12) == b"PING still\r\n"
        with dial(house.port):
            await house.gate.arrivals.get()


def lowest_free() -> int:
    """The number that the next file would get."""
    number = os.open(os.devnull, os.O_RDONLY)
    os.close(number)
    return number


@pytest.mark.parametrize("octets", [b"", b"x"])
@pytest_twisted.ensureDeferred
async def test_small_writes(open_house, octets):
    """Nothing and one byte are written like anything else."""
    house = open_house(plain=[LOCAL])
    with dial(house.port) as client:
        link = await house.gate.arrivals.get()
        link.writer.write(octets)
        link.writer.close()
        assert await deferToThread(read_all, client) == octets
