"""The real thing: a writer killed at any moment, and files that the system itself refuses to let grow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from archive import is_torn

import chatd
from chatd.history.lines import segments

if TYPE_CHECKING:
    from archive import Archive

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z
LOGS = ["#a", "#b", "alice bob"]
WRITER = Path(__file__).with_name("writer_process.py")
ABOVE = Path(chatd.__file__).parent.parent


def start(mode: str, root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), mode, str(root)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ABOVE)})


@pytest.mark.parametrize("flushes", [1, 50, 400])
def test_killed(archive: Archive, flushes: int) -> None:
    """After SIGKILL every line of every finished flush is in the log, in order, once; the log goes on cleanly."""
    with start("endless", archive.root) as writer:
        assert writer.stdout
        for _ in range(flushes):
            writer.stdout.readline()
        writer.kill()
        seen = [line for line in writer.stdout.read().split("\n") if line]
    finished = int(seen[-1]) if seen else flushes * 7
    for log in LOGS:
        numbers = [int(line[:7]) for line in archive.lines(log)]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) >= finished
        archive.said(log, f"{len(numbers):07d} after", moment_ms=T0 + 10**6)
        assert archive.lines(log)[-1] == f"{len(numbers):07d} after"
        assert not any(is_torn(path) for path in segments(archive.folder(log)))


def test_limit_on_file_size(archive: Archive) -> None:
    """Writes cut short and refused by the system: all is there once the limit is lifted."""
    with start("limited", archive.root) as writer:
        assert writer.stdout
        reports = writer.stdout.read().splitlines()
    assert writer.returncode == 0
    for log in LOGS:
        assert [int(line[:7]) for line in archive.lines(log)] == list(range(301))
    assert [report.split(":")[0] for report in reports] == [
        "History of #a cannot be written",
        "History is written again (after 0 s; logs affected",
    ]
