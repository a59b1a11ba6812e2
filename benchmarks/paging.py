"""What a running server spends on a page of history: CPU of all its threads, from the socket and back to it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.load import Load
from benchmarks.servers import Server
from chatd.core.accounts import NameTaken
from chatd.core.kept import KeptChannel
from chatd.history.listing import SETTLED_NS
from chatd.stores.sql.accounts import SqlAccounts
from chatd.stores.sql.channels import SqlChannels
from chatd.stores.sql.opening import open_database

CAPABILITIES = "draft/chathistory batch server-time message-tags draft/event-playback account-tag"
SETTINGS = '\n[history]\nsearch = false\ncompress_days = 0\naccess = "members"\n'

def register(directory: Path, channel: str, since_ms: int) -> None:
    """Have the channel registered since then, as what was said before a channel began is not shown."""
    database = open_database("", directory / "data")
    try:
        SqlAccounts(database).register("founder", "founder", None, since_ms)
        now_ms = round(time.time() * 1000)
        SqlChannels(database).register(KeptChannel(channel, channel, "founder", since_ms, used_ms=now_ms), 10)
    except NameTaken:
        pass  # an earlier run did
    finally:
        database.rest()


def running_ms(pid: int) -> float:
    """How long a process's threads have run, finer than in ticks."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e6


def paging(
    directory: Path, channel: str, since_ms: int, questions: Mapping[str, Callable[[], str]], rounds: int
) -> None:
    """Print what each question costs a server on ``directory/data``."""
    register(directory, channel, since_ms)
    server = Server("chatd", directory, extra=SETTINGS)
    try:
        load = Load(server.port)
        [client] = load.connect(1, f"JOIN {channel}\r\n".encode(), capabilities=(CAPABILITIES,))
        time.sleep(SETTLED_NS / 1e9 + 1)  # its file was made just now: until then the folder is read at each question
        for name, question in questions.items():
            cpu = []
            for _ in range(rounds):
                shown, cpu_ms = client.deliveries, running_ms(server.process.pid)
                client.send(f"{question()}\r\n".encode())
                load.barrier([client])
                cpu.append(running_ms(server.process.pid) - cpu_ms)
                assert client.deliveries - shown > 1
            print(f"server, {name:26} CPU median {statistics.median(cpu):6.2f} ms, worst {max(cpu):6.2f} ms")
        load.close()
    finally:
        server.stop()
