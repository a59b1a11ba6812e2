"""One IRC connection inside a WebSocket: messages in, frames out, the closing handshake, pings.

Takes over a transport whose HTTP request was accepted (chatd.net.web); a Connection in everything else.  See RFC 6455;
IRCv3, "WebSocket".
"""

from __future__ import annotations

import re
from typing import Any

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from wsproto.connection import Connection as WebSocket
from wsproto.connection import ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import CloseReason

from chatd.interfaces import Peer
from chatd.net.connection import CLOSE_TIMEOUT_S, Connection, ConnectionFactory
from chatd.net.frames import MESSAGE_BYTES, Framing

_FAULTS: dict[int, str] = {
    CloseReason.INVALID_FRAME_PAYLOAD_DATA: "Invalid UTF-8 or compression",
    CloseReason.MESSAGE_TOO_BIG: "Message too big",
}
_LINE_END = re.compile(rb"[\r\n]")


def line_of(message: bytes) -> bytes:
    """The line in a message, with its CR LF; what stands after an end of line in it is no line of ours.

    (It may have been pasted into a web page, and must not become a command.)
    """
    if b"\n" in message or b"\r" in message:
        message = _LINE_END.split(message, 1)[0]
    if b"\xff" in message:
        # There is no telnet here: this is an octet that is not UTF-8, and is answered as all of those are.
        message = message.replace(b"\xff", b"\xfe")
    return message + b"\r\n"


class Heartbeat:
    """Pings all open WebSockets of a listener together, and aborts those that were silent since the last time."""

    def __init__(self) -> None:
        self.interval_s: float = 0
        self.connections: set[WebSocketConnection] = set()
        self._ticks = 0

    def tick(self) -> None:
        """A second has passed."""
        self._ticks += 1
        if self.interval_s and self._ticks >= self.interval_s:
            self._ticks = 0
            for connection in list(self.connections):
                connection.beat()


class WebSocketConnection(Connection):
    """One connection; from ``Gate.connect`` on it is the session's Writer."""

    def __init__(
        self, door: ConnectionFactory, ip: str, socket: WebSocket, framing: Framing, heartbeat: Heartbeat
    ) -> None:
        self.factory = door
        self.ip = ip
        self._socket = socket
        self._framing = framing
        self._heartbeat = heartbeat
        self._pieces: list[bytes] = []
        self._message_bytes = 0
        self._full = False
        self._heard = True
        self._ping: Ping | None = None

    def connectionMade(self) -> None:
        """Nothing yet: the request was accepted long ago."""
        self.transport.registerProducer(self, True)

    def begin(self, transport: Any, peer: Peer) -> None:
        """Begin a session; the connection is admitted already, and counted as open."""
        self._admitted = True
        self.makeConnection(transport)
        self._heartbeat.connections.add(self)
        self.link = self.factory.gate.connect(self, peer)

    def refuse(self, transport: Any, refusal: str) -> None:
        """Say why there will be no session: a page is not shown the answer to its request, but it is shown lines."""
        self.makeConnection(transport)
        self.write(f"ERROR :{refusal}\r\n".encode())
        self.close()

    # --- coming in -----------------------------------------------------------------------------------------

    def dataReceived(self, octets: bytes) -> None:
        """Read frames; hand on the lines of all messages that they complete in one call."""
        self._heard = True
        self._socket.receive_data(octets)
        lines: list[bytes] = []
        ending: CloseConnection | None = None
        for event in self._socket.events():
            if isinstance(event, TextMessage | BytesMessage):
                if not self._collect(event, lines):
                    ending = CloseConnection(CloseReason.MESSAGE_TOO_BIG)
                    break
            elif isinstance(event, Ping):
                self._ping = event
            elif isinstance(event, CloseConnection):
                ending = event
        if lines and self.link is not None:
            self.link.receive(b"".join(lines))
        if self._ping is not None and not self._full:
            self._pong()
        if ending is not None and not self._closing:
            self._be_closed(ending)

    def _collect(self, event: TextMessage | BytesMessage, lines: list[bytes]) -> bool:
        """Add a piece of a message to what is there, its line to ``lines`` at its end; False if it grows too long."""
        piece = event.data.encode() if isinstance(event, TextMessage) else bytes(event.data)
        self._message_bytes += len(piece)
        if self._message_bytes > MESSAGE_BYTES:
            return False
        if event.message_finished:
            lines.append(line_of(b"".join([*self._pieces, piece])))
            self._pieces.clear()
            self._message_bytes = 0
        elif piece:
            self._pieces.append(piece)
        return True

    def _pong(self) -> None:
        """Answer the latest ping; those before it in the same read need no answer (RFC 6455, 5.5.3)."""
        ping, self._ping = self._ping, None
        if ping is not None and not self._closing:
            self.transport.write(self._socket.send(ping.response()))

    def _be_closed(self, event: CloseConnection) -> None:
        """The peer closes, or broke the protocol and is told so."""
        if self._socket.state is ConnectionState.REMOTE_CLOSING:
            self.transport.write(self._socket.send(event.response()))
            self._wait_for_end()
            self._hang_up()
            return
        why = _FAULTS.get(event.code, "Protocol error")
        self._why = f"WebSocket closed: {why}"
        self.transport.write(self._socket.send(CloseConnection(event.code, why)))
        super().close()

    # --- going out -----------------------------------------------------------------------------------------

    def write(self, octets: bytes) -> None:
        """See ``interfaces.Writer``: whole lines, each of which goes in a frame, and all in one write."""
        self.transport.write(self._framing(octets))

    def close(self) -> None:
        """See ``interfaces.Writer``; the peer gets time to say that it has read everything."""
        if self._closing or not self.connected:
            return
        code = CloseReason.GOING_AWAY if self.factory.in_haste else CloseReason.NORMAL_CLOSURE
        self.transport.write(self._socket.send(CloseConnection(code)))
        self._wait_for_end()
        self.dataReceived = self._await_close  # type: ignore[method-assign]
        if self.factory.in_haste:
            self._close_both_sides()

    def _wait_for_end(self) -> None:
        """Say nothing more, and give the peer all of its time at once: it has a close frame to send, or TLS to end."""
        self._end()
        self._pressed = True
        self.factory.deadlines.set(self, CLOSE_TIMEOUT_S)

    def _await_close(self, octets: bytes) -> None:
        """Our side is closed; whatever the peer says until it has closed its own is thrown away."""
        self._drain(octets)
        if not self.connected or self._socket.state is ConnectionState.CLOSED:
            return
        self._socket.receive_data(octets)
        if any(isinstance(event, CloseConnection) for event in self._socket.events()):
            self._hang_up()

    def _hang_up(self) -> None:
        """Both have said that they close, and it is for the server to close the connection itself."""
        if self.factory.in_haste:
            self._close_both_sides()
        else:
            self.transport.loseConnection()

    def beat(self) -> None:
        """Ping the peer, or abort if it has been silent since the last time; who cannot be pinged now is spared."""
        if self._closing:
            return
        if not self._heard:
            self._why = "Ping timeout"
            self.abort()
        elif not self._full:
            self._heard = False
            self.transport.write(self._socket.send(Ping()))

    def pauseProducing(self) -> None:
        """The socket is full."""
        self._full = True
        super().pauseProducing()

    def resumeProducing(self) -> None:
        """The socket is ready again."""
        self._full = False
        super().resumeProducing()
        self._pong()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """See ``Connection``."""
        self._heartbeat.connections.discard(self)
        super().connectionLost(reason)
