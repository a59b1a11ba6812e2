"""TCP and Unix transports that write at once.

Twisted queues every write and waits for the reactor to find the socket ready; when nothing is queued, sending at
once saves two system calls and a turn for each write.  What the socket does not take goes the ordinary, buffered way.
"""

from __future__ import annotations

import fcntl
import os
import socket
import termios
from collections.abc import Callable, Iterable
from typing import Any, cast

from twisted.internet import tcp, unix
from twisted.internet.error import ConnectionLost
from twisted.internet.main import CONNECTION_DONE
from twisted.python.failure import Failure

from chatd.net.turn import Turn
from chatd.reports import reporter

log = reporter(__name__)

BACKLOG = 1024
"""Connections that may wait to be accepted; the kernel has its own limit besides."""

_KEEPALIVE = (("TCP_KEEPIDLE", 120), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4))
"""A silent peer is probed after two minutes, and given up after four; there are people whom nobody pings."""


_BUFFER = bytearray(65_536)
"""What every socket is read into: memory made for each read anew would be cold."""
_READ = memoryview(_BUFFER)


class SocketLost(ConnectionLost):
    """The socket failed; the first argument is the operating system's reason."""


def _nothing(octets: bytes) -> int:
    """Stands in for a socket's ``send`` while nothing is to be sent at once."""
    return 0


class Direct:
    """Mixed into a Twisted server transport: shorter ways in and out.

    ``_send`` is the socket's, while nothing is queued and the connection is whole; else all goes Twisted's own way.
    Slots, since Twisted's transports have more attributes than an instance holds without a slow dictionary.
    """

    __slots__ = ("_send",)
    _send: Callable[[bytes], int]

    def write(self: Any, octets: bytes) -> None:
        """Send at once what the socket takes, queue the rest; never raises."""
        try:
            sent = self._send(octets)
        except OSError:
            # Not ready, or broken: the buffered way finds out which, from the reactor and not from in here.
            sent = 0
        if sent != len(octets):
            self._send = _nothing
            super().write(octets[sent:])  # type: ignore[misc]

    def startReading(self: Any) -> None:
        """Be read in turn with all the others of this server."""
        self.server.turn.add(self)

    def stopReading(self: Any) -> None:
        """Be read no more for now."""
        self.server.turn.remove(self)

    def writeSequence(self: Any, pieces: Iterable[bytes]) -> None:
        """Send pieces as one write: queued by Twisted's own way, they would come after what is sent at once."""
        self.write(b"".join(pieces))

    def has_arrived(self: Any) -> bool:
        """Say whether the peer's system has acknowledged everything written; where that is unknown, it has not."""
        if self.dataBuffer or self._tempDataBuffer:
            return False
        try:
            waiting = fcntl.ioctl(self.socket.fileno(), termios.TIOCOUTQ, bytes(4))
        except OSError:
            return False
        return not any(waiting)

    def doWrite(self: Any) -> Any:
        """Send what is queued; once nothing is, writes are direct again."""
        result = super().doWrite()  # type: ignore[misc]
        whole = self.connected and not self.disconnecting and not self._writeDisconnecting
        if whole and result is None and not self.dataBuffer and not self._tempDataBuffer:
            self._send = self.socket.send
        return result

    def connectionLost(self: Any, reason: Any) -> None:
        """Nothing more is sent; what came in before it broke is heard, if the reactor finds out first, in writing."""
        self._send = _nothing
        if reason.check(ConnectionLost) and self.server.turn.remove(self):
            try:
                self.doRead()
            except Exception:
                log.failure("reading from a connection failed")
        super().connectionLost(reason)  # type: ignore[misc]

    def loseConnection(self: Any, *args: Any) -> None:
        """Nothing more is sent but what is queued."""
        self._send = _nothing
        super().loseConnection(*args)  # type: ignore[misc]

    def loseWriteConnection(self: Any) -> None:
        """Nothing more is sent but what is queued."""
        self._send = _nothing
        super().loseWriteConnection()  # type: ignore[misc]

    def abortConnection(self: Any) -> None:
        """Nothing more is sent."""
        self._send = _nothing
        super().abortConnection()  # type: ignore[misc]

    def doRead(self: Any) -> Exception | None:
        """Hand on what the socket has; returns why the connection is over, or None."""
        try:
            count = self.socket.recv_into(_BUFFER)
        except BlockingIOError:
            return None
        except OSError as problem:
            return SocketLost(os.strerror(problem.errno or 0))
        if not count:
            return CONNECTION_DONE
        self.protocol.dataReceived(bytes(_READ[:count]))
        return None


