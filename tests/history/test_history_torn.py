"""A writer that was killed leaves at most a torn last line, which is recognised and cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from archive import is_torn

from chatd.history.lines import lines, segments
from chatd.history.segment import TAIL_BYTES

if TYPE_CHECKING:
    from archive import Archive

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z

RECORD = b"@msgid=b :bob PRIVMSG #chat :second\n"


@pytest.mark.parametrize("cut", range(len(RECORD)))
def test_torn_at_every_byte(archive: Archive, cut: int) -> None:
    """Wherever the last line is torn, it is no line to a reader, and the next writer goes on cleanly."""
    archive.said("#chat", "first")
    archive.files.close()
    (path,) = segments(archive.folder("#chat"))
    with path.open("ab") as stream:
        stream.write(RECORD[:cut])
    assert list(lines(archive.folder("#chat"))) == [b"first"]
    assert is_torn(path) == (cut > 0)
    archive.open()
    archive.said("#chat", "third", moment_ms=T0 + 1)
    assert path.read_bytes() == b"first\nthird\n"
    assert not is_torn(path)


def test_nothing_but_a_torn_line(archive: Archive) -> None:
    """A file whose only line is torn becomes empty and is used."""
    archive.said("#chat", "x")
    archive.files.close()
    (path,) = segments(archive.folder("#chat"))
    path.write_bytes(b"only a part")
    archive.open()
    archive.said("#chat", "whole")
    assert path.read_bytes() == b"whole\n"


def test_zeros_after_a_loss_of_power(archive: Archive) -> None:
    """Zero bytes after the last line, as some file systems leave them, are cut."""
    archive.said("#chat", "first")
    archive.files.close()
    (path,) = segments(archive.folder("#chat"))
    with path.open("ab") as stream:
        stream.write(bytes(4096))
    archive.open()
    archive.said("#chat", "second")
    assert path.read_bytes() == b"first\nsecond\n"


def test_a_file_that_cannot_be_mended_is_left_alone(archive: Archive) -> None:
    """Without a line ending within reach nothing is cut: the log goes on in a new file."""
    archive.said("#chat", "first")
    archive.files.close()
    (path,) = segments(archive.folder("#chat"))
    with path.open("ab") as stream:
        stream.write(bytes(TAIL_BYTES))
    size_bytes = path.stat().st_size
    archive.open()
    archive.said("#chat", "second")
    assert path.stat().st_size == size_bytes
    assert archive.lines("#chat") == ["first", "second"]
    assert len(archive.names("#chat")) == 2


def test_reader_of_nothing(archive: Archive) -> None:
    """A log that was never written has no lines."""
    assert list(lines(archive.folder("#never"))) == []
