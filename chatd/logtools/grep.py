"""`chatd log grep`: the lines in which something was said, plain or packed, looked through from end to end."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chatd.core.archive import Entry
from chatd.history.entry import read_entry, verb_of
from chatd.history.gap import is_comment
from chatd.logtools.output import Output
from chatd.logtools.period import Period
from chatd.logtools.places import Fold, LogFolder
from chatd.logtools.progress import Progress
from chatd.logtools.stream import lines_within, total_bytes
from chatd.logtools.words import FORMS, spoken
from chatd.wire.formatting import strip_formatting
from chatd.wire.masks import glob

FOUND: Final = 0
NOT_FOUND: Final = 1
_CODES: Final = re.compile(rb"[\x02-\x1f]")


@dataclass(frozen=True)
class Query:
    """What is looked for: a text, or a regular expression; who said it and with which verbs, () for any."""

    pattern: str
    regex: bool = False
    ignore_case: bool = False
    nicks: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()

    def matcher(self) -> Callable[[str], object]:
        """Give what is true of a text that matches; raises re.error."""
        if self.regex:
            return re.compile(self.pattern, re.IGNORECASE if self.ignore_case else 0).search
        if self.ignore_case:
            sought = self.pattern.casefold()
            return lambda text: sought in text.casefold()
        return lambda text: self.pattern in text


class Finder:
    """Says of lines whether they are meant; ``fold`` folds nicknames, which may be masks."""

    def __init__(self, query: Query, fold: Fold) -> None:
        self._matches = query.matcher()
        self._verbs = frozenset(verb.upper() for verb in query.verbs)
        self._nicks = [fold(nick) for nick in query.nicks]
        self._fold = fold
        # A line that does not have the text anywhere needs no parsing; formatting codes may stand in between.
        self._needle = b"" if query.regex or query.ignore_case else query.pattern.encode()

    def wants(self, line: bytes) -> bool:
        """Say whether a line is meant."""
        if self._needle not in line and not _CODES.search(line):
            return False
        if is_comment(line) or (self._verbs and verb_of(line) not in self._verbs):
            return False
        entry = read_entry(line)
        return self._is_from(entry) and bool(self._matches(strip_formatting(spoken(entry))))

    def _is_from(self, entry: Entry) -> bool:
        if not self._nicks:
            return True
        nick = self._fold(entry.nick)
        return any(glob(mask, nick) for mask in self._nicks)


def grep(
    logs: list[LogFolder], period: Period, query: Query, fold: Fold, form: str, count_only: bool, output: Output
) -> int:
    """Write the lines that match, or how many there are in each log; gives the exit status.

    Raises OSError, and re.error for a regular expression that is none.
    """
    finder = Finder(query, fold)
    write = FORMS[form]
    status = NOT_FOUND
    with Progress("grep", total_bytes(logs)) as progress:
        output.share(progress)
        for log in logs:
            head = f"{log.label}: " if form == "text" and len(logs) > 1 else ""
            count = 0
            for lines in lines_within(log, period, progress):
                for line in filter(finder.wants, lines):
                    count += 1
                    if not count_only:
                        output.line(head + write(log.name, line))
            if count:
                status = FOUND
            if count_only and (count or len(logs) == 1):
                output.line(f"{log.label}: {count}" if len(logs) > 1 else str(count))
    return status
