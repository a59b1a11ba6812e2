"""What the network tests put at both ends: a gate and links that write down what they are told, and sockets.

A test that waits for something goes on in a turn of its own, never inside the call that it waited for.
"""

from __future__ import annotations

import socket
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredQueue

from chatd.interfaces import Peer, Writer

LOCAL = "tcp:0:interface=127.0.0.1"


class Notebook:
    """A Link that writes down what it is told."""

    def __init__(self, writer: Writer, peer: Peer) -> None:
        self.writer = writer
        self.peer = peer
        self.received = b""
        self.paused = False
        self.muted = False
        self.turns: list[str] = []
        self.reasons: list[str] = []
        self._waiting: list[tuple[int, Deferred[bytes]]] = []
        self._resumed: list[Deferred[None]] = []
        self._gone: list[Deferred[str]] = []

    def receive(self, octets: bytes) -> None:
        self.received += octets
        for wanted, waiting in list(self._waiting):
            if len(self.received) >= wanted:
                self._waiting.remove((wanted, waiting))
                reactor.callLater(0, waiting.callback, self.received)

    def pause(self) -> None:
        self.turns.append("pause")
        self.paused = True

    def mute(self) -> None:
        self.muted = True

    def resume(self) -> None:
        self.turns.append("resume")
        self.paused = False
        for waiting in self._resumed:
            reactor.callLater(0, waiting.callback, None)
        self._resumed.clear()

    def lost(self, reason: str) -> None:
        self.reasons.append(reason)
        for waiting in self._gone:
            reactor.callLater(0, waiting.callback, reason)
        self._gone.clear()

    def heard(self, count: int) -> Deferred[bytes]:
        """Everything received, as soon as it is at least so many bytes."""
        waiting: Deferred[bytes] = Deferred()
        self._waiting.append((count, waiting))
        self.receive(b"")
        return waiting

    def resumed(self) -> Deferred[None]:
        waiting: Deferred[None] = Deferred()
        self._resumed.append(waiting)
        return waiting

    def gone(self) -> Deferred[str]:
        """The reason, when the connection is lost."""
        waiting: Deferred[str] = Deferred()
        if self.reasons:
            waiting.callback(self.reasons[-1])
        else:
            self._gone.append(waiting)
        return waiting


class Doorkeeper:
    """A Gate that writes down who came; ``refusal`` is its answer to everybody."""

    def __init__(self, refusal: str | None = None) -> None:
        self.refusal = refusal
        self.asked: list[str] = []
        self.abandoned: list[str] = []
        self.links: list[Notebook] = []
        self.arrivals: DeferredQueue[Notebook] = DeferredQueue()
        self.retreats: DeferredQueue[str] = DeferredQueue()

    def admit(self, ip: str) -> str | None:
        self.asked.append(ip)
        return self.refusal

    def abandon(self, ip: str) -> None:
        self.abandoned.append(ip)
        reactor.callLater(0, self.retreats.put, ip)

    def connect(self, writer: Writer, peer: Peer) -> Notebook:
        link = Notebook(writer, peer)
        self.links.append(link)
        reactor.callLater(0, self.arrivals.put, link)
        return link


def dial(port: int) -> socket.socket:
    """Connect to a port of this machine; on loopback the kernel answers at once, so this may block a test."""
    return socket.create_connection(("127.0.0.1", port), 20)


def tighten(link: Notebook) -> None:
    """Let the system hold little of what we send, so that a peer that does not read is noticed soon."""
    transport = link.writer.transport
    getattr(transport, "transport", transport).socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)


def read_all(client: socket.socket) -> bytes:
    """Read to the end of the connection; a reset counts as an end."""
    octets = b""
    try:
        while piece := client.recv(65536):
            octets += piece
    except ConnectionResetError:
        pass
    return octets


def read_exactly(client: socket.socket, count: int) -> bytes:
    """Read so many bytes, fewer at the end of the connection."""
    pieces: list[bytes] = []
    while count and (piece := client.recv(min(count, 65536))):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def unix_dial(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(20)
    client.connect(str(path))
    return client
