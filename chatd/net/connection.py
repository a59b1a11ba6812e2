"""One connection between a Twisted transport and a session, and the factory that makes them.

Thin: admission, bytes in, bytes out, back-pressure, and an end that the peer can read.
"""

from __future__ import annotations

import hashlib
import sys
from typing import Any

from OpenSSL import crypto
from twisted.internet import tcp
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IAddress, IHandshakeListener, IPushProducer
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.interfaces import Gate, Link, Peer
from chatd.net.bindings import channel_bindings
from chatd.net.deadlines import Deadlines
from chatd.net.tcp import Direct

CLOSE_QUIET_S = 1
"""How long a peer that has our last words, and says nothing more, may keep its side open."""
CLOSE_TIMEOUT_S = 5
"""How long a peer may take to read our last words and to close its side, before it is cut off."""
DRAIN_BYTES = 262_144
"""How much of what a peer still says after the end is thrown away, before it is cut off."""


def ip_of(address: IAddress | None) -> str:
    """The address in the form that ``Peer.ip`` has; a Unix socket counts as this machine."""
    host = getattr(address, "host", None)
    if not isinstance(host, str):
        return "127.0.0.1"
    host = host.partition("%")[0]
    return host[7:] if host.startswith("::ffff:") and "." in host else host


def reason_text(problem: BaseException | None) -> str:
    """Say for other users why a connection ended; what went wrong inside the server is not for them."""
    if isinstance(problem, ConnectionDone | ConnectionAborted):
        return "Connection closed"
    if isinstance(problem, ConnectionLost):
        return str(problem.args[0]) if problem.args else "Connection lost"
    if type(problem).__module__.startswith("OpenSSL"):
        return "TLS error"
    return "Internal error"


def peer_at(transport: Any, ip: str, listener: str) -> Peer:
    """Describe the other end of a transport that is ready; behind TLS, with the certificate that it showed."""
    if not isinstance(transport, TLSMemoryBIOProtocol):
        return Peer(ip, listener=listener)
    tls: Any = transport.getHandle()
    certificate = tls.get_peer_certificate()
    certfp = None
    if certificate is not None:
        certfp = hashlib.sha256(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)).hexdigest()
    cipher = sys.intern(f"{tls.get_protocol_version_name()} {tls.get_cipher_name()}")
    asked_name = (tls.get_servername() or b"").decode("ascii", "replace")
    return Peer(ip, True, certfp, cipher, listener, asked_name, bindings=channel_bindings(tls))


def _ignore(octets: bytes) -> None:
    """Stands in for both directions of a connection that is over."""


