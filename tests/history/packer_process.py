"""A process that packs a folder for a test and is killed by itself just before the named step."""

from __future__ import annotations

import os
import signal
import sys
from threading import Lock

from chatd.history.packing import Packer


def main(folder: str, before_ms: str, last: str) -> None:
    """Pack what ended before a moment, unless killed."""

    def step(name: str) -> None:
        if name == last:
            os.kill(os.getpid(), signal.SIGKILL)

    Packer(Lock(), set(), step=step).pack_folder(folder, int(before_ms), 1 << 60)


main(*sys.argv[1:])
