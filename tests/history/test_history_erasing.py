"""A log that is erased while others are written to: its files, what waits in memory, and what was taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from archive import T0

from chatd.clock import base36, utc_text
from chatd.history.packing import Packer

if TYPE_CHECKING:
    from archive import Archive


def pack_all(archive: Archive, log: str) -> None:
    """Pack all segments but the newest."""
    packer = Packer(archive.files._disk.lock, archive.files._disk.live)
    for name in archive.names(log)[:-1]:
        packer.pack_segment(str(archive.folder(log) / name))


@pytest.mark.parametrize("known", [True, False])
def test_all_of_it_goes(archive: Archive, known: bool) -> None:
    """Plain and packed files, the one being written to, and edits go; other logs stay, and what follows is there."""
    archive.open(rotate_bytes=20)
    for number in range(4):
        archive.said("#chat", f"line {number} {'x' * 20}", moment_ms=T0 + number)
    archive.said("#other", "stays")
    pack_all(archive, "#chat")
    msgid = base36(T0, 9) + "000zz"
    archive.files.edit("#chat", msgid, f"@msgid={msgid};draft/target-msgid={msgid} :b!b@h EDIT #chat :x\r\n".encode())
    archive.files.flush()
    if not known:
        archive.files.close()
        archive.open(rotate_bytes=20)
    archive.files.erase("#chat", T0 + 10)
    archive.said("#chat", "afterwards", moment_ms=T0 + 11)
    archive.files.tick(T0 + 1000)
    assert [path.name for path in archive.folder("#chat").iterdir()] == archive.names("#chat")
    assert archive.lines("#chat") == ["afterwards"]
    assert archive.lines("#other") == ["stays"]


@pytest.mark.parametrize("end", ["tick", "close"])
def test_the_folder_goes(archive: Archive, end: str) -> None:
    """Nothing is left of a log to which nothing more is written, also when the server stops at once."""
    archive.later = True
    archive.said("#chat", "psst")
    archive.files.erase("#chat", T0)
    assert archive.folder("#chat").exists()
    if end == "tick":
        archive.files.tick(T0 + 1000)
        archive.run_jobs()
    else:
        archive.files.close()
    assert not archive.folder("#chat").exists()
    archive.files.erase("#never-there", T0)
    archive.files.tick(T0 + 2000)
    archive.run_jobs()
    assert archive.reports == []


def test_what_waits_for_the_disk_goes(archive: Archive) -> None:
    """Lines, and edits, that a full disk has not taken are not written later; they count as erased, not as lost."""
    archive.said("#chat", "on disk")
    archive.room = 3
    archive.said("#chat", "waits", moment_ms=T0 + 1)
    msgid = base36(T0, 9) + "000zz"
    obstacle = archive.folder("#chat") / f"{utc_text(T0)[:10]}.redactions"
    obstacle.mkdir()
    archive.files.redact("#chat", msgid, f"@msgid=x :b!b@h REDACT #chat {msgid}\r\n".encode())
    archive.files.erase("#chat", T0 + 2)
    archive.room = None
    obstacle.rmdir()
    for second in range(1, 20):
        archive.files.tick(T0 + second * 1000)
    assert not archive.folder("#chat").exists()
    assert (archive.files.counts().dropped, archive.files.counts().pending_bytes) == (0, 0)
    archive.said("#chat", "afterwards", moment_ms=T0 + 30_000)
    assert archive.lines("#chat") == ["afterwards"]


def test_a_sweep_under_way_is_let_finish(archive: Archive) -> None:
    """Nothing is packed and erased at the same time."""
    archive.open(retention_days=7)
    archive.later = True
    archive.said("#chat", "psst")
    archive.files.tick(T0)
    archive.files.erase("#chat", T0)
    archive.files.tick(T0 + 1000)
    assert len(archive.jobs) == 2
    archive.jobs.pop(0)  # what forces lines to disk
    archive.run_jobs()
    assert archive.folder("#chat").exists()
    archive.files.tick(T0 + 2000)
    archive.run_jobs()
    assert not archive.folder("#chat").exists()
