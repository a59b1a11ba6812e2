"""Packed segments: a format that zcat reads, made without ever losing a line."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chatd
from chatd.clock import utc_text
from chatd.history.entry import KEY_BYTES
from chatd.history.packed import BLOCK_BYTES, END, PackedText, pack
from chatd.history.packing import PART, WORTH_BYTES, Packer
from chatd.history.reader import Reader
from chatd.history.segment import DAY_MS

if TYPE_CHECKING:
    from archive import Archive

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z
LATER = T0 + DAY_MS
LOG = "#chat"
ABOVE = Path(chatd.__file__).parent.parent
PROCESS = Path(__file__).with_name("packer_process.py")


def line(number: int, letters: int = 100) -> str:
    return f"@time={utc_text(T0 + number)};msgid={number:09d}aaa :b!b@h PRIVMSG #chat :{number} {'x' * letters}"


def packed(tmp_path: Path, text: bytes) -> Path:
    path = tmp_path / "text.gz"
    with path.open("wb") as file:
        assert pack([text[n : n + 1000] for n in range(0, len(text), 1000)], file.write) == len(text)
    return path


def opened(path: Path) -> PackedText:
    return PackedText(os.open(path, os.O_RDONLY), os.pread)


@given(st.lists(st.sampled_from([b"", b"x", b"line\n", b"word " * 3000 + b"\n", os.urandom(70_000)]), max_size=20))
def test_any_text(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]) -> None:
    """What is packed is what zcat gives, and any part of it can be read."""
    text = b"".join(pieces)
    path = packed(tmp_path_factory.mktemp("packed"), text)
    assert gzip.decompress(path.read_bytes()) == text
    reading = opened(path)
    assert reading.size_bytes == len(text)
    for start in range(0, len(text) + 1, 9999):
        for size in (0, 1, 5000, 200_000):
            assert reading.read(start, start + size) == text[start : start + size]
    reading.close()


def test_format(tmp_path: Path) -> None:
    """The file is BGZF: members that say their length, blocks of whole lines, a mark at the end; zcat reads it."""
    text = "".join(f"{line(number)}\n" for number in range(3000)).encode()
    path = packed(tmp_path, text)
    octets = path.read_bytes()
    assert octets.endswith(END)
    members = []
    while octets:
        assert octets[:4] == b"\x1f\x8b\x08\x04"
        assert octets[12:16] == b"BC\x02\x00"
        length = int.from_bytes(octets[16:18], "little") + 1
        members.append(gzip.decompress(octets[:length]))
        octets = octets[length:]
    blocks = [member for member in members if member]
    assert all(len(block) <= BLOCK_BYTES and block.endswith(b"\n") for block in blocks)
    assert b"".join(blocks) == text
    assert subprocess.run(["zcat", path], capture_output=True, check=True).stdout == text


def test_bracket(tmp_path: Path) -> None:
    """The table says between which lines a moment is, without any block being unpacked."""
    path = packed(tmp_path, "".join(f"{line(number)}\n" for number in range(3000)).encode())
    reading = opened(path)
    low, high = reading.bracket(utc_text(T0 + 1500).encode())
    assert b"PRIVMSG #chat :1500 " in reading.read(low, high)
    assert high - low <= BLOCK_BYTES
    assert reading.bracket(b"0" * KEY_BYTES)[0] == 0
    assert reading.bracket(b"9" * KEY_BYTES)[1] == reading.size_bytes
    reading.close()


def test_damaged_block(tmp_path: Path) -> None:
    """A block that was damaged is missing, the others are read."""
    text = "".join(f"{line(number)}\n" for number in range(3000)).encode()
    path = packed(tmp_path, text)
    octets = bytearray(path.read_bytes())
    octets[300] ^= 0xFF
    path.write_bytes(octets)
    reading = opened(path)
    lines = reading.read(0, reading.size_bytes).split()
    assert reading.bad_blocks == 1
    assert set(lines) < set(text.split())
    assert reading.read(BLOCK_BYTES, len(text)) == text[BLOCK_BYTES:]
    reading.close()


def test_packed_by_somebody_else(tmp_path: Path) -> None:
    """A file made with gzip is read too, as a whole; one that is cut short or damaged, as far as it goes."""
    text = "".join(f"{line(number)}\n" for number in range(3000)).encode()
    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress(text[:1000]) + gzip.compress(text[1000:]))
    reading = opened(path)
    assert reading.read(0, len(text)) == text
    assert reading.bracket(utc_text(T0 + 1500).encode()) == (0, len(text))
    reading.close()
    whole = path.read_bytes()
    for octets in (whole[:-20], whole[:60], whole[:-200] + b"x" * 200, b"x"):
        path.write_bytes(octets)
        reading = opened(path)
        size_bytes = reading.size_bytes
        assert size_bytes < len(text)
        assert reading.bad_blocks == 1
        assert reading.read(0, size_bytes) == text[:size_bytes]
        assert text[:size_bytes][-1:] in (b"", b"\n")
        reading.close()


@pytest.fixture
def full(archive: Archive) -> Archive:
    """Some segments of 20 kB, one of them in use."""
    archive.open(rotate_bytes=20_000)
    for number in range(500):
        archive.said(LOG, line(number), moment_ms=T0 + number)
    assert len(archive.names(LOG)) >= 4
    for path in archive.folder(LOG).iterdir():
        os.utime(path, ns=(T0 * 1_000_000, T0 * 1_000_000))
    return archive


def packer(archive: Archive) -> Packer:
    return Packer(archive.files._disk.lock, archive.files._disk.live)


def endings(archive: Archive) -> set[str]:
    return {path.name[24:] for path in archive.folder(LOG).iterdir()}


def numbers(archive: Archive) -> list[int]:
    page = Reader(archive.root).latest(LOG, 10_000)
    assert page.whole
    return [int(entry.params[-1].split()[0]) for entry in page.entries]


def test_all_but_the_newest(full: Archive) -> None:
    """What is finished is packed and takes less room; times of files stay; what is in use stays plain."""
    folder = full.folder(LOG)
    times = [os.stat(path).st_mtime_ns for path in sorted(folder.iterdir())]
    size_bytes = sum(path.stat().st_size for path in folder.iterdir())
    full.files.close()
    assert packer(full).pack_folder(str(folder), LATER, 1 << 60) > 0
    names = sorted(path.name for path in folder.iterdir())
    assert [name[24:] for name in names] == [".log.gz"] * (len(names) - 1) + [".log"]
    assert [os.stat(folder / name).st_mtime_ns for name in names] == times
    assert sum(path.stat().st_size for path in folder.iterdir()) < size_bytes // 2
    assert numbers(full) == list(range(500))


def test_when(full: Archive) -> None:
    """Packed is what ended before the given moment, and not what is too small to gain."""
    folder = str(full.folder(LOG))
    names = full.names(LOG)
    packer(full).pack_folder(folder, T0, 1 << 60)
    assert full.names(LOG) == names
    (full.folder(LOG) / "2020-01-01T00-00-00.000Z.log").write_bytes(b"x" * (WORTH_BYTES - 2) + b"\n")
    packer(full).pack_folder(folder, LATER, 1 << 60)
    assert full.names(LOG) == ["2020-01-01T00-00-00.000Z.log", *(f"{name}.gz" for name in names[:-1]), names[-1]]


def test_budget(full: Archive) -> None:
    """What is done at once is bounded, and the rest is done the next time."""
    folder = str(full.folder(LOG))
    rounds = 0
    while packer(full).pack_folder(folder, LATER, 1) < 0:
        rounds += 1
    assert rounds == len(full.names(LOG)) - 2
    assert len([name for name in full.names(LOG) if name.endswith(".gz")]) == rounds + 1


def test_server_packs_by_itself(full: Archive) -> None:
    """Once finished files are ``compress_days`` old they are packed."""
    plain = full.names(LOG)
    full.open(compress_days=3)
    full.files.tick(T0 + 3 * DAY_MS - 1000)
    assert full.names(LOG) == plain
    full.files.tick(T0 + 4 * DAY_MS)
    assert full.names(LOG)[:-1] == [f"{name}.gz" for name in plain[:-1]]
    assert numbers(full) == list(range(500))


@pytest.mark.parametrize("step", ["write", "sync", "rename", "sync folder", "delete", "none"])
def test_killed_at_each_step(full: Archive, step: str) -> None:
    """Killed before any step, no line is missing or there twice; the next time it is finished."""
    folder = full.folder(LOG)
    command = [sys.executable, str(PROCESS), str(folder), str(LATER), step]
    subprocess.run(command, env={"PYTHONPATH": str(ABOVE)}, check=False)
    assert numbers(full) == list(range(500))
    packer(full).pack_folder(str(folder), LATER, 1 << 60)
    assert endings(full) == {".log.gz", ".log"}
    assert len(full.names(LOG)) == len({name[:24] for name in full.names(LOG)})
    assert numbers(full) == list(range(500))


def test_half_written_and_left(full: Archive) -> None:
    """A packed file beside the plain one is made anew unless it is whole; a part nobody writes to is deleted."""
    folder, name = full.folder(LOG), full.names(LOG)[0]
    (folder / f"{name}.gz").write_bytes(gzip.compress(b"other\n"))
    (folder / f"2020-01-01T00-00-00.000Z.log.gz{PART}").write_bytes(b"x")
    assert numbers(full) == list(range(500))
    packer(full).pack_folder(str(folder), LATER, 1 << 60)
    assert endings(full) == {".log.gz", ".log"}
    assert numbers(full) == list(range(500))


@pytest.mark.parametrize("step", ["write", "sync", "rename"])
def test_written_to_while_packed(full: Archive, step: str) -> None:
    """A file that is taken into use again while it is being packed stays as it is."""
    full.files.close()
    full.open(rotate_bytes=0)
    path = full.folder(LOG) / full.names(LOG)[-1]

    def write(name: str) -> None:
        if name == step:
            full.said(LOG, line(500), moment_ms=T0 + 500)

    assert not Packer(full.files._disk.lock, full.files._disk.live, step=write).pack_segment(str(path))
    assert endings(full) == {".log"}
    assert numbers(full) == list(range(501))


def test_log_goes_on_after_its_newest_file_was_packed(full: Archive) -> None:
    """A packed file is never written to: the next line begins a new one."""
    full.files.close()
    path = full.folder(LOG) / full.names(LOG)[-1]
    assert Packer(Lock(), set()).pack_segment(str(path))
    full.open(rotate_bytes=20_000)
    full.said(LOG, line(500), moment_ms=T0 + 500)
    assert full.names(LOG)[-2:] == [f"{path.name}.gz", "2026-11-24T00-00-00.500Z.log"]
    assert numbers(full) == list(range(501))
