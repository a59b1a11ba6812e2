"""The load: many clients on one epoll, counting what arrives; standard library only."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence

NEEDLE = b" PRIVMSG "
PONG = b" PONG "
BLOCKED = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

# Who talks, to which target, and who receives it (the talker itself never does).
Target = tuple["Client", str, Sequence["Client"]]


def encryption() -> ssl.SSLContext:
    """TLS that takes any certificate: these servers are our own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


UPGRADE = b"""GET / HTTP/1.1\r
Host: 127.0.0.1\r
Connection: Upgrade\r
Upgrade: websocket\r
Origin: http://127.0.0.1\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: YmVuY2htYXJrLWNsaWVudA==\r
Sec-WebSocket-Protocol: text.ircv3.net\r
\r
"""


def in_frames(octets: bytes) -> bytes:
    """Each line as a text message of a client; its mask of zeros changes nothing (RFC 6455, 5.3)."""
    frames = bytearray()
    for line in octets.split(b"\r\n"):
        if line:
            size = bytes([0x80 | len(line)]) if len(line) < 126 else b"\xfe" + len(line).to_bytes(2, "big")
            frames += b"\x81" + size + bytes(4) + line
    return bytes(frames)


class Client:
    """One connection; counts what it is waiting for over chunk boundaries."""

    __slots__ = ("acknowledged", "deliveries", "nick", "out", "pongs", "ready", "socket", "tail", "web")

    def __init__(self, port: int, nick: str, tls: ssl.SSLContext | None = None, web: bool = False) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket)
        self.web = web
        if web:
            self.socket.sendall(UPGRADE)
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                if not (octet := self.socket.recv(1)):
                    raise RuntimeError(f"no WebSocket: {answer!r}")
                answer += octet
        self.socket.setblocking(False)
        self.nick = nick
        self.out = b""
        self.tail = b""
        self.deliveries = 0
        self.pongs = 0
        self.ready = False
        self.acknowledged = False

    def send(self, octets: bytes) -> None:
        """Send what goes, keep the rest."""
        self.out += in_frames(octets) if self.web else octets
        try:
            sent = self.socket.send(self.out)
        except BLOCKED:
            return
        self.out = self.out[sent:]

    def register(self, capabilities: str = "") -> None:
        """Send what registration takes, asking for capabilities on the way."""
        lines = f"NICK {self.nick}\r\nUSER u 0 * :real name\r\n"
        if capabilities:
            lines = f"CAP REQ :{capabilities}\r\n{lines}CAP END\r\n"
        self.send(lines.encode())

    def receive(self) -> bytes:
        """All that is there; empty at the end of the connection.  Raises one of BLOCKED when nothing is there."""
        octets = self.socket.recv(262144)
        if isinstance(self.socket, ssl.SSLSocket):
            while self.socket.pending():
                octets += self.socket.recv(262144)
        return octets


