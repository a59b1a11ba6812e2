"""Compares servers on the same load: compare.py [--workloads a,b] [--servers chatd,inspircd,ngircd]."""

from __future__ import annotations

import argparse
import json
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from math import isnan
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.load import Client, Load, encryption
from benchmarks.servers import WEB, Server, installed

Result = dict[str, float]
Workload = Callable[[Server, Load], Result]

# What a client of today asks for, but for echo-message, which would be deliveries more.
EVERYTHING = (
    "account-notify account-tag away-notify batch cap-notify chghost extended-join extended-monitor invite-notify"
    " labeled-response message-tags multi-prefix server-time setname standard-replies userhost-in-names"
    " draft/chathistory draft/event-playback draft/message-redaction draft/metadata-2 draft/multiline draft/oper-tag"
    " draft/read-marker"
)
# Thirds of the clients of the mixed workload; each line then has to be written in as many ways.
THIRDS = ("", "server-time message-tags", EVERYTHING)
NUMBERED = re.compile(rb" PRIVMSG #bench :(\d{6}) ")


def measured(server: Server, load: Load, work: Callable[[], int]) -> Result:
    """Deliveries per CPU second of the server, and per second of the wall clock."""
    cpu_s, wall_s = server.cpu_s(), time.monotonic()
    deliveries = work()
    cpu_s, wall_s = server.cpu_s() - cpu_s, time.monotonic() - wall_s
    load.verify()
    return {"deliveries/CPU s": deliveries / max(cpu_s, 0.01), "deliveries/s": deliveries / wall_s, "CPU s": cpu_s}


def fanout(members: int, talkers: int, bursts: int, mixed: bool = False) -> Workload:
    """One channel, some of its members talking; mixed: with capabilities, which only chatd is asked for."""

    def run(server: Server, load: Load) -> Result:
        capabilities = THIRDS if mixed and server.name == "chatd" else ("",)
        clients = load.connect(members, b"JOIN #bench\r\n", capabilities)
        targets = [(client, "#bench", clients) for client in clients[:talkers]]
        load.talk(targets, 2, 20)
        return measured(server, load, lambda: load.talk(targets, bursts, 20))

    return run


def rooms(server: Server, load: Load) -> Result:
    """1,000 clients in 100 rooms of 10, one talking in each."""
    clients = load.connect(1000)
    for number, client in enumerate(clients):
        client.send(f"JOIN #room{number // 10}\r\n".encode())
    load.barrier(clients)
    starts = range(0, 1000, 10)
    targets = [(clients[start], f"#room{start // 10}", clients[start : start + 10]) for start in starts]
    load.talk(targets, 2, 20)
    return measured(server, load, lambda: load.talk(targets, 70, 20))


def private(server: Server, load: Load) -> Result:
    """500 clients in 250 private pairs, both talking."""
    clients = load.connect(500)
    partners = [clients[number ^ 1] for number in range(500)]
    targets = [(client, other.nick, [other]) for client, other in zip(clients, partners, strict=True)]
    load.talk(targets, 2, 20)
    return measured(server, load, lambda: load.talk(targets, 60, 20))