@implementer(IHandshakeListener, IPushProducer)
class Connection(Protocol):
    """One connection; from ``Gate.connect`` on it is the session's Writer."""

    factory: ConnectionFactory
    transport: Any
    ip: str
    link: Link | None = None
    _admitted = False
    _closing = False
    _pressed = False
    _why = ""  # what ends the connection, where the transport cannot know
    _drained_bytes = 0

    def connectionMade(self) -> None:
        """Ask to be admitted; begin at once without TLS, after the handshake with it."""
        factory = self.factory
        factory.open += 1
        secure = self._is_tls()
        refusal = factory.gate.admit(self.ip)
        if refusal is not None:
            self._end()
            if secure:
                self.transport.abortConnection()
            else:
                self.transport.write(f"ERROR :{refusal}\r\n".encode())
                self.transport.loseConnection()
            return
        self._admitted = True
        if secure:
            factory.deadlines.set(self, factory.handshake_timeout_s)
        else:
            self._begin()

    def handshakeCompleted(self) -> None:
        """TLS is up: begin, knowing the client's certificate."""
        if self._closing or not self.connected:
            return
        self.factory.deadlines.clear(self)
        self._begin()

    def _begin(self) -> None:
        # From here on a line takes one call from the transport to the session, and one back.
        self.write = self.transport.write  # type: ignore[method-assign]
        self.transport.registerProducer(self, True)
        peer = peer_at(self.transport, self.ip, self.factory.listener)
        self.link = link = self.factory.gate.connect(self, peer)
        if not self._closing:
            self.dataReceived = link.receive  # type: ignore[method-assign, assignment]

    def write(self, octets: bytes) -> None:
        """See ``interfaces.Writer``; until ``Gate.connect`` there is nothing to say."""

    def close(self) -> None:
        """See ``interfaces.Writer``.

        Only our side is closed, and the peer gets time to close its own: closing both while it is still sending
        would reset the connection, and could take our last words from it.  Netcat leaves its side open until a
        reset, so a peer that has got everything and is silent gets little time: a person waits for the prompt.
        """
        if self._closing or not self.connected:
            return
        self._end()
        self.dataReceived = self._drain  # type: ignore[method-assign, assignment]
        self.factory.deadlines.set(self, CLOSE_QUIET_S)
        if self.factory.in_haste:
            self._close_both_sides()
        elif isinstance(self.transport, tcp.Connection):
            self.transport.loseWriteConnection()
        else:
            self.transport.loseConnection()

    def _close_both_sides(self) -> None:
        transport = self.transport
        transport.loseConnection()
        if self._is_tls():
            # TLS has said good-bye and would wait for the same from the peer.
            transport.transport.loseConnection()

    def _is_tls(self) -> bool:
        return isinstance(self.transport, TLSMemoryBIOProtocol)

    def hasten(self) -> None:
        """See ``Deadlines``: what waits for its peer waits no longer, what was sent still goes out."""
        if self._closing:
            self._close_both_sides()
        else:
            self.abort()

    def overdue(self) -> None:
        """See ``Deadlines``."""
        quiet = not self._drained_bytes and isinstance(self.transport, Direct) and self.transport.has_arrived()
        if self._closing and not self._pressed and not quiet:
            self._pressed = True
            # From one tick to another: there is no part of a second to give.
            self.factory.deadlines.set(self, CLOSE_TIMEOUT_S - CLOSE_QUIET_S - 1)
        else:
            self.abort()

    def abort(self) -> None:
        """See ``interfaces.Writer``."""
        if self.connected:
            self._end()
            self.transport.abortConnection()

    def _end(self) -> None:
        """Neither side of us has anything to say any more."""
        self._closing = True
        self.write = self.dataReceived = _ignore  # type: ignore[method-assign, assignment]
        if self.link is not None:
            self.link.mute()
        self.transport.unregisterProducer()

    def _drain(self, octets: bytes) -> None:
        self._drained_bytes += len(octets)
        if self._drained_bytes > DRAIN_BYTES:
            self.abort()

    def pauseProducing(self) -> None:
        """The socket is full."""
        if self.link is not None:
            self.link.pause()

    def resumeProducing(self) -> None:
        """The socket is ready again."""
        if self.link is not None:
            self.link.resume()

    def stopProducing(self) -> None:
        """The connection is going; ``connectionLost`` follows."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection is gone: the session learns why, or the admission is given back."""
        self.connected = 0
        self.factory.open -= 1
        self.factory.deadlines.clear(self)
        self.write = self.dataReceived = _ignore  # type: ignore[method-assign, assignment]
        link, self.link = self.link, None
        if link is not None:
            link.lost(self._why or reason_text(reason.value))
        elif self._admitted:
            self.factory.gate.abandon(self.ip)
        # The transport may hold us: a circle would keep both, and the buffers of TLS, for the cyclic collector.
        self.transport = None


class ConnectionFactory(Factory):
    """Makes the connections of one listener; ``open`` counts those that are there.

    ``in_haste`` says that the server is stopping: then a connection that closes does not wait for its peer.
    """

    noisy = False

    def __init__(self, gate: Gate, listener: str, deadlines: Deadlines, handshake_timeout_s: float) -> None:
        self.gate = gate
        self.listener = listener
        self.deadlines = deadlines
        self.handshake_timeout_s = handshake_timeout_s
        self.open = 0
        self.in_haste = False

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Make the connection of a peer; the address may come from a proxy."""
        connection = Connection()
        connection.factory = self
        connection.ip = ip_of(addr)
        return connection
