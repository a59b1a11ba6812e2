"""Starts twistd with a clock that somebody else sets: the number in a file, in seconds, is added to the system's time.

    python benchmarks/stepped.py FILE twistd-arguments...
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

OFFSET = struct.Struct("<d")


def set_offset(path: Path, seconds: float) -> None:
    """Set the clock of whoever was started with this file."""
    path.touch()
    with path.open("r+b") as file:
        file.write(OFFSET.pack(seconds))


def stepped(path: str, real: Callable[[], float]) -> Callable[[], float]:
    """Give the clock that follows the file."""
    with open(path, "rb") as file:
        shared = mmap.mmap(file.fileno(), OFFSET.size, access=mmap.ACCESS_READ)
    return lambda: real() + float(OFFSET.unpack_from(shared)[0])


if __name__ == "__main__":
    time.time = stepped(sys.argv[1], time.time)
    sys.argv = [os.path.join(os.path.dirname(sys.executable), "twistd"), *sys.argv[2:]]
    from twisted.scripts.twistd import run

    run()
