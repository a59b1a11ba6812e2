"""Lets people and monsters loose on a server and looks what is left: soak.py [--seconds 300] [--actors 150] [--seed 0].

Standard library only.  Exit status 1 when the log has a traceback, or connections, users or channels stay behind.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from load import encryption
from servers import ROOT, free_port

CONFIG = """
[server]
data = "{directory}/data"
[listen]
plain = ["tcp:{port}:interface=127.0.0.1"]
tls = ["tcp:{tls_port}:interface=127.0.0.1"]
[connections]
registration_timeout_s = 5
ping_interval_s = 10
ping_timeout_s = 5
[history]
rotate_bytes = 100000
"""
WORDS = (
    "hello", "", "ü" * 40, "🙂", "x" * 600, ":", "\x01ACTION waves\x01", "\x02bold\x02", "*", "!*@*", "0", "-1", "#",
    "@#a", "bob!*@*", "1.2.3.4", "\t", "a,b,c", "=", "+o", "-v", "LS", "302", "+", "C", "$$*",
)  # fmt: skip
VERBS = (
    "JOIN", "PART", "TOPIC", "MODE", "NICK", "KICK", "INVITE", "WHO", "WHOIS", "WHOWAS", "NAMES", "LIST",
    "PRIVMSG", "NOTICE", "TAGMSG", "MONITOR", "AWAY", "SETNAME", "SILENCE", "ACCEPT", "KNOCK", "ISON", "USERHOST",
    "CAP", "PING", "LUSERS", "MOTD", "HELP", "INFO", "STATS", "VERSION", "TIME", "LINKS", "USER", "PASS", "OPER",
    "LOGIN", "WALLOPS", "KILL", "REHASH", "AUTHENTICATE", "METADATA", "BATCH", "REDACT", "RENAME", "MARKREAD",
    "CHATHISTORY", "WEBIRC", "ERROR", "BOGUS",
)  # fmt: skip
CAPABILITIES = (
    "message-tags", "server-time", "echo-message", "away-notify", "setname", "multi-prefix", "userhost-in-names",
)  # fmt: skip


class Server:
    """One running server, and what /proc says of it."""

    def __init__(self, directory: Path) -> None:
        self.port, self.tls_port = free_port(), free_port()
        self.log = directory / "log"
        config = directory / "config"
        config.write_text(CONFIG.format(directory=directory, port=self.port, tls_port=self.tls_port))
        twistd = str(Path(sys.executable).with_name("twistd"))
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [twistd, "-n", "--pidfile=", "chatd", "--config", str(config)],
                cwd=directory, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=output, stderr=output,
            )  # fmt: skip
        while "certificate fingerprint" not in self.log.read_text():
            if self.process.poll() is not None:
                raise RuntimeError(self.log.read_text())
            time.sleep(0.05)

    def memory_kib(self) -> int:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // 1024

    def sockets(self) -> int:
        """Open sockets, those it listens on among them."""
        count = 0
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                count += os.readlink(entry).startswith("socket:")
        return count


class Actor:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seed: random.Random) -> None:
        self.reader = reader
        self.writer = writer
        self.random = seed
        self.finished = False

    def send(self, *lines: str) -> None:
        """Queue lines."""
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())

    async def read_for(self, seconds: float) -> None:
        """Read, and answer PING, for so long, or until the end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while octets := await self.reader.read(65536):
                    for line in octets.split(b"\r\n"):
                        if line.startswith(b"PING ") and not self.finished:
                            self.writer.write(b"PONG" + line[4:] + b"\r\n")

    async def register(self) -> None:
        """Come in, with some capabilities."""
        nick = f"n{self.random.randrange(400)}"
        if self.random.random() < 0.3:
            self.send(f"LOGIN {nick}")
        elif self.random.random() < 0.5:
            asked = self.random.sample(CAPABILITIES, self.random.randrange(1, 7))
            self.send("CAP LS 302", f"NICK {nick}", f"USER {nick} 0 * :{nick}")
            self.send(f"CAP REQ :{' '.join(asked)}", "CAP END")
        else:
            self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        await self.read_for(0.2)

    def channel(self) -> str:
        """One of a few, so that they meet."""
        return f"#room{self.random.randrange(12)}"

    def anything(self) -> str:
        """A line that may or may not make sense."""
        choose = self.random
        names = (self.channel, lambda: f"n{choose.randrange(400)}", lambda: choose.choice(WORDS))
        words = [choose.choice(VERBS), *(choose.choice(names)() for _ in range(choose.randrange(4)))]
        if choose.random() < 0.5:
            words.append(f":{choose.choice(WORDS)} {choose.choice(WORDS)}")
        tags = "@+x=1;label=7 " if choose.random() < 0.1 else ""
        return tags + " ".join(words)


async def talk(actor: Actor) -> None:
    """A guest of some rooms."""
    await actor.register()
    actor.send(*(f"JOIN {actor.channel()}" for _ in range(3)))
    for _ in range(actor.random.randrange(3, 15)):
        actor.send(f"PRIVMSG {actor.channel()} :{actor.random.choice(WORDS)}", actor.anything())
        await actor.read_for(actor.random.random())


async def flood(actor: Actor) -> None:
    """Far over the allowance."""
    await actor.register()
    room = actor.channel()
    actor.send(f"JOIN {room}")
    for _ in range(60):
        actor.send(*[f"PRIVMSG {room} :{'flood ' * 60}"] * 100)
        await actor.writer.drain()


async def cycle(actor: Actor) -> None:
    """In and out."""
    await actor.register()
    for _ in range(20):
        rooms = ",".join(actor.channel() for _ in range(4))
        actor.send(f"JOIN {rooms}", f"PART {rooms} :bye", f"NICK n{actor.random.randrange(400)}")
        await actor.read_for(0.1)


