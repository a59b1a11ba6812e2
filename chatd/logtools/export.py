"""`chatd log export`: logs as files that others read without chatd, what was taken back left out of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chatd.history.entry import read_entry, verb_of
from chatd.history.gap import is_comment
from chatd.history.naming import CHANNELS, PRIVATE, is_conversation
from chatd.logtools.output import Output
from chatd.logtools.page import Page
from chatd.logtools.period import Period
from chatd.logtools.places import LogFolder
from chatd.logtools.progress import Progress
from chatd.logtools.stream import lines_within, total_bytes
from chatd.logtools.words import as_json, as_text

ENDINGS: Final = {"text": ".txt", "json": ".jsonl", "html": ".html"}
EVERYTHING: Final = Period()


class Exporter:
    """Writes logs in one form; ``keep_redacted`` leaves in what was taken back."""

    def __init__(self, form: str, period: Period, keep_redacted: bool, progress: Progress) -> None:
        self._form = form
        self._period = period
        self._keep_redacted = keep_redacted
        self._progress = progress

    def export(self, log: LogFolder, output: Output) -> None:
        """Write one log.  Raises OSError."""
        if self._form == "html":
            page = Page(log.label)
            for text in page.head():
                output.line(text)
            for line in self._lines(log):
                for text in page.rows(line):
                    output.line(text)
            output.line(page.foot())
            return
        write = as_json if self._form == "json" else as_text
        for line in self._lines(log):
            output.line(write(log.name, line))

    def _lines(self, log: LogFolder) -> Iterator[bytes]:
        gone = set() if self._keep_redacted else self._redacted(log)
        taken = ""
        for lines in lines_within(log, self._period, self._progress):
            for line in lines:
                if gone and not is_comment(line):
                    entry = read_entry(line)
                    taken = entry.msgid if entry.msgid in gone else taken
                    if entry.msgid in gone or (taken and entry.tags.get("batch") == taken):
                        continue
                yield line

    def _redacted(self, log: LogFolder) -> set[str]:
        """Find the ids of what was taken back, from the beginning of the period to today."""
        since = Period(self._period.from_ms)
        quiet = Progress("", 0)
        found = set()
        for lines in lines_within(log, since, quiet):
            for line in lines:
                if b" REDACT " in line and verb_of(line) == b"REDACT":
                    found.update(read_entry(line).params[1:2])
        return found


def export(
    logs: list[LogFolder], period: Period, form: str, folder: str | None, keep_redacted: bool, output: Output
) -> int:
    """Write logs one after the other to ``output`` or, each by itself, below a folder; gives the exit status.

    Raises OSError; a file that is there already is never written over.
    """
    with Progress("export", total_bytes(logs)) as progress:
        exporter = Exporter(form, period, keep_redacted, progress)
        if folder is None:
            output.share(progress)
            for log in logs:
                exporter.export(log, output)
            return 0
        for log in logs:
            path = Path(folder, PRIVATE if is_conversation(log.name) else CHANNELS, log.path.name + ENDINGS[form])
            os.makedirs(path.parent, mode=0o700, exist_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file, Output(file) as own:
                exporter.export(log, own)
    output.line(f"logs exported to {folder}: {len(logs)}")
    return 0
