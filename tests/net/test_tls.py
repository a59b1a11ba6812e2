"""TLS on real sockets, with the clients of Python's ssl module."""

from __future__ import annotations

import gc
import hashlib
import os
import ssl
import weakref

import pytest
import pytest_twisted
from makers import make
from twisted.internet.threads import deferToThread
from worldside import LOCAL, dial, read_all, read_exactly, tighten

from chatd.config import Certificate, Tls
from chatd.net.connection import CLOSE_TIMEOUT_S


def client_context(certificate=None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def call(port: int, context: ssl.SSLContext | None = None, name: str | None = None, session=None) -> ssl.SSLSocket:
    """Connect and shake hands; blocks, so it runs in a thread."""
    return (context or client_context()).wrap_socket(dial(port), server_hostname=name, session=session)


def shown(client: ssl.SSLSocket) -> str:
    """The SHA-256 of the certificate that the server showed."""
    return hashlib.sha256(client.getpeercert(binary_form=True)).hexdigest()


@pytest_twisted.ensureDeferred
async def test_is_secure(open_house):
    """The session begins when the handshake is done, and knows the version and the cipher."""
    house = open_house(tls_at=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        assert (link.peer.ip, link.peer.secure, link.peer.certfp) == ("127.0.0.1", True, None)
        assert link.peer.cipher == f"TLSv1.3 {client.cipher()[0]}"
        link.writer.write(b"PING one\r\n")
        assert await deferToThread(client.recv, 100) == b"PING one\r\n"
        await deferToThread(client.sendall, b"PONG one\r\n")
        assert await link.heard(10) == b"PONG one\r\n"


@pytest_twisted.ensureDeferred
async def test_client_certificate(open_house, tmp_path):
    """Any client certificate is taken, known by its SHA-256 fingerprint."""
    own = make(tmp_path, "alice.example", days=(-30, -1))
    house = open_house(tls_at=[LOCAL])
    with await deferToThread(call, house.port, client_context(own)):
        link = await house.gate.arrivals.get()
        assert link.peer.certfp == own.fingerprint


@pytest_twisted.ensureDeferred
async def test_certificate_by_name(open_house, tmp_path):
    """The client is shown the certificate for the name it asks for, the first one for any other."""
    first, second = make(tmp_path, "a.example", "a.example"), make(tmp_path, "b.example", "*.b.example")
    more = (Certificate(certificate=second.certificate, key=second.key),)
    own = make(tmp_path, "alice.example")
    house = open_house(tls_at=[LOCAL], tls=Tls(certificate=first.certificate, key=first.key, sni=more))
    wanted = {None: first, "a.example": first, "x.b.example": second, "c.example": first}
    for name, made in wanted.items():
        with await deferToThread(call, house.port, client_context(own), name) as client:
            link = await house.gate.arrivals.get()
            assert (name, shown(client)) == (name, made.fingerprint)
            assert link.peer.certfp == own.fingerprint
            assert link.peer.asked_name == (name or "")


@pytest_twisted.ensureDeferred
async def test_reload(open_house, tmp_path):
    """New connections see the new certificate; those that are up go on."""
    old, new = make(tmp_path, "a.example"), make(tmp_path, "b.example")
    house = open_house(tls_at=[LOCAL], tls=Tls(certificate=old.certificate, key=old.key))
    with await deferToThread(call, house.port) as early:
        link = await house.gate.arrivals.get()
        house.certificates.reload(Tls(certificate=new.certificate, key=new.key))
        with await deferToThread(call, house.port) as late:
            assert (shown(early), shown(late)) == (old.fingerprint, new.fingerprint)
        link.writer.write(b"still here")
        assert await deferToThread(early.recv, 100) == b"still here"


@pytest.mark.parametrize(("offered", "agreed"), [(["irc"], "irc"), (["h2", "irc"], "irc"), (["h2"], None)])
@pytest_twisted.ensureDeferred
async def test_alpn(open_house, offered, agreed):
    """Speaking IRC is agreed on where offered; other names do not keep a client out."""
    house = open_house(tls_at=[LOCAL])
    context = client_context()
    context.set_alpn_protocols(offered)
    with await deferToThread(call, house.port, context) as client:
        assert client.selected_alpn_protocol() == agreed


@pytest_twisted.ensureDeferred
async def test_minimum_version(open_house):
    """TLS 1.2 is refused where 1.3 is the minimum, and taken by default."""
    strict, usual = open_house(tls_at=[LOCAL], tls=Tls(minimum="1.3")), open_house(tls_at=[LOCAL])
    context = client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        await deferToThread(call, strict.port, context)
    with await deferToThread(call, usual.port, context) as client:
        assert client.version() == "TLSv1.2"


@pytest_twisted.ensureDeferred
async def test_sessions_are_not_resumed(open_house):
    """Every connection shows its certificate anew."""
    house = open_house(tls_at=[LOCAL])
    context = client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with await deferToThread(call, house.port, context) as client:
        session = client.session
    with await deferToThread(call, house.port, context, None, session) as client:
        assert not client.session_reused


@pytest_twisted.ensureDeferred
async def test_refused_without_a_word(open_house):
    """Who is refused gets no handshake, and is neither begun nor abandoned."""
    house = open_house(tls_at=[LOCAL], refusal="no")
    with dial(house.port) as client:
        assert await deferToThread(read_all, client) == b""
    assert (house.gate.asked, house.gate.abandoned, house.gate.links) == (["127.0.0.1"], [], [])


@pytest_twisted.ensureDeferred
async def test_handshake_takes_too_long(open_house):
    """A peer that does not shake hands is cut off, and its admission given back once."""
    house = open_house(tls_at=[LOCAL], tls=Tls(handshake_timeout_s=3))
    with dial(house.port) as client:
        while not house.gate.asked:
            await deferToThread(lambda: None)
        house.seconds_pass(4)
        assert await house.gate.retreats.get() == "127.0.0.1"
        assert await deferToThread(read_all, client) == b""
    assert house.gate.abandoned == ["127.0.0.1"]


@pytest_twisted.ensureDeferred
async def test_no_tls_at_all(open_house):
    """A peer that speaks no TLS is abandoned once."""
    house = open_house(tls_at=[LOCAL])
    with dial(house.port) as client:
        client.sendall(b"NICK alice\r\n" * 10)
        assert await house.gate.retreats.get() == "127.0.0.1"
    assert (house.gate.abandoned, house.gate.links) == (["127.0.0.1"], [])


@pytest_twisted.ensureDeferred
async def test_last_words(open_house):
    """Close sends everything written, then ends TLS properly; the loss is told once."""
    house = open_house(tls_at=[LOCAL])
    sent = os.urandom(2_000_000)
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        tighten(link)
        link.writer.write(sent)
        assert link.turns == ["pause"]
        link.writer.close()
        assert await deferToThread(read_exactly, client, len(sent) + 1) == sent
        await deferToThread(lambda: client.unwrap())
    await link.gone()
    assert len(link.reasons) == 1


@pytest_twisted.ensureDeferred
async def test_peer_that_does_not_say_good_bye(open_house):
    """After close, a peer that does not end TLS is cut off after a bound."""
    house = open_house(tls_at=[LOCAL])
    with await deferToThread(call, house.port):
        link = await house.gate.arrivals.get()
        link.writer.close()
        house.seconds_pass(CLOSE_TIMEOUT_S + 1)
        await link.gone()
    assert len(link.reasons) == 1


@pytest_twisted.ensureDeferred
async def test_stopping_does_not_wait(open_house):
    """When the server stops, nobody's good-bye is waited for."""
    house = open_house(tls_at=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        for stopping in house.listeners.close():
            await stopping
        link.writer.write(b"ERROR :stopping")
        link.writer.close()
        await link.gone()
        assert await deferToThread(client.recv, 100) == b"ERROR :stopping"


@pytest.mark.parametrize("ours", [True, False], ids=["we close", "the peer closes"])
@pytest.mark.parametrize("tls", [True, False], ids=["TLS", "plain"])
@pytest_twisted.ensureDeferred
async def test_nothing_is_left_of_a_connection(open_house, tls, ours):
    """What is gone is freed at once, and not when the cyclic collector comes, which is rarely."""
    house = open_house(tls_at=[LOCAL]) if tls else open_house(plain=[LOCAL])
    gc.disable()
    try:
        with await deferToThread(call if tls else dial, house.port) as client:
            link = await house.gate.arrivals.get()
            left = weakref.ref(link.writer.transport)
            if ours:
                link.writer.abort()
                await deferToThread(read_all, client)
        await link.gone()
        for _ in range(100):
            await deferToThread(lambda: None)
        assert left() is None
    finally:
        gc.enable()
