"""Kills a server under load at random moments, and looks whether all that anybody received is in the log.

    python benchmarks/kill.py [--rounds 100] [--fault none|clock|disk] [--seed N]

Clients talk to channels and to each other, with labels, some with echo-message. After SIGKILL, every message that
somebody was shown, or that was acknowledged to its sender, must be in its log exactly once, under the id it was shown
with and in the order in which it was shown; a sender's messages must be there without holes, ids must be unique and
times must never fall; and the next start must be clean. ``clock`` steps the server's clock all the while, ``disk``
fills a small file system until nothing can be written, and makes room again.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.crowd import Book, Crowd
from benchmarks.proof import check_problems, lines_lost, messages_logged, problems
from benchmarks.stepped import set_offset

ROOT = Path(__file__).parents[1]
ROUNDS_PER_FOLDER = 10
START_S = 120
"""On a machine that is busy with other things a start may take its time."""
DISK_BYTES = 48 << 20
BALLAST_BYTES = 46 << 20
"""What is freed is far more than is said until the end: the disk must not fill a second time."""

CONFIG = """
[server]
data = "{data}"
[listen]
plain = ["tcp:{port}:interface=127.0.0.1"]
tls = []
[connections]
per_address = 0
throttle_count = 0
[flood]
enabled = false
[history]
rotate_bytes = 60000
{extra}
"""


def free_port() -> int:
    """A port that nothing listens on, from below those that the system gives to outgoing connections meanwhile."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Server:
    """A server on a directory, started again and again."""

    def __init__(self, directory: Path, extra: str = "", clock: Path | None = None) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.history = self.data / "history"
        self._extra = extra
        self._clock = clock
        self._output = directory / "output"

    def start(self) -> None:
        """Start it, and wait until it listens; raises RuntimeError when it does not."""
        self.port = free_port()
        config = self.directory / "config"
        config.write_text(CONFIG.format(data=self.data, port=self.port, extra=self._extra))
        program = [str(Path(sys.executable).with_name("twistd"))]
        if self._clock is not None:
            program = [str(ROOT / "benchmarks" / "stepped.py"), str(self._clock)]
        command = [sys.executable, *program, "-n", "--pidfile=", "chatd", "--config", str(config)]
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=self.directory, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.02)
        self.process.kill()
        raise RuntimeError(f"the server did not start: {self.said()}")

    def said(self) -> str:
        """What it wrote to its own log."""
        return self._output.read_text(errors="replace")

    def end(self, number: int) -> int:
        """Send a signal and wait; gives the status."""
        self.process.send_signal(number)
        return self.process.wait(60)


def complaints(server: Server) -> list[str]:
    """What a server should not have written to its log."""
    return [line for line in server.said().splitlines() if "Traceback" in line or "Error" in line or "failed" in line]


@dataclass
class Result:
    """What one round, or several, came to."""

    said: int = 0
    acknowledged: int = 0
    received: int = 0
    logged: int = 0
    lost: int = 0
    problems: list[str] = field(default_factory=list)

    def __add__(self, other: Result) -> Result:
        return Result(
            self.said + other.said, self.acknowledged + other.acknowledged, self.received + other.received,
            self.logged + other.logged, self.lost + other.lost, self.problems + other.problems,
        )  # fmt: skip

    def __str__(self) -> str:
        return (
            f"said {self.said}, acknowledged {self.acknowledged}, received {self.received}, logged {self.logged}, "
            f"lost and marked {self.lost}, problems {len(self.problems)}"
        )


def kill_rounds(folder: Path, rounds: int, seed: int, clock: bool = False) -> Iterator[Result]:
    """Start, talk, kill, compare, on one data directory; with ``clock`` the server's clock is stepped meanwhile."""
    dice = random.Random(seed)
    steps = folder / "steps" if clock else None
    if steps is not None:
        set_offset(steps, 0)
    server = Server(folder, "", steps)
    book = Book()
    for number in range(rounds):
        server.start()
        wrong = complaints(server)
        crowd = Crowd(server.port, f"r{number}", book, dice)
        if not crowd.run(lambda crowd=crowd: all(each.ready for each in crowd.talkers), 30, talking=False):  # type: ignore[misc]
            wrong.append("clients were not let in")
        moment_s = time.monotonic() + dice.uniform(0.01, 0.8)
        while time.monotonic() < moment_s:
            if steps is not None:
                set_offset(steps, dice.choice([-3600.0, -5.0, -0.05, 0.0, 0.02, 2.0, 86_400.0]))
            crowd.run(lambda: False, min(0.1, max(0.0, moment_s - time.monotonic())))
        server.end(signal.SIGKILL)
        crowd.drain()
        wrong += complaints(server) + problems(book, server.history)
        logged = messages_logged(server.history)
        yield Result(len(book.said), len(book.acknowledged), book.received, logged, 0, wrong)
    server.start()
    Crowd(server.port, "end", Book(), dice).run(lambda: False, 0.5, talking=False)
    status = server.end(signal.SIGTERM)
    wrong = complaints(server) + check_problems(server.history)
    if status:
        wrong.append(f"the last start ended with status {status}")
    yield Result(problems=wrong)


