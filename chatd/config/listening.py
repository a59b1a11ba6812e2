"""Settings about where the server listens, and what is spoken there: TLS, proxies in front, WebSocket."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatd.config import checks
from chatd.config.section import Seconds, Section


class Listen(Section, frozen=True, kw_only=True):
    """Where the server listens, as Twisted endpoint strings ("tcp:6667", "unix:/run/chatd.sock").

    A colon inside an address is written with two backslashes before it.
    """

    plain: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="Without encryption; by default for this machine only."),
    ] = ("tcp:6667:interface=127.0.0.1", "tcp:6667:interface=\\:\\:1")
    tls: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="With TLS; a socket on all IPv6 addresses (::) takes IPv4 too."),
    ] = ("tcp:6697:interface=\\:\\:",)
    proxied: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="Without encryption, behind a proxy that sends a PROXY v1 or v2 header first."),
    ] = ()
    proxied_tls: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="With TLS, behind a proxy that sends a PROXY v1 or v2 header first, then TLS."),
    ] = ()
    websocket: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="HTTP for WebSocket clients (ws:), without encryption: for a reverse proxy."),
    ] = ()
    websocket_tls: Annotated[
        tuple[checks.Endpoint, ...], Meta(description="HTTP for WebSocket clients, with TLS (wss:).")
    ] = ()
    proxied_websocket: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="As websocket, behind a proxy that sends a PROXY v1 or v2 header first."),
    ] = ()
    proxied_websocket_tls: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="As websocket_tls, behind a proxy that sends a PROXY v1 or v2 header first, then TLS."),
    ] = ()

    @property
    def need_certificate(self) -> bool:
        """Whether any of them speaks TLS."""
        return bool(self.tls or self.proxied_tls or self.websocket_tls or self.proxied_websocket_tls)


class Certificate(Section, frozen=True, kw_only=True):
    """One more certificate, shown to clients that ask for one of the names in it (SNI)."""

    certificate: Annotated[
        checks.RequiredPath,
        Meta(description="PEM file with the certificate.", examples=["irc.example.org.crt"]),
    ]
    key: Annotated[
        checks.RequiredPath,
        Meta(description="PEM file with its private key.", examples=["irc.example.org.key"]),
    ]
    chain: Annotated[
        checks.Path,
        Meta(description="PEM file with the intermediate certificates, if the certificate file lacks them."),
    ] = ""


class Tls(Section, frozen=True, kw_only=True):
    """Certificates and rules for encrypted connections; REHASH and SIGHUP read the files again."""

    certificate: Annotated[
        checks.Path,
        Meta(description="PEM file with the certificate; empty: one is made at first start, self-signed."),
    ] = ""
    key: Annotated[checks.Path, Meta(description="PEM file with its private key.")] = ""
    chain: Annotated[
        checks.Path,
        Meta(description="PEM file with the intermediate certificates, if the certificate file lacks them."),
    ] = ""
    minimum: Annotated[Literal["1.2", "1.3"], Meta(description="Oldest version of TLS to accept.")] = "1.2"
    ciphers: Annotated[
        checks.CipherList,
        Meta(description="OpenSSL cipher list for TLS 1.2; empty: Twisted's choice."),
    ] = ""
    handshake_timeout_s: Annotated[
        Seconds,
        Meta(description="Time for the PROXY header, for TLS and for the request of a WebSocket; 0: no limit."),
    ] = 20
    sni: tuple[Certificate, ...] = ()


class Proxy(Section, frozen=True, kw_only=True):
    """Proxies in front of those listeners whose names begin with "proxied"."""

    networks: Annotated[
        tuple[checks.Network, ...],
        Meta(description="Addresses and networks of the proxies; all others are refused on these listeners."),
    ] = ()


class WebSocket(Section, frozen=True, kw_only=True):
    """Clients that come over WebSocket, by the listeners named so; REHASH and SIGHUP change this for new ones."""

    origins: Annotated[
        tuple[checks.Origin, ...],
        Meta(
            description="Web pages that may connect besides those of the very host and port they connect to: "
            '"https://chat.example.org", "https://*.example.org", "*" for all. Others than browsers always may.'
        ),
    ] = ()
    proxies: Annotated[
        tuple[checks.Network, ...],
        Meta(
            description="Addresses and networks of HTTP reverse proxies that are believed when they say for whom "
            'they speak. A Unix socket counts as "127.0.0.1".'
        ),
    ] = ()
    forwarded_header: Annotated[
        Literal["X-Forwarded-For", "Forwarded"],
        Meta(
            description="The header in which they say it; it must be one that they set, or anybody could set it. "
            "With X-Forwarded-For goes X-Forwarded-Proto."
        ),
    ] = "X-Forwarded-For"
    deflate: Annotated[
        bool, Meta(description="Whether long lines are compressed for clients that can take it.")
    ] = True
    ping_interval_s: Annotated[
        Seconds,
        Meta(
            description="Time between two WebSocket pings, which also keep reverse proxies from closing a silent "
            "connection; who says nothing from one to the next is gone. 0: none."
        ),
    ] = 50
