"""`chatd log check`: whether the files are what docs/history.md says: order, ids, whole lines, readable blocks.

Says what is wrong, and where; gaps that the server marked are told too, but are not wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from chatd.clock import id_moment_ms
from chatd.history.entry import line_key, read_entry
from chatd.history.gap import is_comment, lost_lines
from chatd.history.lines import segments
from chatd.history.naming import PACKED, stem_of
from chatd.history.packed import PackedText
from chatd.history.redactions import days_in
from chatd.history.search import forwards
from chatd.history.view import has_tag
from chatd.logtools.output import Output
from chatd.logtools.places import LogFolder
from chatd.logtools.progress import Progress
from chatd.logtools.stream import open_segment, size_of, total_bytes

WELL: Final = 0
WRONG: Final = 1
_MOST_OF_A_KIND: Final = 10
"""How many times one kind of trouble is told of one file."""


class Check:
    """One run; ``writing`` says that a server is at work, so that the last line of a log may be under way."""

    def __init__(self, output: Output, writing: bool) -> None:
        self._output = output
        self._writing = writing
        self._told: Counter[tuple[Path, str]] = Counter()
        self.lines = 0
        self.files = 0
        self.troubles = 0
        self.lost = 0

    def trouble(self, path: Path, what: str, where: str = "") -> None:
        """Tell one thing that is wrong."""
        self.troubles += 1
        self._told[path, what] += 1
        told = self._told[path, what]
        if told < _MOST_OF_A_KIND:
            self._output.line(f"{path}: {what}{where}")
        elif told == _MOST_OF_A_KIND:
            self._output.line(f"{path}: {what}{where} (and perhaps more of that kind)")

    def log(self, log: LogFolder, progress: Progress) -> None:
        """Look through one log.  Raises OSError but for what is wrong with a file itself."""
        paths = segments(log.path)
        reading = LogReading(self)
        for path in paths:
            self.files += 1
            size_bytes = size_of(path)
            try:
                self._segment(path, reading, is_newest=path == paths[-1])
            except FileNotFoundError:
                pass  # deleted meanwhile: that is how old files go
            except OSError as error:
                self.trouble(path, f"cannot be read: {error.strerror or error}")
            progress.advance(size_bytes)
        self._strays(log.path)
        repeated = [msgid for msgid, count in reading.count_suspects(paths).items() if count > 1]
        for msgid in repeated:
            self.trouble(log.path, "an id of more than one line", f": {msgid}")

    def _strays(self, folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            if self._writing and path.name.endswith(".part"):
                continue
            if stem_of(path.name) is None and not days_in([path.name]):
                self.trouble(path, "is no log file")

    def _segment(self, path: Path, reading: LogReading, is_newest: bool) -> None:
        with closing(open_segment(path)) as text:
            end = 0
            for lines in forwards(text, 0, text.size_bytes):
                for line in lines:
                    reading.take(path, end, line)
                    end += len(line) + 1
            if end < text.size_bytes and not (is_newest and self._writing):
                self.trouble(path, "ends within a line", f": {text.size_bytes - end} bytes")
            if isinstance(text, PackedText) and text.bad_blocks:
                self.trouble(path, "has blocks that cannot be unpacked", f": {text.bad_blocks}")
        if path.name.endswith(PACKED) and path.with_suffix("").exists():
            self.trouble(path, "is there unpacked as well")


class LogReading:
    """What is known of a log up to a line: the last key, the last id, and the ids that may not be the only ones.

    Ids come in order, so one that is later than all before it is new; only the others are counted in the end.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        self._key = b""
        self._last_id = ""
        self._suspects: set[str] = set()

    def take(self, path: Path, offset: int, line: bytes) -> None:
        """Look at the next line."""
        check = self._check
        check.lines += 1

        def wrong(what: str) -> None:
            check.trouble(path, what, f", at byte {offset}")

        if is_comment(line):
            check.lost += lost_lines(line)
            return
        if is_sound(line, wrong):
            self._order(line, wrong)

    def _order(self, line: bytes, wrong: Callable[[str], None]) -> None:
        key = line_key(line)
        if key is None:
            wrong("a line without a time")
            return
        if key < self._key:
            wrong("a line that is earlier than the one before it")
        self._key = max(key, self._key)
        entry = read_entry(line)
        if not entry.msgid:
            if "batch" not in entry.tags and entry.verb in ("PRIVMSG", "NOTICE"):
                wrong("a message without an id")
            return
        if id_moment_ms(entry.msgid) is None:
            wrong("an id that is none of ours")
        if entry.msgid > self._last_id:
            self._last_id = entry.msgid
        else:
            self._suspects.add(entry.msgid)

    def count_suspects(self, paths: list[Path]) -> Counter[str]:
        """Count how often those ids occur that came out of order."""
        counts: Counter[str] = Counter()
        for line in lines_of_all(paths) if self._suspects else ():
            if b"msgid=" in line and (msgid := read_entry(line).msgid) in self._suspects:
                counts[msgid] += has_tag(line, f"msgid={msgid}".encode())
        return counts


def lines_of_all(paths: list[Path]) -> Iterator[bytes]:
    """Yield the lines of some files; those that are gone have none, nor those that cannot be read."""
    for path in paths:
        try:
            with closing(open_segment(path)) as text:
                for lines in forwards(text, 0, text.size_bytes):
                    yield from lines
        except OSError:
            continue


def is_sound(line: bytes, wrong: Callable[[str], None]) -> bool:
    """Look at a line by itself."""
    try:
        line.decode()
    except UnicodeDecodeError:
        wrong("a line that is not UTF-8")
    if not line:
        wrong("an empty line")
    elif b"\0" in line or b"\r" in line:
        wrong("a line with NUL or CR in it")
    elif not (entry := read_entry(line)).verb or not entry.source:
        wrong("a line that is no message")
    else:
        return True
    return False


def check(logs: list[LogFolder], writing: bool, output: Output) -> int:
    """Look through logs and sum up; gives the exit status.  Raises OSError."""
    run = Check(output, writing)
    with Progress("check", total_bytes(logs)) as progress:
        output.share(progress)
        for log in logs:
            run.log(log, progress)
    output.line(f"logs: {len(logs)}, files: {run.files}, lines: {run.lines}, troubles: {run.troubles}")
    if run.lost:
        output.line(f"lines that the server could not write, and said so: {run.lost}")
    return WRONG if run.troubles else WELL
