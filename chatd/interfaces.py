"""Every port of the server in one file: what the core asks of the world, and what the world may ask of the core.

Implementations live at the edge (net, history, ...) and are handed in by tap; tests hand in their own.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    web pages and those behind a gateway do not.
    """

    ip: str
    secure: bool = False
    certfp: str | None = None
    cipher: str | None = None
    listener: str = ""
    asked_name: str = ""
    direct: bool = True


@dataclass(frozen=True, slots=True)
class KeptBan:
    """One ban from the server as it is written down.

    ``kind`` is "K" (``mask`` is user@host) or "D" (an address or network); ``by`` is the source of who set it.
    ``expires_ms`` is 0 for ever.
    """

    kind: str
    mask: str
    reason: str
    by: str
    set_ms: int
    expires_ms: int


class ServerBanStore(Protocol):
    """Where bans from the server survive a restart."""

    def load(self) -> list[KeptBan]:
        """Read them, once, before the server starts; raises OSError or ValueError."""

    def save(self, bans: list[KeptBan]) -> None:
        """Write all of them, in place of what was there; called in a thread, one call at a time.  Raises OSError."""


class Writer(Protocol):
    """The way out of one connection; calls never raise and never block."""

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


class History(Protocol):
    """The log of everything said, one log per channel and per conversation.

    A log is named by the folded channel name (``"#chat"``) or by two folded nicknames, sorted and joined
    by one space (``"alice bob"``).
    """

    def newest_ms(self) -> int:
        """Give a moment that no line is later than, -1 for none; asked at start, so that ids never go back."""

    def append(self, log: str, moment_ms: int, line: bytes) -> None:
        """Queue one encoded line (ending in CR LF) that happened at ``moment_ms``; no I/O happens here."""

    def flush(self) -> None:
        """Hand everything queued to the operating system; called before the same lines go to clients.

        Never raises: a failing disk is reported, what could not be written is kept (bounded) and tried again.
        """

    def tick(self, now_ms: int) -> None:
        """Once a second: rotation by day, retries, and the background work that is due."""

    def close(self) -> None:
        """Flush, sync and close everything."""