def mount_small(folder: Path) -> None:
    """Mount a file system of a few MB; raises OSError where that is not allowed."""
    folder.mkdir(parents=True)
    options = f"size={DISK_BYTES},mode=700"
    mounting = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "chatd-test", str(folder)], capture_output=True)
    if mounting.returncode:
        raise OSError(mounting.stderr.decode().strip())


def full_disk_round(folder: Path, seed: int, pending_bytes: int = 1 << 26) -> Result:
    """Fill the disk under load, let chat go on, make room, and kill or stop the server a while later.

    With little memory for what waits (``pending_bytes``) lines get lost, and gaps must say how many.
    """
    dice = random.Random(seed)
    server = Server(folder, f"pending_bytes = {pending_bytes}")
    mount_small(server.history)
    try:
        return _full_disk_round(server, dice, losing=pending_bytes < 1 << 20)
    finally:
        with suppress(Exception):
            server.process.kill()
            server.process.wait()
        subprocess.run(["umount", "--lazy", str(server.history)], check=True)


def _full_disk_round(server: Server, dice: random.Random, losing: bool) -> Result:
    ballast = server.history / "ballast"
    ballast.write_bytes(bytes(BALLAST_BYTES))
    book = Book()
    server.start()
    crowd = Crowd(server.port, "disk", book, dice)
    crowd.run(lambda: all(talker.ready for talker in crowd.talkers), 30, talking=False)

    def free_bytes() -> int:
        return shutil.disk_usage(server.history).free

    wrong: list[str] = []
    if not crowd.run(lambda: free_bytes() == 0 and "cannot be written" in server.said(), 60):
        wrong.append("the disk did not fill")
    enough = len(book.acknowledged) + (500 if losing else 100)
    if not crowd.run(lambda: len(book.acknowledged) > enough, 60):
        wrong.append("chat did not go on")
    if not losing:
        crowd.run(lambda: False, dice.uniform(0.0, 1.0))
    ballast.unlink()
    crowd.run(lambda: not any(talker.owed for talker in crowd.talkers), 30, talking=False)
    # Until the server has tried again, what it holds in memory is in no log; then it must all be there, or in a gap.
    crowd.run(lambda: not problems(book, server.history, losing), 60, talking=False)
    killing = not losing and dice.random() < 0.5
    if killing:
        crowd.run(lambda: False, dice.uniform(0.01, 0.2))
    status = server.end(signal.SIGKILL if killing else signal.SIGTERM)
    crowd.drain()
    if status and not killing:
        wrong.append(f"ended with status {status}")
    wrong += problems(book, server.history, losing) + check_problems(server.history)
    counts = len(book.said), len(book.acknowledged), book.received, messages_logged(server.history)
    return Result(*counts, lines_lost(server.history), wrong)


def runs(fault: str, rounds: int, seed: int) -> Iterator[tuple[int, Result]]:
    """Run so many rounds; gives how many are done and what they came to, each time a data directory is through."""
    done = 0
    while done < rounds:
        with tempfile.TemporaryDirectory() as name:
            if fault == "disk":
                pending_bytes = 65_536 if done % 4 == 3 else 1 << 26
                done += 1
                yield done, full_disk_round(Path(name), seed + done, pending_bytes)
            else:
                some = min(ROUNDS_PER_FOLDER, rounds - done)
                *results, end = kill_rounds(Path(name), some, seed + done, fault == "clock")
                done += some
                results[-1].problems = [each for result in [*results, end] for each in result.problems]
                yield done, results[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--fault", choices=["none", "clock", "disk"], default="none")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    total = Result()
    for done, result in runs(options.fault, options.rounds, options.seed):
        total += result
        print(f"{done} rounds: {total}", flush=True)
        for problem in result.problems[:20]:
            print(f"  {problem}")
    return 1 if total.problems else 0


if __name__ == "__main__":
    sys.exit(main())
