"""`chatd log cat`: the lines of logs, one log after the other."""

from __future__ import annotations

from chatd.logtools.output import Output
from chatd.logtools.period import Period
from chatd.logtools.places import LogFolder
from chatd.logtools.progress import Progress
from chatd.logtools.stream import lines_within, total_bytes
from chatd.logtools.words import FORMS


def cat(logs: list[LogFolder], period: Period, form: str, output: Output) -> int:
    """Write all lines of a period; gives the exit status.  Raises OSError."""
    write = FORMS[form]
    with Progress("cat", total_bytes(logs)) as progress:
        output.share(progress)
        for number, log in enumerate(logs):
            if form == "text" and len(logs) > 1:
                output.line(f"{'' if number == 0 else chr(10)}== {log.label}")
            for lines in lines_within(log, period, progress):
                for line in lines:
                    output.line(write(log.name, line))
    return 0