async def rubbish(actor: Actor) -> None:
    """Bytes."""
    if actor.random.random() < 0.5:
        await actor.register()
    for _ in range(20):
        actor.writer.write(actor.random.randbytes(actor.random.randrange(1, 2000)))
        await actor.read_for(0.05)


async def endless(actor: Actor) -> None:
    """A line without end."""
    for _ in range(200):
        actor.writer.write(b"x" * 2000)
        await actor.writer.drain()


async def deaf(actor: Actor) -> None:
    """Asks for much and reads nothing."""
    await actor.register()
    actor.send(f"JOIN {actor.channel()}", *["HELP", "MOTD", "LIST"] * 60)
    await asyncio.sleep(actor.random.randrange(2, 20))


async def mute(actor: Actor) -> None:
    """Never registers, or is registered and never answers."""
    if actor.random.random() < 0.5:
        await actor.register()
        actor.send(f"JOIN {actor.channel()}")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(25):
            while await actor.reader.read(65536):
                pass


async def byte_by_byte(actor: Actor) -> None:
    """As a person on a slow line types."""
    for octet in b"LOGIN n401\r\nJOIN #room1\nPRIVMSG #room1 :slow\r\n":
        actor.writer.write(bytes([octet]))
        await actor.read_for(0.01)


async def leave(actor: Actor) -> None:
    """End in one of the ways that there are."""
    way = actor.random.randrange(5)
    if way == 0:
        actor.send("QUIT :gone")
        await actor.read_for(5)
    elif way == 1 and actor.writer.can_write_eof():
        actor.writer.write_eof()
        actor.finished = True
        await actor.read_for(5)
    elif way == 2:
        connection = actor.writer.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif way == 3:
        actor.send("QUIT")
    actor.writer.transport.abort() if way == 4 else actor.writer.close()


PARTS: dict[Callable[[Actor], Awaitable[None]], int] = {
    talk: 40, flood: 4, cycle: 15, rubbish: 8, endless: 4, deaf: 6, mute: 6, byte_by_byte: 6,
}  # fmt: skip


async def act(server: Server, seed: random.Random, until_s: float, played: Counter[str]) -> None:
    """One life after another."""
    tls = encryption()
    while time.monotonic() < until_s:
        secure = seed.random() < 0.25
        (part,) = seed.choices(list(PARTS), list(PARTS.values()))
        if seed.random() < 0.05:
            await half_handshake(server, seed)
            played["half_handshake"] += 1
        with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
            port = server.tls_port if secure else server.port
            actor = Actor(*await asyncio.open_connection("127.0.0.1", port, ssl=tls if secure else None), seed)
            try:
                await part(actor)
                await leave(actor)
            finally:
                actor.writer.close()
            played[part.__name__] += 1


async def half_handshake(server: Server, seed: random.Random) -> None:
    """Something that is not TLS where TLS is expected, or the beginning of it."""
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.tls_port)
        writer.write(seed.choice([b"NICK x\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"", seed.randbytes(500)]))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seed.randrange(1, 4)):
                await reader.read(1000)
        writer.close()


async def asked(server: Server, *lines: str) -> list[str]:
    """What one more client is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write("".join(f"{line}\r\n" for line in ("NICK auditor", "USER a 0 * :a", *lines, "QUIT")).encode())
    async with asyncio.timeout(20):
        answer = await reader.read(-1)
    writer.close()
    return answer.decode().splitlines()


async def soak(server: Server, seconds: float, actors: int, seed: int) -> list[str]:
    """Run, print how it goes; returns what is wrong afterwards."""
    before = server.sockets()
    played: Counter[str] = Counter()
    until_s = time.monotonic() + seconds
    tasks = [
        asyncio.create_task(act(server, random.Random(seed * 1000 + number), until_s, played))
        for number in range(actors)
    ]
    while time.monotonic() < until_s:
        await asyncio.sleep(min(seconds / 10, 30))
        print(f"{server.memory_kib():,} KiB, {server.sockets()} sockets, {played.total()} lives", flush=True)
        if server.process.poll() is not None:
            return ["the server ended"]
    await asyncio.gather(*tasks)
    deadline_s = time.monotonic() + 60
    while server.sockets() > before and time.monotonic() < deadline_s:
        await asyncio.sleep(0.5)
    print(f"{server.memory_kib():,} KiB, {server.sockets()} sockets at the end; lives: {dict(played)}")
    wrong = []
    if server.sockets() != before:
        wrong.append(f"{server.sockets()} sockets instead of {before}")
    lines = await asked(server, "LUSERS", "LIST", "WHO *")
    (local,) = {line.split(":")[-1] for line in lines if " 265 " in line}
    if not local.startswith("Current local users 1,"):
        wrong.append(local)
    wrong += [line for line in lines if f" {line.split(' ')[1]} " in (" 322 ", " 253 ")]
    return wrong


def main() -> None:
    """Start a server, soak it, look at what is left."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=300)
    options.add_argument("--actors", type=int, default=150)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory))
        try:
            wrong = asyncio.run(soak(server, given.seconds, given.actors, given.seed))
            server.process.send_signal(signal.SIGTERM)
            status = server.process.wait(30)
        finally:
            server.process.kill()
            server.process.wait()
        log = server.log.read_text(errors="replace")
    wrong += [f"exit status {status}"] if status else []
    for sign in ("Traceback", "Unhandled", " failed", "Error:"):
        if sign in log:
            wrong.append(f"{sign} in the log: {log[max(0, log.index(sign) - 1000) :][:4000]}")
    print(f"{len(log.splitlines())} lines of log; {len(wrong)} things wrong")
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    main()
