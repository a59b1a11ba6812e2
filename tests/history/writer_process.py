"""A process that logs for a test: ``endless`` reports each flush until it is killed, ``limited`` hits a limit.

Prints a line for each flush, after it, as a server would then send to its clients.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from chatd.config import History
from chatd.history.files import LogFiles

T0 = 1_795_478_400_000
LOGS = ["#a", "#b", "alice bob"]


def main(mode: str, root: str) -> None:
    """Write numbered lines to all logs."""
    settings = History(rotate_bytes=50_000) if mode == "endless" else History()
    files = LogFiles(Path(root), settings, lambda text: print(text, flush=True), lambda job: job(), str.lower)
    if mode == "limited":
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    number = 0
    while mode == "endless" or number < 300:
        for log in LOGS:
            for place in range(7):
                files.append(log, T0 + number, f"{number + place:07d} some words\r\n".encode())
        files.flush()
        number += 7
        if mode == "endless":
            print(number, flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for second in range(100):
        files.tick(T0 + second * 1000)
    files.close()


main(*sys.argv[1:])
