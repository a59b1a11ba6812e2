"""A real `twistd chatd`, as a process of its own, on free ports of this machine, and a client on a socket."""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
PORTS = itertools.cycle(random.sample(range(10_000 + WORKER * 2_700, 12_700 + WORKER * 2_700), 2_700))
"""Below those that the system gives to outgoing connections meanwhile; others for each process that runs tests."""


PATIENCE_S = 60
"""How long anything may take that is sure to come: a busy machine proves nothing against the server."""


def free_port() -> int:
    """A port that nothing listens on, and that was not given out before."""
    while True:
        port = next(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Server:
    """One running server; ``data`` is its directory.

    What ``extra`` adds to its configuration may name ``{plain}``, the listener without TLS.
    """

    def __init__(self, directory: Path, extra: str = "") -> None:
        self.directory = directory
        self.port = free_port()
        self.tls_port = free_port()
        self.web_port = free_port()
        self.web_tls_port = free_port()
        self.spare_port = free_port()
        self.data = directory / "data"
        self.config = directory / "chatd.toml"
        if "[accounts]" not in extra:  # hashes take as long as a busy machine makes them take
            extra += f"\n[accounts]\nwait_s = {PATIENCE_S}\n"
        plain = f"tcp:{self.port}:interface=127.0.0.1"
        self.config.write_text(
            f'[server]\ndata = "{self.data}"\n[listen]\nplain = ["{plain}"]\n'
            f'tls = ["tcp:{self.tls_port}:interface=127.0.0.1"]\n'
            f'websocket = ["tcp:{self.web_port}:interface=127.0.0.1"]\n'
            f'websocket_tls = ["tcp:{self.web_tls_port}:interface=127.0.0.1"]\n{extra.replace("{plain}", plain)}'
        )
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        twistd = [sys.executable, str(Path(sys.executable).with_name("twistd"))]
        process = subprocess.Popen(
            [*twistd, "-n", "--pidfile=", "chatd", "--config", str(self.config)],
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.log: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            self.log.append(line)
            if "certificate fingerprint" in line:
                return process
        raise AssertionError(f"the server did not start: {self.log}")

    def connect(self, nick: str = "", tls: bool = False) -> Talker:
        plain = socket.create_connection(("127.0.0.1", self.tls_port if tls else self.port), PATIENCE_S)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            plain = context.wrap_socket(plain)
        talker = Talker(plain)
        if nick:
            talker.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
            talker.barrier()
        return talker

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE_S)
        assert self.process.stdout is not None
        self.log += self.process.stdout.readlines()
        self.process.stdout.close()
        return status


class Talker:
    """A client on a socket; every wait is for a line, never for a time."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.socket.settimeout(PATIENCE_S)
        self.file = connection.makefile("rb")

    def send(self, *lines: str) -> None:
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def line(self) -> str:
        return self.file.readline().decode().rstrip("\r\n")

    def until(self, part: str) -> list[str]:
        seen = []
        while line := self.line():
            seen.append(line)
            if part in line:
                return seen
        raise AssertionError(f"the connection ended before {part!r}: {seen}")

    def barrier(self) -> list[str]:
        """Everything sent to this client up to now."""
        self.send("PING barrier")
        return self.until(" PONG ")[:-1]

    def rest(self) -> list[str]:
        return self.file.read().decode().splitlines()

    def close(self) -> None:
        self.file.close()
        self.socket.close()
