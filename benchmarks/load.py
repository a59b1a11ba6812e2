"""The load: many clients on one epoll, counting what arrives; standard library only."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable

NEEDLE = b" PRIVMSG "
PONG = b" PONG "


class Client:
    """One connection; counts what it is waiting for over chunk boundaries."""

    __slots__ = ("deliveries", "nick", "out", "pongs", "ready", "socket", "tail")

    def __init__(self, port: int, nick: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.nick = nick
        self.out = b""
        self.tail = b""
        self.deliveries = 0
        self.pongs = 0
        self.ready = False

    def send(self, octets: bytes) -> None:
        """Send what goes, keep the rest."""
        self.out += octets
        try:
            sent = self.socket.send(self.out)
        except BlockingIOError:
            return
        self.out = self.out[sent:]


class Load:
    """All clients of one run."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.epoll = select.epoll()
        self.clients: dict[int, Client] = {}
        self.deliveries = 0
        self.pongs = 0
        self.on_octets: Callable[[Client, bytes], None] | None = None

    def connect(self, count: int, line: bytes = b"") -> list[Client]:
        """Register clients, in batches, and let each send ``line``; returns when all have answered a PING."""
        made = []
        for start in range(0, count, 100):
            batch = []
            for number in range(start, min(start + 100, count)):
                client = Client(self.port, f"n{number}")
                self.clients[client.socket.fileno()] = client
                self.epoll.register(client.socket, select.EPOLLIN)
                client.send(f"NICK {client.nick}\r\nUSER u 0 * :real name\r\n".encode())
                batch.append(client)
            self.until(lambda batch=batch: all(client.ready for client in batch))
            made += batch
        if line:
            for client in made:
                client.send(line)
        self.barrier(made)
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
                octets = client.socket.recv(262144)
            except BlockingIOError:
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

    def talk(self, targets: list[tuple[Client, str, int]], bursts: int, size: int) -> int:
        """Each talker sends bursts of ``size`` lines to its target, the next when the last one has been answered.

        ``targets`` names talker, target and how many receive each line.  Returns how many deliveries arrived, all of
        those expected; raises RuntimeError otherwise.
        """
        before = self.deliveries
        expected = sum(receivers for _, _, receivers in targets) * bursts * size
        text = "x" * 64
        waiting = {}
        for client, target, _ in targets:
            burst = (f"PRIVMSG {target} :{text}\r\n" * size + "PING burst\r\n").encode()
            waiting[client] = [bursts - 1, client.pongs + 1, burst]
            client.send(burst)
        while waiting:
            self.turn(0.2)
            for client, state in list(waiting.items()):
                if client.pongs >= state[1]:
                    if not state[0]:
                        del waiting[client]
                        continue
                    state[0] -= 1
                    state[1] = client.pongs + 1
                    client.send(state[2])
        self.until(lambda: self.deliveries - before >= expected)
        self.barrier(list(self.clients.values())[:1])
        if self.deliveries - before != expected:
            raise RuntimeError(f"{self.deliveries - before} deliveries instead of {expected}")
        return expected

    def close(self) -> None:
        """End all connections."""
        for client in self.clients.values():
            client.socket.close()
        self.epoll.close()
