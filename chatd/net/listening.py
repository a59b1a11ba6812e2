"""Opening every listener of the configuration: plain, TLS, WebSocket with and without TLS, and all behind a proxy;
opening and closing some when the configuration is read again.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.python.failure import Failure

from chatd.config import Config, Listen, networks
from chatd.interfaces import Gate
from chatd.net.certificates import Certificates
from chatd.net.connection import ConnectionFactory
from chatd.net.deadlines import Deadlines
from chatd.net.proxy import PrefaceFactory
from chatd.net.tcp import DirectReactor, stop_at_once
from chatd.net.tls import TlsFactory

if TYPE_CHECKING:
    from chatd.net.web import WebSite

_NO_SUCH_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, socket.EAI_ADDRFAMILY, socket.EAI_FAMILY)


class ListenError(Exception):
    """A listener cannot be opened; the message says which, and why."""


class Sort(NamedTuple):
    """What is spoken on a listener: TLS or not, HTTP (for WebSockets) or IRC, a PROXY header before it or not."""

    secure: bool = False
    web: bool = False
    proxied: bool = False


class Opened(NamedTuple):
    """A listener that is open: its endpoint string, its sort, and Twisted's port."""

    text: str
    sort: Sort
    port: Any


class Listeners:
    """Everything that is open.

    ``certificates`` may be None as long as there are no TLS listeners.
    """

    def __init__(
        self, reactor: Any, gate: Gate, certificates: Certificates | None, warn: Callable[[str], None]
    ) -> None:
        """``warn`` is told what is not fatal."""
        self._reactor = reactor if isinstance(reactor, DirectReactor) else DirectReactor(reactor)
        self._gate = gate
        self.certificates = certificates
        self._warn = warn
        self._deadlines = Deadlines()
        # By the endpoint string in the configuration; None for one that this machine does without.
        self._open: dict[tuple[str, Sort], Opened | None] = {}
        # Those of listeners that were closed are kept: their connections are still up.
        self._factories: list[ConnectionFactory] = []
        self._sites: list[WebSite] = []
        self._prefaces: list[PrefaceFactory] = []

    @property
    def ports(self) -> list[Opened]:
        """What is open."""
        return [opened for opened in self._open.values() if opened is not None]

    def open(self, config: Config) -> None:
        """Open every listener; raises ListenError at the first that fails."""
        for text, sort in _wanted(config):
            self._open[text, sort] = self._open_one(text, sort, config)

    def configure(self, config: Config) -> tuple[list[str], list[str]]:
        """Take another configuration: close what is no longer in it, open what is new in it.

        Returns lines about what was done, and about what could not be done.  Connections that are up stay.
        """
        self._set_up(config)
        wanted = _wanted(config)
        done, troubles = [], []
        for key in [key for key in self._open if key not in wanted]:
            opened = self._open.pop(key)
            if opened is not None:
                stop_at_once(opened.port)
                done.append(f"no longer listening on {opened.text}")
        for key in wanted:
            if key not in self._open:
                try:
                    opened = self._open[key] = self._open_one(*key, config)
                except ListenError as problem:
                    troubles.append(str(problem))
                else:
                    done += [f"listening on {opened.text}"] if opened is not None else []
        return done, troubles

    def _set_up(self, config: Config) -> None:
        """Let new connections of every listener have the present settings."""
        for factory in self._factories:
            factory.handshake_timeout_s = config.tls.handshake_timeout_s
        for site in self._sites:
            site.configure(config.websocket)
        for preface in self._prefaces:
            preface.trusted = networks(config.proxy.networks)
            preface.timeout_s = config.tls.handshake_timeout_s

    def _open_one(self, text: str, sort: Sort, config: Config) -> Opened | None:
        try:
            port = self._listen(text, sort, config)
        except CannotListenError as problem:
            if getattr(problem.socketError, "errno", None) in _NO_SUCH_FAMILY and text in _defaults():
                return self._without_family(text, sort, config)
            why = getattr(problem.socketError, "strerror", None) or problem.socketError
            raise ListenError(f"cannot listen on {text}: {why}") from None
        except Exception as problem:  # whatever a parser of endpoint strings, or a plugin, thinks fit
            raise ListenError(f"cannot listen on {text}: not a usable endpoint ({problem})") from None
        return Opened(text, sort, port)

    def _without_family(self, text: str, sort: Sort, config: Config) -> Opened | None:
        """Do without a default listener for IPv6 on a machine without it; one for all addresses has all of IPv4."""
        instead = text.replace(":interface=\\:\\:", ":interface=0.0.0.0")
        if text.endswith("\\:\\:"):
            self._warn(f"no IPv6 on this machine: listening on {instead} instead of {text}")
            return self._open_one(instead, sort, config)
        self._warn(f"no IPv6 on this machine: not listening on {text}")
        return None

    def _listen(self, text: str, sort: Sort, config: Config) -> Any:
        endpoint = serverFromString(cast(Any, self._reactor), text)
        timeout_s = config.tls.handshake_timeout_s
        innermost = ConnectionFactory(self._gate, text, self._deadlines, timeout_s)
        factory: Any = innermost
        site = None
        if sort.web:
            from chatd.net.web import WebSite  # takes long to import, and most servers have none

            factory = site = WebSite(innermost, config.websocket, self._reactor)
        if sort.secure:
            assert self.certificates is not None
            factory = TlsFactory(cast(Any, self.certificates), False, factory, cast(Any, self._reactor))
        preface = None
        if sort.proxied:
            factory = preface = PrefaceFactory(
                factory, text, networks(config.proxy.networks), self._deadlines, timeout_s
            )  # fmt: skip
        opened: list[Any] = []
        endpoint.listen(factory).addBoth(opened.append)
        if not opened:
            raise ValueError("it does not open at once")
        if isinstance(opened[0], Failure):
            opened[0].raiseException()
        self._factories.append(innermost)
        if site is not None:
            self._sites.append(site)
        if preface is not None:
            self._prefaces.append(preface)
        return opened[0]

    @property
    def connected(self) -> int:
        """How many connections are open."""
        return sum(factory.open for factory in self._factories)

    def tick(self) -> None:
        """Once a second: the time limits of handshakes, PROXY headers and last words, and pings of WebSockets."""
        self._deadlines.tick()
        for site in self._sites:
            site.tick()

    def close(self) -> list[Any]:
        """Stop listening, and let no closing connection wait for its peer from now on; returns Deferreds."""
        ports = self.ports
        self._open.clear()
        for factory in self._factories:
            factory.in_haste = True
        self._deadlines.hasten()
        return [port.stopListening() for _, _, port in ports]


def _wanted(config: Config) -> list[tuple[str, Sort]]:
    listen = config.listen
    sorts = (
        (listen.plain, Sort()),
        (listen.tls, Sort(secure=True)),
        (listen.proxied, Sort(proxied=True)),
        (listen.proxied_tls, Sort(secure=True, proxied=True)),
        (listen.websocket, Sort(web=True)),
        (listen.websocket_tls, Sort(secure=True, web=True)),
        (listen.proxied_websocket, Sort(web=True, proxied=True)),
        (listen.proxied_websocket_tls, Sort(secure=True, web=True, proxied=True)),
    )
    return [(text, sort) for texts, sort in sorts for text in texts]


def _defaults() -> tuple[str, ...]:
    default = Listen()
    return (*default.plain, *default.tls)
