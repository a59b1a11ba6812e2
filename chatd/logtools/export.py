"""`chatd log export`: logs as files that others read without chatd, without what was taken back, with edits made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chatd.core.archive import Entry, edited
from chatd.history.days import Day
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
from chatd.wire.message import format_tags

ENDINGS: Final = {"text": ".txt", "json": ".jsonl", "html": ".html"}
EVERYTHING: Final = Period()


class Exporter:
    """Writes logs in one form; ``keep_redacted`` leaves everything as it was logged."""

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
        changes = None if self._keep_redacted else self._changes(log)
        changed = ""
        for lines in lines_within(log, self._period, self._progress):
            for line in lines:
                if changes is None or not (changes.redactions or changes.edits) or is_comment(line):
                    yield line
                    continue
                entry = read_entry(line)
                is_about = entry.msgid in changes.redactions or entry.msgid in changes.edits
                changed = entry.msgid if is_about else changed
                if entry.verb == "EDIT" or (changed and entry.goes_on == changed):
                    continue
                if not is_about:
                    yield line
                elif entry.msgid not in changes.redactions:
                    yield from map(as_line, edited([entry], changes.edit_of(entry.msgid) or []))

    def _changes(self, log: LogFolder) -> Day:
        """Find what was taken back or edited, from the beginning of the period to today."""
        since = Period(self._period.from_ms)
        quiet = Progress("", 0)
        return Day(
            line
            for lines in lines_within(log, since, quiet)
            for line in lines
            if (b" REDACT " in line or b" EDIT " in line) and verb_of(line) in ("REDACT", "EDIT")
        )


def as_line(entry: Entry) -> bytes:
    """A line as logs have it."""
    return f"@{format_tags(entry.tags)} {entry.body}".encode()


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
