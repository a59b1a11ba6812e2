"""Ports between transports and the server: one connection, seen from either side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a connection, as the transport knows it.

    ``ip`` is the textual address without brackets or zone ("127.0.0.1", "::1"; "" is never used: a
    Unix socket counts as "127.0.0.1").  ``secure`` says that the path is encrypted.  ``certfp`` is the
    SHA-256 of the client's certificate in lower-case hex, ``cipher`` the TLS version and cipher suite
    for WHOIS; both are ``None`` without TLS (``certfp`` also when no certificate was shown).
    ``listener`` is the endpoint description the client came in by.  ``asked_name`` is the name of the server that the
    client connected to, as far as TLS tells ("" otherwise); ``direct`` says that it chose itself how to connect, which
    web pages and those behind a gateway do not.  ``bindings`` are the channel bindings of TLS by name (RFC 5929,
    RFC 9266), none without TLS or where it ends before us.
    """

    ip: str
    secure: bool = False
    certfp: str | None = None
    cipher: str | None = None
    listener: str = ""
    asked_name: str = ""
    direct: bool = True
    bindings: Mapping[str, bytes] = field(default_factory=dict, repr=False)


class Writer(Protocol):
    """The way out of one connection; calls never raise and never block.

    A link may keep ``write`` from ``Gate.connect`` until ``Link.mute``.
    """

    def write(self, octets: bytes) -> None:
        """Send at once what the socket takes, keep the rest and send it when the socket is ready again."""

    def close(self) -> None:
        """Send what was written so far, then close; a peer that does not read is cut off after a bound."""

    def abort(self) -> None:
        """Close at once, dropping what was not sent."""


class Link(Protocol):
    """What a transport holds of the session it feeds."""

    def receive(self, octets: bytes) -> None:
        """Take bytes as they came; any chunking gives the same result."""

    def pause(self) -> None:
        """The socket is full: write no more until ``resume``."""

    def resume(self) -> None:
        """The socket is ready again."""

    def mute(self) -> None:
        """Nothing that is written goes out any more; called when the connection closes."""

    def lost(self, reason: str) -> None:
        """The connection is gone; called exactly once, also after ``Writer.close``."""


class Gate(Protocol):
    """What a listener asks of the server; implemented by ``ChatServer``."""

    def admit(self, ip: str) -> str | None:
        """Say why a connection from ``ip`` is refused (one sentence for ERROR), or None to let it in.

        Called once per accepted socket, before any TLS handshake; every admission is matched by one
        call of ``Link.lost`` or, if the handshake never ended, of ``abandon``.
        """

    def abandon(self, ip: str) -> None:
        """An admitted socket went away before ``connect``."""

    def connect(self, writer: Writer, peer: Peer) -> Link:
        """Begin a session on a connection that is ready for lines."""
