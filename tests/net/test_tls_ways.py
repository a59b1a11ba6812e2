"""The short way through OpenSSL and Twisted's own: both carry the same."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess

import pytest
import pytest_twisted
from twisted.internet.threads import deferToThread
from worldside import LOCAL, dial, read_exactly

from chatd.net import tls

MANY = bytes(range(1, 256)) * 8000
"""More than a record, more than what is taken out of OpenSSL at once, and more than a socket takes at once."""


def call(port: int) -> ssl.SSLSocket:
    """Connect and shake hands; blocks, so it runs in a thread."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(dial(port))


@pytest.fixture(params=[True, False], ids=["short", "Twisted's"])
def short(request, monkeypatch):
    """Whether connections go the short way; else as with a pyOpenSSL that keeps its handles elsewhere."""
    if not request.param:
        monkeypatch.setattr(tls, "pipe_of", lambda connection, send: None)
    return request.param


@pytest.mark.parametrize("size", [1, 1000, 16_384, 16_385, 65_536, 70_000, len(MANY)])
@pytest_twisted.ensureDeferred
async def test_both_directions(open_house, short, size):
    """What is written in one piece arrives whole, in both directions, and so does what comes after it."""
    house = open_house(tls_at=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        link.writer.write(MANY[:size])
        link.writer.write(b"end")
        assert await deferToThread(read_exactly, client, size + 3) == MANY[:size] + b"end"
        await deferToThread(client.sendall, MANY[:size])
        await deferToThread(client.sendall, b"end")
        assert await link.heard(size + 3) == MANY[:size] + b"end"


@pytest_twisted.ensureDeferred
async def test_the_way_that_is_gone(open_house, short):
    """This test file tests what it says."""
    house = open_house(tls_at=[LOCAL])
    with await deferToThread(call, house.port):
        link = await house.gate.arrivals.get()
        link.writer.write(b"one")
        assert (link.writer.transport._pipe is not None) == short


@pytest_twisted.ensureDeferred
async def test_said_while_the_handshake_ends(open_house, short):
    """What the client sends together with the end of its handshake is heard."""
    house = open_house(tls_at=[LOCAL])

    def talk() -> bytes:
        with call(house.port) as client:
            client.sendall(b"NICK a\r\n")
            return client.recv(10)

    talking = deferToThread(talk)
    link = await house.gate.arrivals.get()
    assert await link.heard(8) == b"NICK a\r\n"
    link.writer.write(b"welcome")
    assert await talking == b"welcome"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl's client")
@pytest_twisted.ensureDeferred
async def test_new_keys(open_house, short):
    """A client of TLS 1.3 may ask for new keys in between (RFC 8446, 4.6.3)."""
    house = open_house(tls_at=[LOCAL])

    def talk() -> bytes:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{house.port}", "-tls1_3"]
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert client.stdin is not None and client.stdout is not None
        client.stdin.write(b"before\n")
        client.stdin.flush()
        said = b""
        while b"heard" not in said:
            said += client.stdout.read1()
        for line in (b"K\n", b"after\n"):
            client.stdin.write(line)
            client.stdin.flush()
            while line == b"K\n" and b"KEYUPDATE" not in said:
                said += client.stdout.read1()
        while b"again" not in said:
            said += client.stdout.read1()
        client.kill()
        client.wait()
        return said

    talking = deferToThread(talk)
    link = await house.gate.arrivals.get()
    assert await link.heard(7) == b"before\n"
    link.writer.write(b"heard\n")
    assert await link.heard(13) == b"before\nafter\n"
    link.writer.write(b"again\n")
    assert b"again" in await talking


@pytest_twisted.ensureDeferred
async def test_garbage_in_between(open_house, short):
    """What is no TLS ends the connection, with a reason that says so."""
    house = open_house(tls_at=[LOCAL])
    client = await deferToThread(call, house.port)
    link = await house.gate.arrivals.get()
    with socket.socket(fileno=client.detach()) as plain:
        plain.settimeout(20)
        await deferToThread(plain.sendall, b"PRIVMSG #a :this is no record\r\n")
        assert await link.gone() == "TLS error"
