"""Opening every listener of the configuration: plain, TLS, and both behind a proxy."""

from __future__ import annotations

import errno
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.protocols.haproxy import proxyEndpoint
from twisted.protocols.policies import WrappingFactory
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol

from chatd.config import Config, Listen, networks
from chatd.interfaces import Gate
from chatd.net.certificates import Certificates
from chatd.net.connection import ConnectionFactory, peer_ip
from chatd.net.tcp import DirectReactor

_NO_SUCH_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


class ListenError(Exception):
    """A listener cannot be opened; the message says which, and why."""


class TlsFactory(TLSMemoryBIOFactory):
    """TLS without Twisted's small-write aggregation: our writes are joined already, once a turn."""

    protocol = TLSMemoryBIOProtocol


class TrustedOnly(WrappingFactory):
    """Takes connections from some networks only (the proxies); others are closed without a word."""

    noisy = False

    def __init__(self, factory: Any, trusted: Any) -> None:
        super().__init__(factory)
        self._trusted = trusted

    def buildProtocol(self, address: Any) -> Any:
        """None for an address that is not trusted."""
        host = getattr(address, "host", "127.0.0.1")
        peer = ip_address(peer_ip(_Addressed(host)))
        return super().buildProtocol(address) if any(peer in network for network in self._trusted) else None


class _Addressed:
    """An address in the shape ``peer_ip`` asks a transport for."""

    def __init__(self, host: str) -> None:
        self.host = host

    def getPeer(self) -> _Addressed:
        return self


class _TrustedEndpoint:
    """An endpoint whose connections come from some networks only."""

    def __init__(self, endpoint: Any, trusted: Any) -> None:
        self._endpoint = endpoint
        self._trusted = trusted

    def listen(self, factory: Any) -> Any:
        return self._endpoint.listen(TrustedOnly(factory, self._trusted))


class Listeners:
    """Everything that is open.

    ``ports`` are Twisted's; ``lines`` say in words where one can connect.
    """

    def __init__(
        self, reactor: Any, gate: Gate, certificates: Certificates | None, warn: Callable[[str], None]
    ) -> None:
        self._reactor = reactor
        self._gate = gate
        self._certificates = certificates
        self._warn = warn
        self._factories: list[ConnectionFactory] = []
        self.ports: list[tuple[str, bool, Any]] = []

    def open(self, config: Config) -> None:
        """Open every listener; raises ListenError at the first that fails."""
        listen = config.listen
        for texts, secure, proxied in (
            (listen.plain, False, False),
            (listen.tls, True, False),
            (listen.proxied, False, True),
            (listen.proxied_tls, True, True),
        ):
            for text in texts:
                self._open_one(text, secure, proxied, config)

    def _open_one(self, text: str, secure: bool, proxied: bool, config: Config) -> None:
        try:
            port = self._listen(text, secure, proxied, config)
        except CannotListenError as problem:
            code = getattr(problem.socketError, "errno", None)
            by_default = text in (*Listen().plain, *Listen().tls)
            if by_default and code in _NO_SUCH_FAMILY:
                instead = text.replace(":interface=\\:\\:", ":interface=0.0.0.0") if secure else ""
                self._warn(f"no IPv6 on this machine: not listening on {text}")
                if instead:
                    self._open_one(instead, secure, proxied, config)
                return
            why = getattr(problem.socketError, "strerror", None) or str(problem.socketError)
            raise ListenError(f"cannot listen on {text}: {why}") from None
        except (ValueError, TypeError, OSError) as problem:
            raise ListenError(f"cannot listen on {text}: {problem}") from None
        self.ports.append((text, secure, port))

    def _listen(self, text: str, secure: bool, proxied: bool, config: Config) -> IListeningPort:
        endpoint: Any = serverFromString(DirectReactor(self._reactor), text)
        if proxied:
            endpoint = proxyEndpoint(_TrustedEndpoint(endpoint, networks(config.proxy.networks)))  # type: ignore[arg-type]
        factory: Any = ConnectionFactory(self._gate, text, secure, config.tls.handshake_timeout_s)
        self._factories.append(factory)
        if secure:
            assert self._certificates is not None
            factory = TlsFactory(cast(Any, self._certificates), False, factory)
        opened: list[Any] = []
        listening: Deferred[IListeningPort] = endpoint.listen(factory)
        listening.addBoth(opened.append)
        if not opened:
            raise ValueError("the endpoint does not open at once")
        if hasattr(opened[0], "stopListening"):
            port: IListeningPort = opened[0]
            return port
        opened[0].raiseException()
        raise AssertionError

    @property
    def connected(self) -> int:
        """How many connections are open."""
        return sum(factory.connected for factory in self._factories)

    def tick(self) -> None:
        """Once a second: the bounds on handshakes and on last words."""
        for factory in self._factories:
            factory.tick()

    def close(self) -> list[Any]:
        """Stop listening; returns Deferreds."""
        ports, self.ports = self.ports, []
        return [port.stopListening() for _, _, port in ports]