class Load:
    """All clients of one run."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None, web: bool = False) -> None:
        self.port = port
        self.tls = tls
        self.web = web
        self.owed: Counter[Client] = Counter()
        self.epoll = select.epoll()
        self.clients: dict[int, Client] = {}
        self.deliveries = 0
        self.pongs = 0
        self.on_octets: Callable[[Client, bytes], None] | None = None

    def connect(
        self, count: int, line: bytes = b"", capabilities: Sequence[str] = ("",), prefix: str = "n"
    ) -> list[Client]:
        """Register clients, in batches, and let each send ``line``; returns when all have answered a PING.

        The clients take the sets of capabilities in turn; raises RuntimeError when the server refuses one.
        """
        made: list[Client] = []
        for start in range(0, count, 100):
            batch = []
            for number in range(start, min(start + 100, count)):
                client = Client(self.port, f"{prefix}{number}", self.tls, self.web)
                self.clients[client.socket.fileno()] = client
                self.epoll.register(client.socket, select.EPOLLIN)
                client.register(capabilities[number % len(capabilities)])
                batch.append(client)
            self.until(lambda batch=batch: all(client.ready for client in batch))  # type: ignore[misc]
            made += batch
        for number, client in enumerate(made):
            if capabilities[number % len(capabilities)] and not client.acknowledged:
                raise RuntimeError("the server refused capabilities")
            if line:
                client.send(line)
        self.barrier(made)
        # Nobody talks yet: what looked like a delivery was a greeting that explains PRIVMSG.
        for client in made:
            self.deliveries -= client.deliveries
            client.deliveries = 0
        return made

    def barrier(self, clients: list[Client]) -> None:
        """Wait until each has been answered a PING, and so everything before it."""
        wanted = {client: client.pongs + 1 for client in clients}
        for client in clients:
            client.send(b"PING barrier\r\n")
        self.until(lambda: all(client.pongs >= pongs for client, pongs in wanted.items()))

    def until(self, done: Callable[[], bool], limit_s: float = 120) -> None:
        """Take what comes until done."""
        deadline = time.monotonic() + limit_s
        while not done():
            self.turn(0.2)
            if time.monotonic() > deadline:
                raise RuntimeError("the server did not answer in time")

    def turn(self, wait_s: float) -> None:
        """One look at all sockets."""
        for number, _ in self.epoll.poll(wait_s):
            client = self.clients[number]
            try:
                octets = client.receive()
            except BLOCKED:
                if client.out:
                    client.send(b"")
                continue
            if not octets:
                raise RuntimeError(f"{client.nick} was disconnected: {client.tail!r}")
            self.take(client, octets)
            if client.out:
                client.send(b"")

    def take(self, client: Client, octets: bytes) -> None:
        """Count; a needle cut by a chunk is found with the tail, which is too short to hold one by itself."""
        text = client.tail + octets
        deliveries = text.count(NEEDLE)
        pongs = text.count(PONG)
        client.deliveries += deliveries
        client.pongs += pongs
        self.deliveries += deliveries
        self.pongs += pongs
        if not client.ready and b" ACK " in text:
            client.acknowledged = True
        if not client.ready and (b" 376 " in text or b" 422 " in text):
            client.ready = True
        if text.startswith(b"PING ") or b"\nPING " in text:
            ping = text[text.rindex(b"PING ") :].split(b"\r\n")[0]
            client.send(ping.replace(b"PING", b"PONG", 1) + b"\r\n")
        keep = len(NEEDLE) - 1 if client.ready else 64
        client.tail = text[-keep:]
        # What is kept must not be counted again: a tail never holds a whole needle of either kind.
        while NEEDLE in client.tail or PONG in client.tail:
            client.tail = client.tail[1:]
        if self.on_octets is not None:
            self.on_octets(client, octets)

    def talk(self, targets: Sequence[Target], bursts: int, size: int) -> int:
        """Each talker sends bursts of ``size`` lines to its target, the next when the last one has been answered.

        Returns how many deliveries were expected, once as many have arrived; ``verify`` then says whether they
        arrived where they should.
        """
        before, expected = self.deliveries, self.owe(targets, bursts * size)
        waiting = {}
        for client, target, _ in targets:
            burst = (f"PRIVMSG {target} :{'x' * 64}\r\n" * size + "PING burst\r\n").encode()
            waiting[client] = (bursts - 1, client.pongs + 1, burst)
            client.send(burst)

        def done() -> bool:
            for client, (left, pongs, burst) in list(waiting.items()):
                if client.pongs < pongs:
                    continue
                if left:
                    waiting[client] = (left - 1, client.pongs + 1, burst)
                    client.send(burst)
                else:
                    del waiting[client]
            return not waiting and self.deliveries - before >= expected

        self.until(done)
        return expected

    def owe(self, targets: Sequence[Target], lines: int) -> int:
        """Note that each talker's receivers are to get so many more lines; returns how many that is in all."""
        total = 0
        for talker, _, receivers in targets:
            for receiver in receivers:
                if receiver is not talker:
                    self.owed[receiver] += lines
                    total += lines
        return total

    def verify(self) -> None:
        """After a barrier on all, each client must have exactly what it was owed; raises RuntimeError otherwise."""
        self.barrier(list(self.clients.values()))
        for client in self.clients.values():
            if client.deliveries != self.owed[client]:
                raise RuntimeError(f"{client.nick} got {client.deliveries} deliveries instead of {self.owed[client]}")

    def close(self) -> None:
        """End all connections."""
        for client in self.clients.values():
            client.socket.close()
        self.epoll.close()