class DirectServer(Direct, tcp.Server):  # type: ignore[misc]
    """A TCP connection that writes at once."""

    def __init__(self, sock: socket.socket, *args: Any) -> None:
        self._send = sock.send
        super().__init__(sock, *args)


class DirectUnixServer(Direct, unix.Server):  # type: ignore[misc]
    """A Unix socket connection that writes at once; passes no file descriptors."""

    def __init__(self, sock: socket.socket, *args: Any) -> None:
        self._send = sock.send
        super().__init__(sock, *args)


def prepare(listening: socket.socket) -> None:
    """Set what accepted connections inherit: no delay for small writes, and probes of silent peers."""
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, setting in _KEEPALIVE:
        if hasattr(socket, option):
            listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), setting)


class DirectPort(tcp.Port):
    """A TCP port of connections that write at once."""

    transport = DirectServer  # type: ignore[assignment]
    turn: Turn

    def createInternetSocket(self) -> socket.socket:
        """Make the socket to listen on; one for all of IPv6 takes IPv4 too, whatever the system's default."""
        made: socket.socket = super().createInternetSocket()
        if self.interface == "::":
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        prepare(made)
        return made


class DirectUnixPort(unix.Port):
    """A Unix socket of connections that write at once."""

    transport = DirectUnixServer
    turn: Turn


def stop_at_once(port: Any) -> None:
    """Close a port, so that its address is free when this returns; Twisted's way takes another turn of the reactor.

    Ports that are not Twisted's own are closed in their own time.
    """
    if not isinstance(port, tcp.Port):
        port.stopListening()
        return
    reason = Failure(CONNECTION_DONE)
    try:
        port.connectionLost(reason)
    except FileNotFoundError:  # somebody has removed the file of the Unix socket
        tcp.Port.connectionLost(port, reason)


class DirectReactor:
    """Stands in for the reactor where Twisted parses an endpoint string, so that its ports are ours."""

    def __init__(self, reactor: Any, turn: Turn | None = None) -> None:
        self._reactor = reactor
        self._turn = turn or Turn(reactor)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def listenTCP(self, port: int, factory: Any, backlog: int = BACKLOG, interface: str = "") -> DirectPort:
        """Listen as the reactor does; endpoints ask for fewer waiting connections than we want."""
        listening = DirectPort(port, factory, max(backlog, BACKLOG), interface, self._reactor)
        listening.turn = self._turn
        listening.startListening()
        return listening

    def listenUNIX(
        self, address: str, factory: Any, backlog: int = BACKLOG, mode: int = 0o666, wantPID: bool = False
    ) -> DirectUnixPort:
        """Listen as the reactor does."""
        path = cast(Any, address)
        listening = DirectUnixPort(path, factory, max(backlog, BACKLOG), mode, self._reactor, wantPID)
        listening.turn = self._turn
        listening.startListening()
        return listening

    def adoptStreamPort(self, fileDescriptor: int, addressFamily: int, factory: Any) -> Any:
        """Listen on a socket that somebody opened for us (systemd)."""
        listening = self._reactor.adoptStreamPort(fileDescriptor, addressFamily, factory)
        listening.turn = self._turn
        if addressFamily == socket.AF_UNIX:
            listening.transport = DirectUnixServer
        else:
            listening.transport = DirectServer
            prepare(listening.socket)
        return listening
