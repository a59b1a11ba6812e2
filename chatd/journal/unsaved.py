"""What is written down of changes that stores have not heard of yet, and for how long.

A note is the whole of what is kept under a kind and a key, and replaces the one before; ``None`` says there is nothing.
Whoever writes to a store what a held note is about writes a newer note first, as the notes win at the next start.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

from chatd.core.accounts import Json
from chatd.core.kept import Note
from chatd.interfaces import Journal
from chatd.reports import reporter

log = reporter(__name__)

LARGE: Final = 1 << 18
"""From how many bytes on it is looked whether a file has more old notes than new ones."""
AT_ONCE: Final = 16
"""At so many times what calls for a look at the next tick, there is one at once."""


class MemoryJournal:
    """Implements ``interfaces.Journal`` for a server without a disk; ``is_full`` makes it say no to more."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.size = 0
        self.is_full = False

    def load(self) -> list[Note]:
        """See ``interfaces.Journal``, here and below."""
        return list(self.notes)

    def append(self, note: Note) -> None:
        self.notes.append(note)
        self.size += 100

    def replace(self, notes: Iterable[Note]) -> None:
        self.reserve()
        self.notes = list(notes)
        self.size = 100 * len(self.notes)

    def is_replaced(self) -> bool:
        return True

    def reserve(self) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")


class Server(Protocol):
    """What this needs of the server."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""

    def notice(self, text: str) -> None:
        """Tell operators."""


class Unsaved:
    """``is_failing`` says that nothing can be written down just now: then nothing is to happen that has to be.

    ``underway`` are the kinds and keys of what is being saved, for whoever saves one thing once at a time.
    """

    def __init__(self, server: Server, journal: Journal) -> None:
        self._server = server
        self._journal = journal
        self._notes: dict[tuple[str, str], tuple[int, Note]] = {}
        self._held: set[tuple[str, str]] = set()
        self._held_then: set[tuple[str, str]] | None = None  # when what is being replaced is
        self._serial = 0
        self._bound = LARGE
        self._to_rewrite = False
        self.underway: set[tuple[str, str]] = set()
        self.is_failing = False
        try:
            journal.reserve()
        except OSError as problem:  # nobody is there yet who could be told
            self.is_failing = True
            _report(problem)

    def note(self, kind: str, key: str, value: Json) -> None:
        """Write down what is to be saved; it is out of this process when this returns, unless that fails."""
        self._serial += 1
        note = Note(kind, key, value, self._server.now_ms())
        self._notes.pop((kind, key), None)
        self._notes[kind, key] = self._serial, note
        self._held.add((kind, key))
        if self._held_then is not None:
            self._held_then.add((kind, key))
        try:
            self._journal.append(note)  # also while it says no to more: there may still be room for what goes on
            self._journal.reserve()
        except OSError as problem:
            self._fail(problem)
        if self._journal.size > AT_ONCE * self._bound and not self.is_failing:
            self.tick()

    def noted(self, kind: str, key: str) -> Any:
        """What is not saved yet, or None."""
        _, note = self._notes.get((kind, key), (0, None))
        return note.value if note is not None else None

    def holds(self, kind: str, key: str) -> bool:
        """Say whether something is written down that would win over the store at the next start."""
        return (kind, key) in self._held

    def mark(self, kind: str, key: str) -> int:
        """What to give ``saved`` when what is known just now is in the store."""
        return self._notes.get((kind, key), (0, None))[0]

    def marks(self, kind: str) -> dict[str, int]:
        """The same for everything of a kind that is not saved."""
        return {key: serial for (each, key), (serial, _) in self._notes.items() if each == kind}

    def saved(self, kind: str, key: str, mark: int) -> None:
        """It is in the store as it was known at that mark."""
        if mark and self.mark(kind, key) == mark:
            del self._notes[kind, key]

    def move(self, kind: str, old: str, new: str) -> None:
        """What is kept under one key is kept under another."""
        if (kind, old) in self._notes:
            self.note(kind, new, self.noted(kind, old))
            self.forget(kind, old)

    def forget(self, kind: str, key: str) -> None:
        """Nothing is to be saved any more, and nothing to be left of it in the file."""
        self._notes.pop((kind, key), None)
        self._to_rewrite = self._to_rewrite or bool(self._held)

    def tick(self) -> None:
        """At start and once a second: what is saved is taken away; what could not be written down is tried again."""
        if self._held_then is not None:
            self._look_whether_replaced()
            return
        done = self._held and not self._notes
        if self.is_failing or self._to_rewrite or done or self._journal.size > self._bound:
            self._rewrite()
            return
        try:
            self._journal.reserve()
        except OSError as problem:
            self._fail(problem)

    def _rewrite(self) -> None:
        try:
            self._journal.replace(note for _, note in self._notes.values())
        except OSError as problem:
            self._fail(problem)
            return
        self._held_then = set(self._notes)
        self._to_rewrite = False
        self._look_whether_replaced()

    def _look_whether_replaced(self) -> None:
        """What was in the file before is held until it is certain that a start would not find it any more."""
        try:
            if not self._journal.is_replaced():
                return
            self._journal.reserve()
        except OSError as problem:
            self._held_then = None
            self._fail(problem)
            return
        if self._held_then is not None:
            self._held, self._held_then = self._held_then, None
        self._bound = max(LARGE, 2 * self._journal.size)
        if self.is_failing:
            self.is_failing = False
            self._server.notice("What changes can be written down again")

    def _fail(self, problem: OSError) -> None:
        if not self.is_failing:
            self.is_failing = True
            _report(problem)
            self._server.notice(f"What is to be kept cannot be written down just now: {problem.strerror}")


def _report(problem: OSError) -> None:
    log.error("changes cannot be written down: {problem}", problem=problem.strerror)
