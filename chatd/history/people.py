"""With whom somebody has conversations, and when the last line of each was: one small file for each person.

Owns the folder ``people``, derived from ``private``: a file is made when somebody asks first. Then the writer notes
when a conversation begins to be written to, and when it rests; between, its log says when the last line was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from heapq import nlargest, nsmallest
from pathlib import Path
from threading import Lock
from typing import Final

from chatd.clock import read_moment, utc_text
from chatd.core.archive import Target
from chatd.history.entry import KEY_BYTES
from chatd.history.naming import PEOPLE, PRIVATE, escape, folder_of, log_of_folder
from chatd.history.segment import make_folder
from chatd.history.view import View

_WRITTEN: Final = "-"
"""Instead of a moment: the log has to be asked."""
_SPARE_LINES: Final = 1000
_MOST_BYTES: Final = 16_777_216


class People:
    """``newest_ms`` gives the moment of the last line of a log that is in use, None for others."""

    __slots__ = ("_defer", "_lock", "_newest_ms", "_root", "_used")

    def __init__(
        self, root: Path, defer: Callable[[Callable[[], None]], None], newest_ms: Callable[[str], int | None]
    ) -> None:
        self._root = root
        self._defer = defer
        self._newest_ms = newest_ms
        self._lock = Lock()
        self._used: set[str] = set()

    def begin(self, log: str) -> None:
        """A conversation is about to be written to.  Quick, and never raises."""
        with self._lock:
            self._used.add(log)
            self._note(log, _WRITTEN)

    def rest(self, moments: dict[str, int]) -> None:
        """Nothing was written to these for a while; they are noted in the background, with their last moments."""
        self._used.difference_update(moments)
        self._defer(lambda: self.settle(moments))

    def settle(self, moments: dict[str, int]) -> None:
        """Note last moments, but of logs that are in use again."""
        for log, moment_ms in moments.items():
            with self._lock:
                if log not in self._used:
                    self._note(log, utc_text(moment_ms))

    def gone(self, folder: str) -> None:
        """The folder of a conversation was deleted."""
        log = log_of_folder(folder)
        if log is not None and " " in log:
            with self._lock:
                self._note(log, _WRITTEN)

    def _note(self, log: str, moment: str) -> None:
        one, _, other = log.partition(" ")
        for name, with_whom in {(one, other), (other, one)}:
            path = self._path(name)
            try:
                self._append(path, f"{moment} {with_whom}\n".encode())
            except (FileNotFoundError, NotADirectoryError):
                continue  # nobody asked yet
            except (OSError, ValueError):
                # A file that does not tell all is worse than none, which is made anew.
                with suppress(OSError, ValueError):
                    os.unlink(path)

    @staticmethod
    def _append(path: str, octets: bytes) -> None:
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        try:
            if os.write(fd, octets) != len(octets) or os.fstat(fd).st_size > _MOST_BYTES:
                raise OSError("cut short, or too long")
        finally:
            os.close(fd)

    def targets(
        self, name: str, first_ms: int, second_ms: int, limit: int, channels: Mapping[str, int] | None = None
    ) -> list[Target]:
        """Answer TARGETS for somebody: conversations, and the given channels with their last moments, oldest first.

        Those between the two moments, counted from the first, which may be the later one. Raises OSError.
        """
        moments = self.conversations(name)
        for channel, moment_ms in (channels or {}).items():
            moments[channel] = utc_text(moment_ms)
        return select(moments, first_ms, second_ms, limit)

    def conversations(self, name: str) -> dict[str, str]:
        """Give everybody with whom somebody has a conversation, and the time of its last line.  Raises OSError."""
        path = self._path(name)
        try:
            octets = Path(path).read_bytes()
        except FileNotFoundError:
            octets = b""
        noted = _notes(name, octets)
        if noted is None:
            return self._make_anew(name, path)
        if _WRITTEN in noted.values():
            moments, rested = self._ask_logs(name, noted)
            self.settle(rested)
        else:
            moments = dict(noted)
        if octets.count(b"\n") > 2 * len(noted) + _SPARE_LINES:
            self._replace(name, path, {other: noted[other] for other in moments}, octets)
        return moments

    def _ask_logs(self, name: str, noted: dict[str, str]) -> tuple[dict[str, str], dict[str, int]]:
        """Find out what the notes leave open; what logs at rest say is added to ``noted``, and given by log too."""
        moments = {other: moment for other, moment in noted.items() if moment != _WRITTEN}
        rested: dict[str, int] = {}
        for other in [other for other in noted if other not in moments]:
            log = f"{name} {other}" if name < other else f"{other} {name}"
            newest_ms = self._newest_ms(log)
            if newest_ms is not None:
                moments[other] = utc_text(newest_ms)
            elif last := self._last_moment(log):
                moments[other] = noted[other] = last
                rested[log] = read_moment(last) or 0
        return moments, rested

    def _last_moment(self, log: str) -> str:
        with View(str(folder_of(self._root, log))) as view:
            return (view.last_key() or b"").decode()

    def _make_anew(self, name: str, path: str) -> dict[str, str]:
        """Look through all conversations; what is noted meanwhile is added to an empty file first."""
        make_folder(os.path.dirname(path))
        with self._lock:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        noted = {}
        with suppress(FileNotFoundError):
            for folder in os.listdir(self._root / PRIVATE):
                one, space, other = (log_of_folder(os.path.join(PRIVATE, folder)) or "").partition(" ")
                if space and name in (one, other):
                    noted[other if name == one else one] = _WRITTEN
        moments, _ = self._ask_logs(name, noted)
        self._replace(name, path, {other: noted[other] for other in moments}, b"")
        return moments

    def _replace(self, name: str, path: str, noted: Mapping[str, str], known: bytes) -> None:
        """Write a file anew, with what was appended to the old one since ``known`` was read of it."""
        lines = "".join(f"{moment} {other}\n" for other, moment in noted.items())
        part = f"{path}.part"
        with self._lock:
            try:
                now = Path(path).read_bytes()
            except FileNotFoundError:
                return  # it was given up
            if not now.startswith(known) or now.startswith(_head(name)) != bool(known):
                return  # somebody else was faster
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
                file.write(_head(name) + lines.encode() + now[len(known) :])
            os.rename(part, path)

    def _path(self, name: str) -> str:
        return os.path.join(self._root, PEOPLE, os.fsdecode(escape(name).encode()))

    def close(self, moments: dict[str, int]) -> None:
        """The server ends: note all last moments now."""
        self._used.clear()
        self.settle(moments)


def select(moments: Mapping[str, str], first_ms: int, second_ms: int, limit: int) -> list[Target]:
    """Pick those between two moments, counted from the first, which may be the later one; oldest first."""
    low, high = utc_text(min(first_ms, second_ms)), utc_text(max(first_ms, second_ms))
    found = [(moment, name) for name, moment in moments.items() if low < moment < high]
    chosen = nsmallest(limit, found) if first_ms <= second_ms else reversed(nlargest(limit, found))
    return [Target(name, read_moment(moment) or 0) for moment, name in chosen]


def _head(name: str) -> bytes:
    """What a file that tells all begins with; one without it is being made."""
    return f"# conversations of {name}\n".encode()


def _notes(name: str, octets: bytes) -> dict[str, str] | None:
    """Read a file; None when it does not tell all, or is damaged."""
    head = _head(name)
    if not octets.startswith(head) or not octets.endswith(b"\n"):
        return None
    pairs = [line.split(" ") for line in octets[len(head) :].decode("utf-8", "replace").split("\n")[:-1]]
    if not {2}.issuperset(map(len, pairs)):
        return None
    noted = {other: moment for moment, other in pairs}
    if "" in noted or any(len(moment) != KEY_BYTES and moment != _WRITTEN for moment in noted.values()):
        return None
    return noted
