"""Clients that say numbered things to channels and to each other, and note what they are shown and acknowledged."""

from __future__ import annotations

import random
import selectors
import socket
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from chatd.core.names import conversation, log_name
from chatd.wire.message import parse

CHANNELS = ("#a", "#b", "#c")
CLIENTS = 8
WINDOW = 24
"""How many messages of a client may be without an answer."""
CAPS = "labeled-response message-tags server-time batch"


@dataclass
class Book:
    """What was said, acknowledged and seen: texts by log, and for each client and log what it was shown, in order."""

    said: dict[str, str] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    seen: dict[tuple[str, str, str], list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def received(self) -> int:
        """How many times anybody was shown a message."""
        return sum(map(len, self.seen.values()))

    @property
    def known(self) -> set[str]:
        """The texts that somebody knows to be said."""
        return self.acknowledged.union(*({text for text, _ in shown} for shown in self.seen.values()))


def log_of(nick: str, target: str) -> str:
    """The log of what somebody says; nobody here has an account."""
    return target if target[0] == "#" else conversation(log_name(nick, None), log_name(target, None))


class Talker:
    """A client that says numbered things with labels, and notes what it sees."""

    def __init__(self, port: int, nick: str, stage: str, book: Book, echo: bool, dice: random.Random) -> None:
        self.nick = nick
        self.ready = False
        self.closed = False
        self._stage = stage
        self._book = book
        self._dice = dice
        self._numbers: Counter[str] = Counter()
        self._waiting: dict[str, str] = {}
        self._labels = 0
        self._rest = b""
        self._out = b""
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        caps = f"{CAPS} echo-message" if echo else CAPS
        joins = "".join(f"JOIN {name}\r\n" for name in CHANNELS)
        self._send(f"CAP REQ :{caps}\r\nNICK {nick}\r\nUSER {nick} 0 * :x\r\nCAP END\r\n{joins}PING ready\r\n")

    @property
    def owed(self) -> int:
        """How many answers are to come."""
        return len(self._waiting)

    def _send(self, text: str) -> None:
        self._out += text.encode()
        with suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            self._out = self._out[self.socket.send(self._out) :]

    def talk(self, people: list[str]) -> None:
        """Say something new, up to the window."""
        batch = []
        while self.ready and not self.closed and len(self._waiting) < WINDOW:
            target = self._dice.choice([*CHANNELS, *(nick for nick in people if nick != self.nick)])
            log = log_of(self.nick, target)
            number = self._numbers[log]
            self._numbers[log] += 1
            padding = "x" * self._dice.choice([1, 5, 60, 300])
            text = f"{self._stage} {self.nick} {log.replace(' ', '+')} {number} {padding}"
            self._labels += 1
            self._waiting[str(self._labels)] = text
            self._book.said[text] = log
            batch.append(f"@label={self._labels} PRIVMSG {target} :{text}\r\n")
        if batch or self._out:
            self._send("".join(batch))

    def hear(self) -> None:
        """Take what has come."""
        try:
            octets = self.socket.recv(262_144)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        if not octets:
            self.closed = True
            return
        *whole, self._rest = (self._rest + octets).split(b"\r\n")
        for line in whole:
            self._take(line.decode())

    def _take(self, line: str) -> None:
        tags, source, verb, params = parse(line)
        if verb == "PONG":
            self.ready = True
        elif verb == "PING":
            self._send(f"PONG :{params[-1]}\r\n")
        elif verb == "PRIVMSG":
            nick = source.partition("!")[0]
            log = log_of(nick, params[0])
            self._book.seen[self._stage, self.nick, log].append((params[1], tags["msgid"]))
        if "label" in tags and (verb in ("PRIVMSG", "ACK")):
            self._book.acknowledged.add(self._waiting.pop(tags["label"]))
        elif "label" in tags:
            raise RuntimeError(f"an unexpected answer: {line}")


class Crowd:
    """All clients of a round."""

    def __init__(self, port: int, stage: str, book: Book, dice: random.Random) -> None:
        self.talkers = [Talker(port, f"n{number}", stage, book, number % 4 != 3, dice) for number in range(CLIENTS)]
        self.people = [talker.nick for talker in self.talkers]
        self._selector = selectors.DefaultSelector()
        for talker in self.talkers:
            self._selector.register(talker.socket, selectors.EVENT_READ, talker)

    def run(self, until: Callable[[], bool], limit_s: float, talking: bool = True) -> bool:
        """Talk and listen until something is so; False when time ran out first."""
        deadline = time.monotonic() + limit_s
        while not until():
            if time.monotonic() > deadline:
                return False
            for key, _ in self._selector.select(0.002):
                key.data.hear()
                if key.data.closed:
                    self._selector.unregister(key.fileobj)
            for talker in self.talkers:
                if talking:
                    talker.talk(self.people)
        return True

    def drain(self) -> None:
        """Hear what was under way when the server died."""
        for talker in self.talkers:
            while not talker.closed:
                select_one(talker)
            talker.socket.close()
        self._selector.close()


def select_one(talker: Talker) -> None:
    """Wait until a client's socket has something, or its end."""
    with selectors.DefaultSelector() as selector:
        selector.register(talker.socket, selectors.EVENT_READ)
        if not selector.select(10):
            raise RuntimeError("a connection outlived its server")
    talker.hear()
