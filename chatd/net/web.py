"""HTTP for WebSocket clients: a twisted.web site whose resource turns a request into an IRC connection.

The site carries any other resources as well; without any, whoever asks for no WebSocket is told to.  Admission, the
time limit and the reverse proxies are as for other listeners.  See RFC 6455, section 4; IRCv3, "WebSocket".
"""

from __future__ import annotations

import binascii
from dataclasses import replace
from ipaddress import ip_address
from typing import Any, cast

import h11
from twisted.internet.interfaces import IAddress
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET, Request, Site
from wsproto import ConnectionType
from wsproto.events import AcceptConnection
from wsproto.events import Request as Upgrade
from wsproto.handshake import H11Handshake
from wsproto.utilities import ProtocolError

from chatd.config import WebSocket, networks
from chatd.interfaces import Peer
from chatd.net.connection import ConnectionFactory, ip_of, peer_at
from chatd.net.forwarded import Networks, client_of, hops_of, is_in, may_connect
from chatd.net.frames import FRAMINGS, Deflate
from chatd.net.websocket import Heartbeat, WebSocketConnection
from chatd.reports import reporter

log = reporter(__name__)

SUBPROTOCOLS = ("text.ircv3.net", "binary.ircv3.net")
_HEAD_BYTES = 8192
_HEADERS = 100
_REFUSAL = b"""\
HTTP/1.1 %b\r
Content-Type: text/plain; charset=utf-8\r
Content-Length: %d\r
Connection: close\r
\r
%b"""
_ORIGINS_TOLD = 100
"""How many web pages are named in the log that may not connect."""


def _ignore(octets: bytes) -> None:
    """Stands in for the way in of a channel that is over."""


class WebRequest(Request):
    """A request without a body: nobody may fill the disk with one."""

    channel: Any

    def gotLength(self, length: int | None) -> None:
        """The headers are read; ``length`` of the body is 0 if there is none, None if it is not known."""
        super().gotLength(0)
        if length != 0:
            self.channel.refuse(b"413 Content Too Large", b"")

    def process(self) -> None:
        """Answer, unless that was done."""
        if not self.channel.over:
            super().process()


class WebChannel(HTTPChannel):
    """One HTTP connection, until it becomes a WebSocket; ``admitted`` says whether the gate counts it."""

    site: WebSite
    transport: Any
    requestFactory = WebRequest
    totalHeadersSize = MAX_LENGTH = _HEAD_BYTES
    maxHeaders = _HEADERS
    timeOut = None

    def __init__(self, ip: str) -> None:
        super().__init__()
        self.ip = ip
        self.admitted = False
        self.over = False
        self._upgraded: WebSocketConnection | None = None

    def connectionMade(self) -> None:
        """Ask to be admitted, unless a proxy has yet to say for whom it speaks."""
        super().connectionMade()
        door = self.site.door
        door.open += 1
        door.deadlines.set(self, door.handshake_timeout_s)
        if is_in(self.ip, self.site.proxies):
            return
        refusal = door.gate.admit(self.ip)
        self.admitted = refusal is None
        if refusal is None:
            return
        if isinstance(self.transport, TLSMemoryBIOProtocol):
            self.abort()
        else:
            self.refuse(b"503 Service Unavailable", refusal.encode())

    def refuse(self, status: bytes, text: bytes) -> None:
        """Answer what was not read as a request, and close."""
        self.transport.write(_REFUSAL % (status, len(text), text))
        self.loseConnection()

    def loseConnection(self) -> None:
        """Send what was written, then close; nothing more is read."""
        self.over = True
        self.dataReceived = _ignore  # type: ignore[method-assign]
        super().loseConnection()

    def requestDone(self, request: Any) -> None:
        """A request was answered; the next one has its own time limit."""
        door = self.site.door
        door.deadlines.set(self, door.handshake_timeout_s)
        super().requestDone(request)

    def rawDataReceived(self, data: bytes) -> None:
        """What came behind a request: frames, if that was for a WebSocket."""
        if self._upgraded is not None:
            self._upgraded.dataReceived(data)
        else:
            super().rawDataReceived(data)

    def become(self, connection: WebSocketConnection) -> Any:
        """Give the transport to a WebSocket for good, which writes to it at once; returns the transport."""
        transport = self.transport
        self.site.door.deadlines.clear(self)
        self._upgraded = connection
        transport.unregisterProducer()
        if isinstance(transport, TLSMemoryBIOProtocol):
            transport.wrappedProtocol = cast(Any, connection)
        else:
            transport.protocol = connection
        return transport

    def abort(self) -> None:
        """See ``Deadlines``."""
        self.over = True
        self.dataReceived = _ignore  # type: ignore[method-assign]
        self.transport.abortConnection()

    def hasten(self) -> None:
        """See ``Deadlines``."""
        self.abort()

    def overdue(self) -> None:
        """See ``Deadlines``."""
        self.abort()

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        """The connection is gone, and was no WebSocket."""
        super().connectionLost(reason)
        door = self.site.door
        door.open -= 1
        door.deadlines.clear(self)
        if self.admitted:
            door.gate.abandon(self.ip)


