"""Compares servers on the same load: compare.py [--workloads a,b] [--servers chatd,inspircd,ngircd]."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from load import Client, Load
from servers import Server, installed

Result = dict[str, float]


def measured(server: Server, work: Callable[[], int]) -> Result:
    """Deliveries per CPU second of the server, and per second of the wall clock."""
    cpu_s, wall_s = server.cpu_s(), time.monotonic()
    deliveries = work()
    cpu_s, wall_s = server.cpu_s() - cpu_s, time.monotonic() - wall_s
    return {"deliveries/CPU s": deliveries / max(cpu_s, 0.01), "deliveries/s": deliveries / wall_s, "CPU s": cpu_s}


def fanout(members: int, talkers: int, bursts: int) -> Callable[[Server, Load], Result]:
    """One channel, some of its members talking."""

    def run(server: Server, load: Load) -> Result:
        clients = load.connect(members, b"JOIN #bench\r\n")
        targets = [(client, "#bench", members - 1) for client in clients[:talkers]]
        load.talk(targets, 2, 20)
        return measured(server, lambda: load.talk(targets, bursts, 20))

    return run


def rooms(server: Server, load: Load) -> Result:
    """1,000 clients in 100 rooms of 10, one talking in each."""
    clients = load.connect(1000)
    for number, client in enumerate(clients):
        client.send(f"JOIN #room{number // 10}\r\n".encode())
    load.barrier(clients)
    targets = [(clients[number], f"#room{number // 10}", 9) for number in range(0, 1000, 10)]
    load.talk(targets, 2, 20)
    return measured(server, lambda: load.talk(targets, 20, 20))


def private(server: Server, load: Load) -> Result:
    """500 clients in 250 private pairs, both talking."""
    clients = load.connect(500)
    targets: list[tuple[Client, str, int]] = [
        (client, clients[number ^ 1].nick, 1) for number, client in enumerate(clients)
    ]
    load.talk(targets, 2, 20)
    return measured(server, lambda: load.talk(targets, 20, 20))


def paced(server: Server, load: Load) -> Result:
    """100 messages a second to 200 members for eight seconds: latency as clients see it, CPU of the server."""
    clients = load.connect(200, b"JOIN #bench\r\n")
    latencies: list[float] = []
    sent_s = 0.0

    def note(_client: Client, octets: bytes) -> None:
        latencies.extend([time.monotonic() - sent_s] * octets.count(b" PRIVMSG "))

    load.on_octets = note
    cpu_s, begin_s = server.cpu_s(), time.monotonic()
    for number in range(800):
        due_s = begin_s + number / 100
        while (left_s := due_s - time.monotonic()) > 0:
            load.turn(left_s)
        sent_s = time.monotonic()
        clients[number % 10].send(b"PRIVMSG #bench :" + b"x" * 64 + b"\r\n")
    load.until(lambda: load.deliveries >= 800 * 199)
    latencies.sort()
    return {
        "p50 ms": latencies[len(latencies) // 2] * 1000,
        "p99 ms": latencies[len(latencies) * 99 // 100] * 1000,
        "CPU s": server.cpu_s() - cpu_s,
    }


def joins(server: Server, load: Load) -> Result:
    """1,000 clients join one channel at once."""
    clients = load.connect(1000)
    cpu_s = server.cpu_s()
    for client in clients:
        client.send(b"JOIN #bench\r\n")
    load.barrier(clients)
    return {"CPU s": server.cpu_s() - cpu_s}


def idle(count: int) -> Callable[[Server, Load], Result]:
    """Clients that register and then do nothing."""

    def run(server: Server, load: Load) -> Result:
        load.connect(100)
        memory, cpu_s = server.memory_bytes(), server.cpu_s()
        second = Load(server.port)
        made = []
        for number in range(count):
            client = Client(server.port, f"i{number}")
            second.clients[client.socket.fileno()] = client
            second.epoll.register(client.socket, 1)
            client.send(f"NICK {client.nick}\r\nUSER u 0 * :real name\r\n".encode())
            made.append(client)
            if number % 100 == 99:
                second.until(lambda: all(client.ready for client in made))
        second.until(lambda: all(client.ready for client in made))
        result = {
            "KiB/client": (server.memory_bytes() - memory) / count / 1024,
            "registrations/CPU s": count / (server.cpu_s() - cpu_s),
        }
        second.close()
        return result

    return run


WORKLOADS: dict[str, Callable[[Server, Load], Result]] = {
    "fanout-100": fanout(100, 10, 150),
    "fanout-1000": fanout(1000, 20, 10),
    "rooms": rooms,
    "private": private,
    "paced": paced,
    "joins": joins,
    "idle": idle(3000),
}


def one(workload: str, name: str) -> Result:
    """Start a server, put the load on it, stop it."""
    with tempfile.TemporaryDirectory() as directory:
        server = Server(name, Path(directory))
        load = Load(server.port)
        try:
            return WORKLOADS[workload](server, load)
        finally:
            load.close()
            server.stop()


def main() -> None:
    """Run what was asked for and print a Markdown table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--workloads", default=",".join(WORKLOADS))
    options.add_argument("--servers", default="chatd,inspircd,ngircd")
    options.add_argument("--json")
    asked = options.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    names = [name for name in asked.servers.split(",") if installed(name)]
    results: dict[str, dict[str, Result]] = {}
    print("| workload | figure | " + " | ".join(names) + " | " + " | ".join(f"chatd/{n}" for n in names[1:]) + " |")
    print("|---|---|" + "---|" * (2 * len(names) - 1))
    for workload in asked.workloads.split(","):
        row = results[workload] = {}
        for name in names:
            try:
                row[name] = one(workload, name)
            except (RuntimeError, OSError) as problem:
                print(f"{workload} on {name}: {problem}", file=sys.stderr)
        for figure in row.get(names[0], {}):
            values = [row[name][figure] if name in row else float("nan") for name in names]
            shown = [f"{value:,.0f}" if value > 100 else f"{value:.2f}" for value in values]
            ratios = [f"{values[0] / value:.2f}" if value else "-" for value in values[1:]]
            print(f"| {workload} | {figure} | {' | '.join(shown)} | {' | '.join(ratios)} |", flush=True)
    if asked.json:
        Path(asked.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