def paced(server: Server, load: Load) -> Result:
    """100 messages a second to 200 members for eight seconds: latency as clients see it, CPU of the server.

    Before, the same for two seconds: whoever comes first in this process would else pay for what it has to learn.
    """
    clients = load.connect(200, b"JOIN #bench\r\n")
    latencies: list[float] = []
    sent_s: list[float] = []
    rest: dict[Client, bytes] = {}

    def note(client: Client, octets: bytes) -> None:
        now_s = time.monotonic()
        whole, _, rest[client] = (rest.get(client, b"") + octets).rpartition(b"\n")
        latencies.extend(now_s - sent_s[int(number)] for number in NUMBERED.findall(whole))

    def say(messages: int) -> None:
        begin_s, already, wanted = time.monotonic(), len(sent_s), load.deliveries + messages * 199
        for number in range(messages):
            due_s = begin_s + number / 100
            while (left_s := due_s - time.monotonic()) > 0:
                load.turn(left_s)
            talker = clients[number % 10]
            load.owe([(talker, "#bench", clients)], 1)
            # Due, not sent: a load that is late itself must not make the server look fast.
            sent_s.append(due_s)
            talker.send(b"PRIVMSG #bench :%06d %s\r\n" % (already + number, b"x" * 57))
        load.until(lambda: load.deliveries >= wanted)

    load.on_octets = note
    say(200)
    latencies.clear()
    cpu_s = server.cpu_s()
    say(800)
    cpu_s = server.cpu_s() - cpu_s
    load.verify()
    if len(latencies) != 800 * 199:
        raise RuntimeError(f"{len(latencies)} latencies instead of {800 * 199}")
    latencies.sort()
    return {
        "p50 ms": latencies[len(latencies) // 2] * 1000,
        "p99 ms": latencies[len(latencies) * 99 // 100] * 1000,
        "CPU s": cpu_s,
    }


def joins(server: Server, load: Load) -> Result:
    """1,000 clients join one channel at once."""
    clients = load.connect(1000)
    cpu_s = server.cpu_s()
    for client in clients:
        client.send(b"JOIN #bench\r\n")
    load.barrier(clients)
    return {"CPU s": server.cpu_s() - cpu_s}


def idle(count: int) -> Workload:
    """Clients that register and then do nothing."""

    def run(server: Server, load: Load) -> Result:
        load.connect(100)
        memory_bytes, cpu_s = server.memory_bytes(), server.cpu_s()
        load.connect(count, prefix="i")
        return {
            "KiB/client": (server.memory_bytes() - memory_bytes) / count / 1024,
            "registrations/CPU s": count / (server.cpu_s() - cpu_s),
        }

    return run


WORKLOADS: dict[str, Workload] = {
    "fanout-100": fanout(100, 10, 300),
    "fanout-1000": fanout(1000, 20, 25),
    "rooms": rooms,
    "private": private,
    "paced": paced,
    "joins": joins,
    "idle": idle(3000),
    "idle-10000": idle(10_000),
    "fanout-100-tls": fanout(100, 10, 150),
    "paced-tls": paced,
    "idle-tls": idle(2000),
    "fanout-100-web": fanout(100, 10, 150),
    "mixed": fanout(100, 10, 250, mixed=True),
}


def one(workload: str, name: str, extra: str = "") -> Result:
    """Start a server, put the load on it, stop it; ``extra`` stands at the end of its configuration."""
    tls, web = workload.endswith("-tls"), workload.endswith("-web")
    with tempfile.TemporaryDirectory() as directory:
        server = Server(name, Path(directory), tls, web, extra)
        port = server.tls_port if tls else server.web_port if web else server.port
        load = Load(port, encryption() if tls else None, web)
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
    failures = 0
    print("| workload | figure | " + " | ".join(names) + " | " + " | ".join(f"chatd/{n}" for n in names[1:]) + " |")
    print("|---|---|" + "---|" * (2 * len(names) - 1))
    for workload in asked.workloads.split(","):
        row = results[workload] = {}
        for name in names:
            if workload.endswith("-web") and name not in WEB:
                continue
            try:
                row[name] = one(workload, name)
            except (RuntimeError, OSError) as problem:
                failures += 1
                print(f"{workload} on {name}: {problem}", file=sys.stderr)
        for figure in next(iter(row.values()), {}):
            values = [row[name][figure] if name in row else float("nan") for name in names]
            shown = ["-" if isnan(value) else f"{value:,.0f}" if value > 100 else f"{value:.2f}" for value in values]
            ratios = [f"{values[0] / value:.2f}" if value and not isnan(value) else "-" for value in values[1:]]
            print(f"| {workload} | {figure} | {' | '.join(shown)} | {' | '.join(ratios)} |", flush=True)
    if asked.json:
        Path(asked.json).write_text(json.dumps(results, indent=1))
    if failures:
        raise SystemExit(f"{failures} runs failed")


if __name__ == "__main__":
    main()