class WebSite(Site):
    """The HTTP side of one listener; ``root`` is its tree of resources."""

    noisy = False
    displayTracebacks = False

    def __init__(
        self, door: ConnectionFactory, settings: WebSocket, reactor: Any, root: IResource | None = None
    ) -> None:
        super().__init__(root or WebSocketResource(), WebRequest, reactor=reactor)
        self.door = door
        self.heartbeat = Heartbeat()
        self._told: set[str] = set()
        self.configure(settings)

    def configure(self, settings: WebSocket) -> None:
        """Take other settings, for new connections."""
        self.settings = settings
        self.proxies: Networks = networks(settings.proxies)
        self.heartbeat.interval_s = settings.ping_interval_s

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Make the connection of a peer; the address may come from a proxy."""
        channel = WebChannel(ip_of(addr))
        channel.factory = channel.site = self
        return channel

    def tick(self) -> None:
        """Once a second."""
        self.heartbeat.tick()

    def startFactory(self) -> None:
        """Keep no log of requests, and therefore no clock for it."""

    def stopFactory(self) -> None:
        """Nothing was started."""

    def log(self, request: object) -> None:
        """Keep no log of requests."""

    def tell(self, origin: str) -> None:
        """Log once for each page that it may not connect; somebody may wonder why."""
        if origin not in self._told and len(self._told) < _ORIGINS_TOLD:
            self._told.add(origin)
            log.warn(
                "{listener}: refused the web page {origin}, which is not in websocket.origins (this is said once)",
                listener=self.door.listener,
                origin=origin,
            )


class WebSocketResource(Resource):
    """Turns a request for a WebSocket into an IRC connection, wherever it stands in a WebSite."""

    isLeaf = True

    def render(self, request: Request) -> bytes | int:
        """Answer a request; raises nothing, whatever is in it."""
        request.setHeader("Server", "chatd")
        if request.method not in (b"GET", b"HEAD"):
            request.setHeader("Allow", "GET")
            return _say(request, 405, "Only GET is answered here")
        channel = cast(WebChannel, request.channel)
        site = channel.site
        origin, host = _header(request, b"Origin"), _header(request, b"Host") or ""
        if request.method == b"HEAD" or _header(request, b"Upgrade") is None:
            return _say(request, 426, "This is an IRC server for WebSocket clients")
        if request.clientproto != b"HTTP/1.1":
            return _say(request, 400, "A WebSocket needs HTTP/1.1")
        if not may_connect(origin, host, site.settings.origins):
            site.tell(ascii(origin)[:200])
            return _say(request, 403, "This web page may not connect here")
        handshake = H11Handshake(ConnectionType.SERVER)
        try:
            asked = _upgrade(handshake, request)
            peer = _peer(channel, request)
        except (ProtocolError, h11.ProtocolError, ValueError) as problem:
            if _header(request, b"Sec-WebSocket-Version") not in (None, "13"):
                request.setHeader("Sec-WebSocket-Version", "13")
                return _say(request, 426, "WebSocket version 13 is spoken here")
            return _say(request, 400, f"Not a request for a WebSocket: {problem}")
        self._accept(channel, handshake, asked, peer)
        return NOT_DONE_YET

    def _accept(self, channel: WebChannel, handshake: H11Handshake, asked: Upgrade, peer: Peer) -> None:
        site = channel.site
        refusal = None if channel.admitted else site.door.gate.admit(peer.ip)
        subprotocol = next((name for name in asked.subprotocols if name in SUBPROTOCOLS), None)
        deflate = Deflate()
        answer = handshake.send(AcceptConnection(subprotocol, [deflate] if site.settings.deflate else []))
        framing = FRAMINGS[subprotocol != "binary.ircv3.net", deflate.enabled()]
        assert handshake.connection is not None
        connection = WebSocketConnection(site.door, peer.ip, handshake.connection, framing, site.heartbeat)
        transport = channel.become(connection)
        transport.write(answer)
        if refusal is None:
            connection.begin(transport, peer)
        else:
            connection.refuse(transport, refusal)


def _upgrade(handshake: H11Handshake, request: Request) -> Upgrade:
    """Put a request before wsproto; raises if it is not a good one for a WebSocket."""
    raw = request.requestHeaders.getAllRawHeaders()
    handshake.initiate_upgrade_connection([(name, value) for name, values in raw for value in values], request.path)
    key = _header(request, b"Sec-WebSocket-Key") or ""
    if len(binascii.a2b_base64(key, strict_mode=True)) != 16:
        raise ValueError("the key has not 16 octets")
    asked = next(handshake.events())
    assert isinstance(asked, Upgrade)
    return asked


def _peer(channel: WebChannel, request: Request) -> Peer:
    """Who connects: as the transport says, or as a trusted proxy does."""
    site = channel.site
    peer = replace(peer_at(channel.transport, channel.ip, site.door.listener), direct=False)
    if not is_in(channel.ip, site.proxies):
        return peer
    header = site.settings.forwarded_header
    values, protos = _values(request, header.encode()), _values(request, b"X-Forwarded-Proto")
    client = client_of(channel.ip, hops_of(header, values, protos), site.proxies)
    if client.who == channel.ip:
        return peer
    # A client is only as safe as both ways together: its own to the proxy, and the proxy's to us.
    secure = client.proto in ("https", "wss") and (peer.secure or ip_address(channel.ip).is_loopback)
    return replace(peer, ip=client.who, secure=secure, certfp=None, cipher=None, bindings={})


def _values(request: Request, name: bytes) -> list[str]:
    return [value.decode("latin-1") for value in request.requestHeaders.getRawHeaders(name) or ()]


def _header(request: Request, name: bytes) -> str | None:
    values = _values(request, name)
    return ", ".join(values) if values else None


def _say(request: Request, code: int, text: str) -> bytes:
    request.setResponseCode(code, b"Upgrade Required" if code == 426 else None)
    if code == 426:
        request.setHeader("Upgrade", "websocket")
        request.setHeader("Connection", "Upgrade")
    request.setHeader("Content-Type", "text/plain; charset=utf-8")
    return f"{text}\n".encode()


