"""TCP and Unix transports that write at once.

Twisted queues every write and waits for the reactor to find the socket ready; when nothing is queued, sending at
once saves two system calls and a turn for each write.  What the socket does not take goes the ordinary, buffered way.
"""

from __future__ import annotations

from typing import Any, cast

from twisted.internet import tcp, unix


class _DirectWrite:
    """Mixed into a Twisted server transport."""

    def write(self: Any, octets: bytes) -> None:
        """Send at once what the socket takes, queue the rest; never raises."""
        if self.dataBuffer or self._tempDataBuffer or self.disconnecting or not self.connected:
            super().write(octets)  # type: ignore[misc]
            return
        try:
            sent = self.socket.send(octets)
        except OSError:
            # Not ready, or broken: the buffered way finds out which, from the reactor and not from in here.
            sent = 0
        if sent < len(octets):
            super().write(octets[sent:])  # type: ignore[misc]


class DirectServer(_DirectWrite, tcp.Server):
    """A TCP connection that writes at once."""


class DirectPort(tcp.Port):
    """A TCP port of such connections."""

    transport = DirectServer


class DirectUnixServer(_DirectWrite, unix.Server):
    """A Unix socket connection that writes at once."""


class DirectUnixPort(unix.Port):
    """A Unix socket of such connections."""

    transport = DirectUnixServer


class DirectReactor:
    """Stands in for the reactor where Twisted parses an endpoint string, so that its ports are ours."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def listenTCP(self, port: int, factory: Any, backlog: int = 50, interface: str = "") -> DirectPort:
        """Listen as the reactor does; a longer queue of connections not yet accepted than Twisted's."""
        listening = DirectPort(port, factory, max(backlog, 1024), interface, self._reactor)
        listening.startListening()
        return listening

    def listenUNIX(
        self, address: str, factory: Any, backlog: int = 50, mode: int = 0o666, wantPID: int = 0
    ) -> DirectUnixPort:
        """Listen as the reactor does."""
        listening = DirectUnixPort(cast(Any, address), factory, max(backlog, 1024), mode, self._reactor, bool(wantPID))
        listening.startListening()
        return listening
