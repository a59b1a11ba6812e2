"""What history costs: messages delivered and logged end to end, with history on and off, in turns.

    python benchmarks/logged.py [--channels 1000] [--rounds 5] [--workloads rooms private]

One talks and one listens in each channel. Prints medians per second of the server's CPU time and of the clock; what
the clock says is bounded by the load, which takes a core for itself. With ``--workloads`` it is those of compare.py,
and what they give with history as part of what they give without.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.compare import WORKLOADS, one
from benchmarks.load import Load
from benchmarks.servers import Server
from chatd.history.lines import events
from chatd.logtools.places import all_logs

BURST = 20
BURSTS = 10
KINDS = {
    "history and search": "",
    "history": "\n[history]\nsearch = false\n",
    "neither": "\n[history]\nenabled = false\n",
}


def run(channels: int, extra: str) -> tuple[float, float, int]:
    """One server: messages per CPU second, per second, and how many are in the log."""
    with tempfile.TemporaryDirectory() as name:
        server = Server("chatd", Path(name), extra=extra)
        try:
            load = Load(server.port)
            talkers = load.connect(channels, prefix="t")
            listeners = load.connect(channels, prefix="l")
            for number, (talker, listener) in enumerate(zip(talkers, listeners, strict=True)):
                listener.send(f"JOIN #c{number}\r\n".encode())
                talker.send(f"JOIN #c{number}\r\n".encode())
            load.barrier([*talkers, *listeners])
            targets = [(talker, f"#c{number}", [listeners[number]]) for number, talker in enumerate(talkers)]
            load.talk(targets, 1, BURST)
            cpu_s, wall_s = server.cpu_s(), time.perf_counter()
            messages = load.talk(targets, BURSTS, BURST)
            wall_s = time.perf_counter() - wall_s
            cpu_s = server.cpu_s() - cpu_s
            load.verify()
            load.close()
        finally:
            server.stop()
        history = Path(name) / "data" / "history"
        logs = all_logs(history) if history.exists() else []
        logged = sum(b" PRIVMSG " in line for log in logs for line in events(log.path))
        return messages / cpu_s, messages / wall_s, logged


def share(workload: str, rounds: int) -> None:
    """Print one of the workloads that compare servers, with history and without."""
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind, extra in KINDS.items():
            figures = one(workload, "chatd", extra)
            found[kind].append(figures.get("deliveries/CPU s") or 1 / figures["CPU s"])
    searched, logged, off = (statistics.median(found[kind]) for kind in KINDS)
    print(f"{workload:12} {off:12,.2f} without history; {logged / off:.3f} of that with it, {searched / off:.3f} with "
          "search", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--channels", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workloads", choices=list(WORKLOADS), nargs="*")
    options = parser.parse_args()
    if options.workloads:
        for workload in options.workloads:
            share(workload, options.rounds)
        return
    figures: dict[str, list[tuple[float, float, int]]] = {kind: [] for kind in KINDS}
    for _ in range(options.rounds):
        for kind, extra in KINDS.items():
            figures[kind].append(run(options.channels, extra))
    for kind, found in figures.items():
        cpu, wall, logged = (statistics.median(each[place] for each in found) for place in range(3))
        print(f"{kind:20} {cpu:9,.0f} a CPU second, {wall:9,.0f} a second; logged {logged:,.0f}")


if __name__ == "__main__":
    main()
