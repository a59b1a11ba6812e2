"""One connection between a Twisted transport and a session, and the factory that makes them.

Thin: bytes in, bytes out, back-pressure, and the bounds on a handshake and on a peer that does not read.
"""

from __future__ import annotations

import hashlib
import socket
from typing import Any, cast

from OpenSSL import crypto
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHandshakeListener, IPushProducer
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.interfaces import Gate, Link, Peer

CLOSE_TIMEOUT_S = 5
"""How long a peer may take to read the last words before it is cut off."""


def peer_ip(transport: Any) -> str:
    """The textual address of a transport's peer; a Unix socket counts as this machine."""
    host = getattr(transport.getPeer(), "host", None)
    if not isinstance(host, str):
        return "127.0.0.1"
    host = host.partition("%")[0]
    return host[7:] if host.startswith("::ffff:") and "." in host else host


@implementer(IHandshakeListener, IPushProducer)
class Connection(Protocol):
    """One connection; after admission it is the session's Writer."""

    link: Link | None = None
    ip = ""
    admitted = False
    closing = False
    factory: ConnectionFactory

    def connectionMade(self) -> None:
        """Ask to be admitted; begin at once without TLS, after the handshake with it."""
        self.factory.connected += 1
        self.ip = peer_ip(self.transport)
        refusal = self.factory.gate.admit(self.ip)
        if refusal is not None:
            if not self.factory.secure:
                self.write(f"ERROR :{refusal}\r\n".encode())
            self.close()
            return
        self.admitted = True
        if self.factory.secure:
            self.factory.bound(self, self.factory.handshake_timeout_s)
            return
        self._keep_alive()
        self._begin(Peer(self.ip, listener=self.factory.listener))

    def handshakeCompleted(self) -> None:
        """TLS is up: begin, knowing the client's certificate."""
        if self.closing:
            return
        self.factory.unbound(self)
        transport = cast(Any, self.transport)
        handle = transport.getHandle()
        certificate = handle.get_peer_certificate()
        certfp = None
        if certificate is not None:
            certfp = hashlib.sha256(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)).hexdigest()
        cipher = f"{handle.get_protocol_version_name()} {handle.get_cipher_name()}"
        self._begin(Peer(self.ip, True, certfp, cipher, self.factory.listener))

    def _begin(self, peer: Peer) -> None:
        transport = cast(Any, self.transport)
        self.write = transport.write  # type: ignore[method-assign]
        transport.registerProducer(self, True)
        self.link = link = self.factory.gate.connect(self, peer)
        self.dataReceived = link.receive  # type: ignore[method-assign, assignment]

    def _keep_alive(self) -> None:
        transport = cast(Any, self.transport)
        if hasattr(transport, "setTcpKeepAlive") and hasattr(transport, "socket"):
            try:
                transport.setTcpNoDelay(True)
                transport.setTcpKeepAlive(True)
                transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 120)
                transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 30)
            except OSError:
                return  # a Unix socket, or one that is gone already

    def write(self, octets: bytes) -> None:
        """See ``interfaces.Writer``."""
        cast(Any, self.transport).write(octets)

    def close(self) -> None:
        """See ``interfaces.Writer``."""
        if self.closing:
            return
        self.closing = True
        transport = cast(Any, self.transport)
        transport.unregisterProducer()
        transport.loseConnection()
        self.factory.bound(self, CLOSE_TIMEOUT_S)

    def abort(self) -> None:
        """See ``interfaces.Writer``."""
        cast(Any, self.transport).abortConnection()

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

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008 - Twisted's signature
        """The connection is gone: the session learns why, or the admission is given back."""
        self.factory.connected -= 1
        self.factory.unbound(self)
        if self.link is not None:
            text = "Connection closed" if reason.check(ConnectionDone) else reason.getErrorMessage().rstrip(".")
            link, self.link = self.link, None
            link.lost(text)
        elif self.admitted:
            self.factory.gate.abandon(self.ip)
        self.dataReceived = Protocol.dataReceived.__get__(self)  # type: ignore[method-assign]


class ConnectionFactory(Factory):
    """Makes the connections of one listener.

    ``bound`` gives a connection so many seconds until it is cut off; ``tick`` (once a second) does the cutting, so
    that no connection needs a timer of its own.
    """

    protocol = Connection  # type: ignore[assignment]
    noisy = False

    def __init__(self, gate: Gate, listener: str, secure: bool, handshake_timeout_s: float) -> None:
        self.gate = gate
        self.listener = listener
        self.secure = secure
        self.handshake_timeout_s = handshake_timeout_s
        self.connected = 0
        self._left_s: dict[Connection, float] = {}

    def bound(self, connection: Connection, seconds: float) -> None:
        """Cut the connection off after so many seconds, unless ``unbound``; 0 sets no bound."""
        if seconds:
            self._left_s[connection] = seconds

    def unbound(self, connection: Connection) -> None:
        """Take a bound away."""
        self._left_s.pop(connection, None)

    def tick(self) -> None:
        """A second has passed."""
        for connection, left_s in list(self._left_s.items()):
            if left_s <= 1:
                del self._left_s[connection]
                connection.abort()
            else:
                self._left_s[connection] = left_s - 1
