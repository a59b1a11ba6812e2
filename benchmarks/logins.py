"""A storm of wrong passwords, and what it does to everybody else: logins.py [--storm 1000] [--seconds 20].

Prints the latency of messages between two others before, during and after, and how those fare meanwhile who know their
password, at an address where they have logged in before and elsewhere; standard library only.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from servers import ROOT, free_port

CONFIG = """
[server]
data = "{directory}/data"
[listen]
plain = ["tcp:{port}:interface=127.0.0.1"]
tls = []
proxied = ["tcp:{proxied}:interface=127.0.0.1"]
[proxy]
networks = ["127.0.0.1/32"]
[connections]
per_address = 0
throttle_count = 0
[accounts]
registrations_per_address = 1000
[flood]
enabled = false
"""
PER_SECOND = 50


class Person:
    """Somebody with an ordinary connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def comes(cls, port: int, nick: str) -> Person:
        """Connected, and in the channel."""
        person = cls(*await asyncio.open_connection("127.0.0.1", port))
        person.sends(f"NICK {nick}", f"USER {nick} 0 * :x", "JOIN #bench")
        await person.until(b" 366 ")
        return person

    def sends(self, *lines: str) -> None:
        """Lines, at once."""
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())

    async def until(self, part: bytes) -> bytes:
        """The next line with this in it."""
        while part not in (line := await self.reader.readline()):
            if not line:
                raise RuntimeError(f"the connection ended before {part!r}")
        return line


async def latencies(talker: Person, listener: Person, seconds: float) -> list[float]:
    """How long messages take, in ms, from when each was due."""
    count = round(seconds * PER_SECOND)
    begun = time.perf_counter()

    async def talks() -> None:
        for number in range(count):
            await asyncio.sleep(begun + number / PER_SECOND - time.perf_counter())
            talker.sends(f"PRIVMSG #bench :{number}")

    talking = asyncio.create_task(talks())
    found = []
    for number in range(count):
        await listener.until(f" :{number}\r\n".encode())
        found.append((time.perf_counter() - begun - number / PER_SECOND) * 1000)
    await talking
    return sorted(found)


def shown(name: str, found: list[float]) -> str:
    """One row."""
    p50, p99 = found[len(found) // 2], found[len(found) * 99 // 100]
    return f"| {name} | {p50:.1f} | {p99:.1f} | {found[-1]:.1f} |"


async def guest(proxied: int, number: int, network: int = 10) -> Person:
    """A connection from an address of its own, greeted."""
    person = Person(*await asyncio.open_connection("127.0.0.1", proxied))
    address = f"{network}.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    person.sends(f"PROXY TCP4 {address} 127.0.0.1 1 2")
    await person.until(b"QUIT")
    return person


async def answer(person: Person, name: str) -> str:
    """What a wrong password is answered with."""
    person.sends(f"PASS {name}:wrong")
    line = await person.until(b"You are not logged in")
    return line.decode().split(": ")[1].split(";")[0].strip()


HONEST = 10
"""How many know their password."""


async def register(proxied: int) -> None:
    """Each has an account, and has logged in from home once."""
    for number in range(HONEST):
        person = await guest(proxied, number, 11)
        person.sends(f"NICK owner{number}", "USER x 0 * :x", f"REGISTER * * correct-horse-{number}")
        await person.until(b"REGISTER SUCCESS")
        person.sends("QUIT")
        await log_in(proxied, number, 11)


async def log_in(proxied: int, number: int, network: int) -> float | None:
    """With the right password; gives how many seconds it took, or None when it was refused."""
    person = await guest(proxied, number, network)
    begun = time.perf_counter()
    person.sends(f"PASS owner{number}:correct-horse-{number}")
    line = b""
    while b" 900 " not in line and b"You are not logged in" not in line:
        line = await person.until(b"")
    person.sends("QUIT")
    return time.perf_counter() - begun if b" 900 " in line else None


async def honest(proxied: int, network: int, seconds: float) -> str:
    """One after another while the storm lasts."""
    took = []
    for number in range(HONEST):
        begun = time.perf_counter()
        took.append(await log_in(proxied, number, network))
        await asyncio.sleep(max(0.0, seconds / HONEST - (time.perf_counter() - begun)))
    let_in = sorted(each for each in took if each is not None)
    longest = f", the slowest in {let_in[-1]:.1f} s, half of them in {let_in[len(let_in) // 2]:.1f} s" if let_in else ""
    return f"{len(let_in)} of {HONEST} let in{longest}"


async def run(port: int, proxied: int, storm: int, seconds: float) -> None:
    """Calm, storm, calm."""
    talker, listener = await Person.comes(port, "talker"), await Person.comes(port, "listener")
    await register(proxied)
    guests = [await guest(proxied, number) for number in range(storm)]
    print("| | p50, ms | p99, ms | longest, ms |\n|---|---|---|---|")
    print(shown("before", await latencies(talker, listener, seconds / 2)))
    begun = time.perf_counter()
    answers = [asyncio.create_task(answer(each, f"nobody{number}")) for number, each in enumerate(guests)]
    owners = [asyncio.create_task(honest(proxied, network, seconds / 2)) for network in (11, 12)]
    print(shown("storm", await latencies(talker, listener, seconds)))
    counted = Counter(await asyncio.gather(*answers))
    print(shown("after", await latencies(talker, listener, seconds / 2)))
    said = ", ".join(f"{count} × {text}" for text, count in counted.items())
    print(f"\n{storm} wrong passwords, answered within {time.perf_counter() - begun - seconds / 2:.0f} s: {said}")
    for where, task in zip(("where they were before", "elsewhere"), owners, strict=True):
        print(f"Who knows the password, {where}: {await task}")


def main() -> None:
    """Start a server, and storm it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--storm", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    port, proxied = free_port(), free_port()
    with tempfile.TemporaryDirectory() as directory:
        config = Path(directory, "chatd.toml")
        config.write_text(CONFIG.format(directory=directory, port=port, proxied=proxied))
        twistd = [str(Path(sys.executable).with_name("twistd")), "-n", "--pidfile=", "chatd", "--config", str(config)]
        server = subprocess.Popen(
            twistd, cwd=directory, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            while "connect without TLS" not in server.stdout.readline():
                pass
            asyncio.run(run(port, proxied, options.storm, options.seconds))
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
