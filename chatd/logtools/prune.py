"""`chatd log prune`: deletes old files by the rules of the configuration, or by others, at once.

Owns the order of two walks (count, then delete). The newest file of a log may be written to at any moment, so it goes
only while no server runs, and none can start.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from threading import Lock
from typing import Final

from chatd.history.naming import is_conversation
from chatd.history.people import People
from chatd.history.policy import Keep, Policy, Total
from chatd.history.redactions import AFTER_ALL, DAY_LETTERS, forget
from chatd.history.retention import Fate, delete_segment, fates
from chatd.logtools.output import Output
from chatd.logtools.places import LogFolder, Place
from chatd.logtools.progress import Progress
from chatd.stores.directory import DataDirectory, DirectoryTaken

DONE: Final = 0


class Pruning:
    """One run; ``alone`` says that no server runs or can start meanwhile."""

    def __init__(self, place: Place, policy: Policy, alone: bool, dry: bool, output: Output) -> None:
        self._place = place
        self._policy = policy
        self._alone = alone
        self._dry = dry
        self._output = output
        self._total = Total()
        self._people = People(place.root, lambda job: job(), lambda name: None)
        self.files = 0
        self.size_bytes = 0
        self.spared = 0

    def count(self, log: LogFolder, now_ms: int) -> None:
        """Add up what would stay of a log by its own rules."""
        for fate in fates(str(log.path), now_ms, self._keep(log), None):
            if not self._goes(fate):
                self._total.count(fate.ended_ms, fate.size_bytes)

    def decide(self) -> None:
        """All is counted."""
        self._total.decide(self._policy.total_bytes)

    def prune(self, log: LogFolder, now_ms: int) -> None:
        """Delete what goes of a log, and its folder when nothing is left.  Raises OSError."""
        gone = 0
        oldest = ""
        for fate in fates(str(log.path), now_ms, self._keep(log), self._total):
            if self._goes(fate) and (self._dry or delete_segment(fate.path, Lock(), set())):
                gone += 1
                self.files += 1
                self.size_bytes += fate.size_bytes
                self._output.line(f"{'would delete' if self._dry else 'deleted'} {fate.path} ({fate.size_bytes} bytes)")
            else:
                oldest = oldest or os.path.basename(fate.path)[:DAY_LETTERS]
                self.spared += fate.goes
        if gone and not self._dry:
            forget(str(log.path), oldest or AFTER_ALL)
            if not oldest:
                self._remove(log)

    def _keep(self, log: LogFolder) -> Keep:
        return self._policy.keep(None if is_conversation(log.name) else log.name)

    def _goes(self, fate: Fate) -> bool:
        return fate.goes and (self._alone or not fate.is_newest)

    def _remove(self, log: LogFolder) -> None:
        with suppress(OSError):
            os.rmdir(log.path)
            self._people.gone(str(log.path))


def prune(place: Place, logs: list[LogFolder], policy: Policy, now_ms: int, dry: bool, output: Output) -> int:
    """Delete what the policy does not keep, of these logs; gives the exit status.  Raises OSError."""
    with ExitStack() as held:
        alone = True
        try:
            held.callback(DataDirectory(place.data).release)
        except DirectoryTaken:
            alone = False
        run = Pruning(place, policy, alone, dry, output)
        with Progress("prune", 2 * len(logs)) as progress:
            output.share(progress)
            for log in logs:
                run.count(log, now_ms)
                progress.advance(1)
            run.decide()
            for log in logs:
                run.prune(log, now_ms)
                progress.advance(1)
    output.line(f"{'would be deleted' if dry else 'deleted'}: {run.files} files, {run.size_bytes} bytes")
    if run.spared:
        output.line(f"left to the server, which is running: {run.spared} files that may be written to")
    return DONE
