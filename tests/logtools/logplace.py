"""A data directory with logs that the server's own writer made, and the command as it is called."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import pytest
from archive import Archive

from chatd.__main__ import main
from chatd.clock import base36, utc_text
from chatd.history.lines import segments
from chatd.history.packing import Packer

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z
SECOND, MINUTE, DAY = 1000, 60_000, 86_400_000


class Place:
    """``tell`` logs lines, ``call`` runs `chatd log` on them."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = data
        self.archive = Archive(data / "history")
        self._capsys = capsys
        self._made = 0

    def line(self, moment_ms: int, what: str, source: str = "bob!~bob@host", tags: str = "") -> str:
        """A line as the server logs it; ``what`` is the verb and what follows."""
        self._made += 1
        msgid = base36(moment_ms, 9) + base36(self._made % 46656, 3) + "abcde"
        return f"@time={utc_text(moment_ms)};msgid={msgid}{tags} :{source} {what}"

    def tell(self, log: str, what: str, moment_ms: int = T0, source: str = "bob!~bob@host", tags: str = "") -> str:
        """Log one line; gives its id."""
        line = self.line(moment_ms, what, source, tags)
        self.archive.said(log, line, moment_ms=moment_ms)
        return line.partition("msgid=")[2][:17]

    def call(self, *arguments: str) -> tuple[int, list[str]]:
        """The exit status and the lines of standard output."""
        tool, *rest = arguments
        self._capsys.readouterr()
        status = main(["log", tool, "--data", str(self.data), *rest])
        out, self.err = self._capsys.readouterr()
        return status, out.splitlines()

    def pack(self, log: str) -> None:
        """Close everything and pack all but the newest file of a log."""
        for path in segments(self.archive.folder(log))[:-1]:
            Packer(Lock(), set()).pack_segment(str(path))
