"""The port Archive over log files: pages out of one log, or of several merged in the order of time.

For use in any thread. Knows nothing of who asks; what they may read is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from chatd.clock import utc_text
from chatd.core.archive import BEGINNING, Entry, Page, Part, Scope, Selector, Target, Tenure, messages, share_of
from chatd.core.names import conversation, name_of
from chatd.core.search import Field
from chatd.history.people import People, select
from chatd.history.reader import Reader
from chatd.history.redactions import Waiting, nothing_waits


class Library:
    """Reads the logs below ``root``; every method may raise OSError.  ``waiting`` tells redactions not yet in files."""

    __slots__ = ("_people", "_reader")

    def __init__(self, root: Path, people: People, waiting: Waiting = nothing_waits) -> None:
        self._people = people
        self._reader = Reader(root, waiting=waiting)

    def latest(self, parts: Sequence[Part], limit: int, after: Selector | None, scope: Scope) -> Page:
        """See ``interfaces.Archive``."""
        pages = [self._reader.latest(part.log, limit, after, within(scope, part)) for part in parts]
        return merged(pages, slice(-limit, None) if limit else slice(0))

    def before(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """See ``interfaces.Archive``."""
        pages = [self._reader.before(part.log, selector, limit, within(scope, part)) for part in parts]
        return merged(pages, slice(-limit, None) if limit else slice(0))

    def after(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """See ``interfaces.Archive``."""
        pages = [self._reader.after(part.log, selector, limit, within(scope, part)) for part in parts]
        return merged(pages, slice(limit))

    def around(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """See ``interfaces.Archive``."""
        if len(parts) == 1:
            return self._reader.around(parts[0].log, selector, limit, within(scope, parts[0]))
        sides = [self._reader.sides(part.log, selector, limit, within(scope, part)) for part in parts]
        before, behind = merged([one for one, _ in sides]), merged([other for _, other in sides])
        earlier, later = messages(before.entries), messages(behind.entries)
        later = later[: limit - min(len(earlier), limit // 2)]
        earlier = earlier[max(0, len(earlier) - limit + len(later)) :]
        return bound(earlier + later, [before, behind])

    def between(self, parts: Sequence[Part], first: Selector, second: Selector, limit: int, scope: Scope) -> Page:
        """See ``interfaces.Archive``."""
        pages = [self._reader.between(part.log, first, second, limit, within(scope, part)) for part in parts]
        return merged(pages, slice(limit) if first <= second or not limit else slice(-limit, None))

    def find(self, parts: Sequence[Part], msgid: Selector, scope: Scope) -> tuple[Part, Entry] | None:
        """See ``interfaces.Archive``."""
        for part in parts:
            page = self._reader.around(part.log, msgid, 1, within(scope, part))
            if page.entries and page.entries[0].msgid == msgid.msgid:
                return part, page.entries[0]
        return None

    def times_edited(self, log: str, msgid: str) -> int:
        """See ``interfaces.Archive``."""
        return self._reader.times_edited(log, msgid)

    def targets(
        self,
        names: Iterable[Tenure],
        channels: Mapping[str, Field],
        first_ms: int,
        second_ms: int,
        limit: int,
    ) -> list[Target]:
        """See ``interfaces.Archive``."""
        moments: dict[str, str] = {}
        for name in names:
            merge(moments, self._conversations(name))
        share = share_of(len(channels))
        for channel, field in channels.items():
            if found := self.latest(field.parts, 1, None, field.said(share)).entries:
                moments[channel] = utc_text(found[0].time_ms)
        return select(moments, first_ms, second_ms, limit)

    def _conversations(self, name: Tenure) -> dict[str, str]:
        """With whom somebody talked while having this name, and when last."""
        moments = self._people.conversations(name.name)
        if name.since == BEGINNING and name.until is None:
            return moments
        begins = utc_text(name.since.moment_ms)
        found = {}
        if name.until is None:
            found = {other: moment for other, moment in moments.items() if moment > begins}
        for other in [other for other, moment in moments.items() if moment >= begins and other not in found]:
            part = Part(conversation(name.name, other), name.since, name.until)
            for entry in self.latest([part], 1, None, Scope()).entries:
                found[other] = utc_text(entry.time_ms)
        return found


def merge(moments: dict[str, str], found: dict[str, str]) -> None:
    """Add last moments by the names in logs to those by the names that are shown; the later one counts."""
    guests = [other for other in found if other[0] == "~"]
    if moments or guests:
        for other, moment in found.items():
            shown = name_of(other)
            if moment > moments.get(shown, ""):
                moments[shown] = moment
    else:
        moments.update(found)


def within(scope: Scope, part: Part) -> Scope:
    """The scope, as far as a part goes."""
    if part.since is part.until is None:
        return scope
    return replace(scope, since=part.since, until=part.until)


def in_order(message: list[Entry]) -> tuple[int, str]:
    """What messages of several logs are sorted by."""
    return message[0].time_ms, message[0].msgid


def merged(pages: Sequence[Page], piece: slice = slice(None)) -> Page:
    """Make one page of several, each message once; ``piece`` says which of them."""
    if len(pages) == 1:
        return pages[0]
    found: dict[str, list[Entry]] = {}
    for page in pages:
        for message in messages(page.entries):
            found.setdefault(message[0].msgid or str(len(found)), message)
    return bound(sorted(found.values(), key=in_order)[piece], pages)


def bound(chosen: list[list[Entry]], pages: Sequence[Page]) -> Page:
    """Make a page of messages chosen from several."""
    entries = [entry for message in chosen for entry in message]
    known = {msgid: entry for page in pages for msgid, entry in page.redactions.items()}
    redactions = {entry.msgid: known[entry.msgid] for entry in entries if entry.msgid in known}
    changed = {msgid: edit for page in pages for msgid, edit in page.edits.items()}
    edits = {entry.msgid: changed[entry.msgid] for entry in entries if entry.msgid in changed}
    return Page(entries, all(page.whole for page in pages), redactions, edits)
