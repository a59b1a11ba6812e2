"""`chatd log check`: each kind of damage is seen, and nothing else is."""

from __future__ import annotations

import fcntl
import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from logplace import DAY, SECOND, T0, Place

from chatd.history.lines import segments


def newest(place: Place, log: str = "#chat") -> Path:
    return segments(place.archive.folder(log))[-1]


@contextmanager
def at_work(place: Place) -> Iterator[None]:
    """As if a server were running."""
    with (place.data / "history" / "newest").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_all_is_well(place: Place, days: Callable[[int], list[str]]) -> None:
    """What the server wrote, late lines, gaps and messages of several lines among it, has no troubles."""
    days(100)
    place.archive.open()
    place.tell("#chat", "PRIVMSG #chat :late", T0 + 5 * SECOND)
    place.archive.said("#chat", f"@time={'2026-11-26T00:02:00.000Z'};batch=b :bob!b@h PRIVMSG #chat :more",
                       moment_ms=T0 + 2 * DAY + 120 * SECOND)  # fmt: skip
    gap = "# gap: 1 line lost between 2026-11-24T02:29:39.354Z and 2026-11-24T02:29:39.354Z"
    place.archive.said("alice bob", gap, moment_ms=T0 + 3 * DAY)
    (place.archive.folder("#chat") / "2026-11-24.redactions").write_text("")
    status, lines = place.call("check")
    assert (status, lines[0]) == (0, "logs: 2, files: 4, lines: 303, troubles: 0")
    assert lines[1] == "lines that the server could not write, and said so: 1"


GOOD = "@time=2026-11-24T00:00:01.000Z;msgid=0mwu1234500a0abcde :bob!b@h PRIVMSG #chat :x\n"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (b"@time=2026-11-24T00:00:01.0", "ends within a line: 27 bytes"),
        (b"@time=2026-11-23T00:00:01.000Z;msgid=0mwu1234500a0abcde :bob!b@h PRIVMSG #chat :x\n",
         "a line that is earlier than the one before it, at byte "),
        (b"@time=2026-11-25T00:00:01.000Z :bob!b@h PRIVMSG #chat :x\n", "a message without an id, at byte "),
        (b"@time=2026-11-25T00:00:01.000Z;msgid=?? :bob!b@h PRIVMSG #chat :x\n", "an id that is none of ours"),
        (b":bob!b@h PRIVMSG #chat :x\n", "a line without a time"),
        (b"nonsense\n", "a line that is no message"),
        (b"\n", "an empty line"),
        (b"\0\0\n", "a line with NUL or CR in it"),
        (GOOD.encode().replace(b":x", b":\xff"), "a line that is not UTF-8"),
    ],
)  # fmt: skip
def test_damage(place: Place, damage: bytes, words: str) -> None:
    """Status 1, the file, and what is wrong with it."""
    place.tell("#chat", "PRIVMSG #chat :first")
    place.archive.files.close()
    with newest(place).open("ab") as file:
        file.write(damage)
    status, lines = place.call("check")
    assert status == 1
    assert lines[0].startswith(f"{newest(place)}: {words}")
    assert lines[-1].endswith("troubles: 1")


def test_the_same_id_twice(place: Place, days: Callable[[int], list[str]]) -> None:
    """Also over files, one of them packed."""
    ids = days(100)
    with newest(place).open("a") as file:
        file.write(f"@time=2026-11-26T00:05:00.000Z;msgid={ids[7]} :bob!b@h PRIVMSG #chat :msgid={ids[8]}\n")
    assert place.call("check")[1][:-1] == [f"{place.archive.folder('#chat')}: an id of more than one line: {ids[7]}"]


def test_a_line_under_way(place: Place) -> None:
    """While a server is at work, the newest file may end within a line; older ones never."""
    place.tell("#chat", "PRIVMSG #chat :first")
    place.tell("#chat", "PRIVMSG #chat :second", T0 + DAY)
    old, new = segments(place.archive.folder("#chat"))
    place.archive.files.close()
    with new.open("ab") as file:
        file.write(b"@time=")
    assert place.call("check")[0] == 1
    with at_work(place):
        assert place.call("check")[0] == 0
        with old.open("ab") as file:
            file.write(b"@time=")
        assert place.call("check")[1][0] == f"{old}: ends within a line: 6 bytes"


def test_packed_damage(place: Place, days: Callable[[int], list[str]]) -> None:
    """A block that does not unpack is told, and so is a file that is there twice, and one that is no log."""
    days(100)
    packed = segments(place.archive.folder("#chat"))[0]
    octets = bytearray(packed.read_bytes())
    octets[200] ^= 0xFF
    packed.write_bytes(octets)
    (packed.parent / "notes.txt").write_text("mine")
    twice = segments(place.archive.folder("#chat"))[1]
    twice.with_suffix("").write_bytes(gzip.decompress(twice.read_bytes()))
    status, lines = place.call("check")
    assert status == 1
    assert f"{packed}: has blocks that cannot be unpacked: 1" in lines
    assert f"{packed.parent / 'notes.txt'}: is no log file" in lines


def test_many_troubles_are_told_shortly(place: Place) -> None:
    """A file that is wrong from end to end does not fill the screen."""
    place.tell("#chat", "PRIVMSG #chat :first")
    with newest(place).open("ab") as file:
        file.write(b"nonsense\n" * 1000)
    lines = place.call("check")[1]
    assert len(lines) == 11
    assert lines[-2].endswith("(and perhaps more of that kind)")
    assert lines[-1].endswith("troubles: 1000")
