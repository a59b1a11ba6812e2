"""The PROXY protocol, versions 1 and 2: who is really at the other end, said by a trusted proxy before anything else.

Twisted has this protocol too, but its wrapper gives up when the header comes in pieces, passes addresses on
unchecked, begins the session before it knows whose it is, and stays between socket and session for good.
Specification: doc/proxy-protocol.txt of HAProxy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from twisted.internet import address as twisted_address
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from chatd.net.connection import ip_of
from chatd.net.deadlines import Deadlines
from chatd.reports import reporter

log = reporter(__name__)

V1_LIMIT = 107
"""Bytes of the longest version 1 header, CR LF included."""
V2_LIMIT = 4096
"""Bytes that may follow the first 16 of a version 2 header; addresses and extensions stay far below."""

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_LOCAL, _PROXY = 0x20, 0x21
_TCP4, _TCP6 = 0x11, 0x21
_FAMILIES = {0x00: 0, _TCP4: 12, 0x12: 12, _TCP6: 36, 0x22: 36, 0x31: 216, 0x32: 216}
"""Every valid family and transport, with the length of its addresses."""


class ProxyHeaderError(Exception):
    """What came is not a PROXY header."""


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """``length`` bytes of header; ``source`` is the client, None if the proxy speaks for itself or does not know."""

    length: int
    source: tuple[str, int] | None


def read_header(octets: bytes) -> ProxyHeader | None:
    """Read the header at the start of what has come so far; None while it is not whole.  Raises ProxyHeaderError."""
    if _begins(octets, _SIGNATURE):
        return _read_v2(octets)
    if _begins(octets, b"PROXY "):
        return _read_v1(octets)
    raise ProxyHeaderError("neither version 1 nor version 2")


def _begins(octets: bytes, with_what: bytes) -> bool:
    return octets.startswith(with_what) or with_what.startswith(octets)


def _read_v1(octets: bytes) -> ProxyHeader | None:
    end = octets.find(b"\r\n", 0, V1_LIMIT)
    if end < 0:
        if len(octets) >= V1_LIMIT:
            raise ProxyHeaderError("version 1 header without an end")
        return None
    match octets[:end].split(b" "):
        case [_, b"UNKNOWN", *_]:
            return ProxyHeader(end + 2, None)
        case [_, b"TCP4" | b"TCP6" as family, source, destination, source_port, destination_port]:
            kind = IPv4Address if family == b"TCP4" else IPv6Address
            _address(kind, destination)
            _port(destination_port)
            return ProxyHeader(end + 2, (_address(kind, source), _port(source_port)))
    raise ProxyHeaderError("version 1 header with unknown words")


def _address(kind: type[IPv4Address | IPv6Address], text: bytes) -> str:
    try:
        found = kind(text.decode("ascii"))
    except ValueError:
        raise ProxyHeaderError("not an address") from None
    if isinstance(found, IPv4Address):
        return str(found)
    if found.scope_id is not None:
        raise ProxyHeaderError("an address with a zone")
    return str(found.ipv4_mapped or found)


def _port(text: bytes) -> int:
    if text.isdigit() and len(text) <= 5 and int(text) <= 65535:
        return int(text)
    raise ProxyHeaderError("not a port")


def _read_v2(octets: bytes) -> ProxyHeader | None:
    if len(octets) < 16:
        return None
    command, family, length = octets[12], octets[13], int.from_bytes(octets[14:16])
    if command not in (_LOCAL, _PROXY) or length > V2_LIMIT:
        raise ProxyHeaderError("version 2 header with an unknown command, or too long")
    if command == _PROXY and length < _FAMILIES.get(family, V2_LIMIT + 1):
        raise ProxyHeaderError("version 2 header with an unknown family, or too short for it")
    if len(octets) < 16 + length:
        return None
    source = None
    if command == _PROXY and family == _TCP4:
        source = str(IPv4Address(octets[16:20])), int.from_bytes(octets[24:26])
    elif command == _PROXY and family == _TCP6:
        there = IPv6Address(octets[16:32])
        source = str(there.ipv4_mapped or there), int.from_bytes(octets[48:50])
    # The other families are valid, but say nothing that we could use: then the proxy's own address counts.
    return ProxyHeader(16 + length, source)


class Preface(Protocol):
    """A connection of which only the PROXY header is awaited; then the real protocol takes its place."""

    factory: PrefaceFactory
    transport: Any

    def __init__(self, address: IAddress | None) -> None:
        self._address = address
        self._octets = b""
        self._over = False

    def connectionMade(self) -> None:
        """Wait no longer than for a TLS handshake."""
        self.factory.deadlines.set(self, self.factory.timeout_s)

    def dataReceived(self, octets: bytes) -> None:
        """Collect the header; once it is whole, whatever follows it is for the real protocol."""
        if self._over:
            return
        self._octets += octets
        try:
            header = read_header(self._octets)
        except ProxyHeaderError:
            self.abort()
            return
        if header is None:
            return
        self.factory.deadlines.clear(self)
        protocol: Any = self.factory.wrapped.buildProtocol(self._address_by(header))
        # No wrapper stays behind: the socket now feeds the real protocol, which writes to it at once.
        self.transport.protocol = protocol
        protocol.makeConnection(self.transport)
        if rest := self._octets[header.length :]:
            protocol.dataReceived(rest)

    def _address_by(self, header: ProxyHeader) -> Any:
        if header.source is None:
            return self._address
        host, port = header.source
        kind = twisted_address.IPv6Address if ":" in host else twisted_address.IPv4Address
        return kind("TCP", host, port)

    def abort(self) -> None:
        """Close at once: this is no proxy of ours, or it is too slow."""
        self._over = True
        self.transport.abortConnection()

    def overdue(self) -> None:
        """See ``Deadlines``."""
        self.abort()

    def hasten(self) -> None:
        """See ``Deadlines``."""
        self.abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection went away before its header was whole."""
        self.factory.deadlines.clear(self)


class PrefaceFactory(Factory):
    """Puts a PROXY header before the protocols of ``wrapped``; takes connections from ``trusted`` networks only."""

    noisy = False

    def __init__(
        self,
        wrapped: Factory[Any],
        listener: str,
        trusted: Sequence[IPv4Network | IPv6Network],
        deadlines: Deadlines,
        timeout_s: float,
    ) -> None:
        self.wrapped = wrapped
        self.deadlines = deadlines
        self.timeout_s = timeout_s
        self._listener = listener
        self.trusted = trusted
        self._told = False

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Make the preface of a connection; None, which closes it, if its peer is not one of the proxies."""
        peer = ip_address(ip_of(addr))
        if any(peer in network for network in self.trusted):
            preface = Preface(addr)
            preface.factory = self
            return preface
        if not self._told:
            self._told = True
            log.warn(
                "{listener}: refused {ip}, which is not in proxy.networks (this is said once)",
                listener=self._listener,
                ip=str(peer),
            )
        return None
