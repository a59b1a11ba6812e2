"""History and archive in memory, for the stage: a list for each log, and every question answered the simplest way.

So it is the model to which the archive on files is compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from chatd.clock import read_moment
from chatd.core.archive import (
    BEGINNING,
    Entry,
    Page,
    Part,
    Scope,
    Selector,
    Target,
    Tenure,
    edited,
    messages,
    with_edits,
)
from chatd.core.names import name_of
from chatd.core.search import Field, Question
from chatd.wire.message import parse

Message = list[Entry]


def read_entry(line: str) -> Entry:
    """Parse a line as it was given to ``append``."""
    line = line.rstrip("\r\n")
    tags, source, verb, params = parse(line)
    body = line.partition(" ")[2] if line[:1] == "@" else line
    time_ms = read_moment(tags.get("time", ""))
    return Entry(-1 if time_ms is None else time_ms, tags.get("msgid", ""), tags, source, verb, params, body)


class Shelf:
    """All messages of some parts in order, those that may not be seen among them, and where each selector is."""

    def __init__(self, every: list[tuple[Message, bool]]) -> None:
        self._every = every

    def sides(self, selector: Selector) -> tuple[int, int]:
        """The places before and behind what is selected."""
        moment_ms, msgid, _ = selector
        if not msgid:
            return self._count(moment_ms, ""), self._count(moment_ms + 1, "")
        for place, (message, _) in enumerate(self._every):
            if message[0].msgid == msgid:
                return place, place + 1
        return (self._count(moment_ms, msgid),) * 2

    def _count(self, moment_ms: int, msgid: str) -> int:
        for place, (message, _) in enumerate(self._every):
            if (message[0].time_ms, message[0].msgid) > (moment_ms, msgid):
                return place
        return len(self._every)

    def visible(self, start: int = 0, stop: int | None = None) -> list[Message]:
        """Those between two places that may be seen."""
        return [message for message, may in self._every[start:stop] if may]


class MemoryHistory:
    """Keeps what would be written, by log; ``unflushed`` is what no client may have seen yet."""

    def __init__(self) -> None:
        self.logs: dict[str, list[str]] = {}
        self.unflushed: list[tuple[str, str]] = []
        self.redacted: dict[tuple[str, str], Entry] = {}
        self.edited: dict[tuple[str, str], list[Entry]] = {}
        self.edits: Counter[tuple[str, str]] = Counter()
        self.rotated: list[str | None] = []

    # --- the port History ----------------------------------------------------------------------------------

    def newest_ms(self) -> int:
        """See ``interfaces.History``; a stage begins with no past."""
        return -1

    def append(self, log: str, moment_ms: int, lines: bytes) -> None:
        """See ``interfaces.History``."""
        self.unflushed += [(log, line.decode()) for line in lines.splitlines(keepends=True)]

    def redact(self, log: str, msgid: str, line: bytes) -> None:
        """See ``interfaces.History``."""
        self.redacted[log, msgid] = read_entry(line.decode())

    def edit(self, log: str, msgid: str, lines: bytes) -> None:
        """See ``interfaces.History``."""
        self.edited[log, msgid] = [read_entry(line.decode()) for line in lines.splitlines()]
        self.edits[log, msgid] += 1

    def rotate(self, now_ms: int, name: str | None = None) -> None:
        """There are no files; it is only noted, when all is written that was said."""
        self.flush()
        self.rotated.append(name)

    def erase(self, log: str, now_ms: int) -> None:
        """See ``interfaces.History``."""
        self.flush()
        self.logs.pop(log, None)

    def flush(self) -> None:
        """See ``interfaces.History``."""
        for log, line in self.unflushed:
            self.logs.setdefault(log, []).append(line)
        self.unflushed.clear()

    def tick(self, now_ms: int) -> None:
        """Nothing to do in memory."""

    def close(self) -> None:
        """Nothing to do in memory."""

    # --- the port Archive ----------------------------------------------------------------------------------

    def _shelf(self, parts: Sequence[Part], scope: Scope) -> Shelf:
        found: dict[str, tuple[Message, bool]] = {}
        for part in parts:
            whole = messages([read_entry(line) for line in self.logs.get(part.log, ())])
            places = Shelf([(message, True) for message in whole])
            low = places.sides(part.since)[0] if part.since else 0
            high = places.sides(part.until)[1] if part.until else len(whole)
            for place, message in enumerate(whole):
                may = low <= place < high and self._is_wanted(part.log, message[0], scope)
                if may or message[0].msgid not in found:
                    found[message[0].msgid] = (message, may)
        every = list(found.values())
        if len(parts) > 1:
            every.sort(key=lambda each: (each[0][0].time_ms, each[0][0].msgid))
        return Shelf(every)

    def _is_wanted(self, log: str, entry: Entry, scope: Scope) -> bool:
        return (
            (scope.verbs is None or entry.verb in scope.verbs)
            and (scope.ranked or not entry.for_a_rank)
            and (scope.wanted is None or scope.wanted(entry))
            and not (
                (scope.redactions == "drop" or (scope.redactions == "show" and entry.verb == "TAGMSG"))
                and (log, entry.msgid) in self.redacted
            )
        )

    def _page(self, parts: Sequence[Part], scope: Scope, chosen: list[Message]) -> Page:
        entries = [entry for message in chosen for entry in message]
        redactions = {
            message[0].msgid: redaction
            for message in chosen
            for part in parts
            if (redaction := self.redacted.get((part.log, message[0].msgid))) and scope.redactions == "show"
        }
        if scope.redactions == "ignore":
            return Page(entries)
        edits = {
            message[0].msgid: edit
            for message in chosen
            for part in parts
            if (edit := self.edited.get((part.log, message[0].msgid))) and message[0].msgid not in redactions
        }
        return Page(with_edits(entries, edits), True, redactions, edits)

    def latest(self, parts: Sequence[Part], limit: int, after: Selector | None, scope: Scope) -> Page:
        """See ``interfaces.Archive``."""
        shelf = self._shelf(parts, scope)
        return self._page(parts, scope, last(shelf.visible(shelf.sides(after)[1] if after else 0), limit))

    def before(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """See ``interfaces.Archive``."""
        shelf = self._shelf(parts, scope)
        return self._page(parts, scope, last(shelf.visible(0, shelf.sides(selector)[0]), limit))

    def after(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """See ``interfaces.Archive``."""
        shelf = self._shelf(parts, scope)
        return self._page(parts, scope, shelf.visible(shelf.sides(selector)[1])[:limit])

    def around(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """See ``interfaces.Archive``."""
        shelf = self._shelf(parts, scope)
        middle = shelf.sides(selector)[0]
        before, behind = shelf.visible(0, middle), shelf.visible(middle)
        behind = behind[: limit - min(len(before), limit // 2)]
        return self._page(parts, scope, last(before, limit - len(behind)) + behind)

    def between(self, parts: Sequence[Part], first: Selector, second: Selector, limit: int, scope: Scope) -> Page:
        """See ``interfaces.Archive``."""
        shelf = self._shelf(parts, scope)
        one, other = shelf.sides(first), shelf.sides(second)
        if one[0] <= other[0]:
            chosen = shelf.visible(one[1], other[0])[:limit]
        else:
            chosen = last(shelf.visible(other[1], one[0]), limit)
        return self._page(parts, scope, chosen)

    def is_full(self) -> bool:
        """See ``interfaces.Index``."""
        return True

    def search(self, question: Question) -> Page:
        """See ``interfaces.Index``."""
        found = [
            message
            for log, lines in self.logs.items()
            for message in self._present(log, messages([read_entry(line) for line in lines]))
            if question.is_meant(message, str.lower) and question.may_read(log, message[0])
            if (log, message[0].msgid) not in self.redacted
        ]
        found.sort(key=lambda message: (message[0].time_ms, message[0].msgid))
        chosen = found[: question.limit] if question.first else last(found, question.limit)
        return Page([entry for message in chosen for entry in message])

    def _present(self, log: str, found: list[Message]) -> list[Message]:
        """Messages with the texts they have now."""
        edits = [self.edited.get((log, message[0].msgid)) for message in found]
        return [edited(message, edit) if edit else message for message, edit in zip(found, edits, strict=True)]

    def times_edited(self, log: str, msgid: str) -> int:
        """See ``interfaces.Archive``."""
        return self.edits[log, msgid]

    def find(self, parts: Sequence[Part], msgid: Selector, scope: Scope) -> tuple[Part, Entry] | None:
        """See ``interfaces.Archive``."""
        for part in parts:
            for message in self._shelf([part], scope).visible():
                if message[0].msgid == msgid.msgid:
                    return part, message[0]
        return None

    def targets(
        self, names: Iterable[Tenure], channels: Mapping[str, Field], first_ms: int, second_ms: int, limit: int
    ) -> list[Target]:
        """See ``interfaces.Archive``."""
        moments: dict[str, int] = {}
        for name in names:
            since = name.since if name.since != BEGINNING else None
            for log in self.logs:
                people = log.split(" ")
                if len(people) == 2 and name.name in people:
                    people.remove(name.name)
                    shown = name_of(people[0])
                    for entry in self.latest([Part(log, since, name.until)], 1, None, Scope()).entries[:1]:
                        moments[shown] = max(entry.time_ms, moments.get(shown, -1))
        for channel, field in channels.items():
            for entry in self.latest(field.parts, 1, None, field.said()).entries[:1]:
                moments[channel] = entry.time_ms
        low, high = min(first_ms, second_ms), max(first_ms, second_ms)
        found = sorted((ms, name) for name, ms in moments.items() if low < ms < high)
        chosen = found[:limit] if first_ms <= second_ms else found[max(0, len(found) - limit) :]
        return [Target(name, ms) for ms, name in chosen]


def last(found: list[Message], limit: int) -> list[Message]:
    """The last so many."""
    return found[-limit:] if limit else []
