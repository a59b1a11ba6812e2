"""A writer that was killed leaves at most a torn last line, which is recognised and cut."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest
from archive import is_torn

from chatd.clock import utc_text
from chatd.core.archive import Entry, Scope
from chatd.history.library import Library, Part
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


def test_a_packed_file_that_is_cut_short(archive: Archive) -> None:
    """It takes nothing along: clients are shown what can be read of it, and all else."""
    for day in range(2):
        for number in range(40):
            moment_ms = T0 + day * 86_400_000 + number
            line = f"@time={utc_text(moment_ms)} :bob!b@h PRIVMSG #chat :{day} {number}"
            archive.said("#chat", line, moment_ms=moment_ms)
    archive.files.close()
    plain, _ = segments(archive.folder("#chat"))
    packed = plain.with_name(f"{plain.name}.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes())[:-30])
    plain.unlink()
    found = [entry.params[-1] for entry in page(archive, 80)]
    assert found[-40:] == [f"1 {number}" for number in range(40)]
    assert found[:-40] == [f"0 {number}" for number in range(len(found) - 40)]
    assert [entry.params[-1] for entry in page(archive, 1)] == ["1 39"]


# --- redactions and edits ------------------------------------------------------------------------------------

MSGID = "0mwtxhc00000abcde"
SAID = f"@time=2026-11-24T00:00:00.000Z;msgid={MSGID} :bob!b@h PRIVMSG #chat :first"
EDIT = f"@msgid=0mwtxhc01000abcde;draft/target-msgid={MSGID} :bob!b@h EDIT #chat :second text\n".encode()
OTHER = b":bob!b@h REDACT #chat 0mwtxhc00001abcde\n"


def page(archive: Archive, limit: int) -> list[Entry]:
    """The last of what clients are shown."""
    library = Library(archive.root, archive.files.people)
    return library.latest([Part("#chat")], limit, None, Scope(redactions="drop")).entries


def shown(archive: Archive) -> list[str]:
    """Their texts."""
    return [entry.params[-1] for entry in page(archive, 5)]


@pytest.mark.parametrize("cut", [1, len(EDIT) - 5, len(EDIT) - 1])
def test_a_torn_edit_never_counts(archive: Archive, cut: int) -> None:
    """Whatever is written behind it does not make a whole line of it: "the server cuts it off when it next opens the
    file"."""
    archive.said("#chat", SAID)
    archive.files.close()
    path = archive.folder("#chat") / "2026-11-24.redactions"
    path.write_bytes(EDIT[:cut])
    archive.open()
    archive.files.redact("#chat", "0mwtxhc00001abcde", OTHER)
    archive.files.flush()
    assert path.read_bytes() == OTHER
    assert shown(archive) == ["first"]


def test_an_edit_for_which_there_is_no_room(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is in the file, as a part would count as the whole for who reads beside the server."""
    archive.said("#chat", SAID)
    write = os.write

    def cut_short(fd: int, octets: bytes) -> int:
        return write(fd, octets[: len(octets) // 2] if b"EDIT" in octets else octets)

    with monkeypatch.context() as patch:
        patch.setattr("chatd.history.redactions.os.write", cut_short)
        archive.files.edit("#chat", MSGID, EDIT)
        archive.files.flush()
        assert (archive.folder("#chat") / "2026-11-24.redactions").read_bytes() == b""
    archive.files.flush()
    archive.files.tick(T0 + 1000)
    assert shown(archive) == ["second text"]


def test_redactions_behind_what_cannot_be_mended(archive: Archive) -> None:
    """They count, and what is before them is left as it is."""
    archive.said("#chat", SAID)
    path = archive.folder("#chat") / "2026-11-24.redactions"
    path.write_bytes(bytes(TAIL_BYTES + 1))
    archive.files.edit("#chat", MSGID, EDIT)
    archive.files.flush()
    assert path.read_bytes() == bytes(TAIL_BYTES + 1) + b"\n" + EDIT
    assert shown(archive) == ["second text"]
