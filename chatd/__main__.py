"""The command `chatd`: tools for whoever runs the server, which itself is started by `twistd chatd`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from chatd import __version__
from chatd.accounttools import command as accounttools
from chatd.logtools import command as logtools

STOPPED = 128 + signal.SIGINT


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    made = argparse.ArgumentParser(prog="chatd", description="Tools for a chatd server; `twistd chatd` starts one.")
    made.add_argument("--version", action="version", version=f"chatd {__version__}")
    subjects = made.add_subparsers(required=True, metavar="SUBJECT")
    what = "Read, look through, check, shorten and export log files, while the server runs or not."
    log = subjects.add_parser("log", help=what, description=what)
    logtools.add_to(log)
    log.set_defaults(carry_out=logtools.run)
    what = "Copy the database of accounts and registered channels, and put a copy in its place."
    accounts = subjects.add_parser("accounts", help=what, description=what)
    accounttools.add_to(accounts)
    accounts.set_defaults(carry_out=accounttools.run)
    return made


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; names of logs may stand behind options that stand behind other words."""
    made = parser()
    options, left = made.parse_known_args(arguments)
    if left and ("logs" not in options or any(word.startswith("-") for word in left)):
        made.error(f"unrecognized arguments: {' '.join(left)}")
    if left:
        options.logs += left
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command, that of the command line by default; gives the exit status."""
    try:
        options = parsed(arguments)
        status: int = options.carry_out(options)
        return status
    except BrokenPipeError:
        # Whoever read this has seen enough; nothing must be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return STOPPED


if __name__ == "__main__":
    sys.exit(main())
