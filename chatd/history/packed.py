"""Packed segments: gzip files in blocks of whole lines, with a table of the blocks at the end.

Owns the format, which is BGZF (SAM specification, section 4.1: each block is a gzip member that says its length) with
members of no content for the table: zcat, zgrep and zless read it as any gzip file, and any line is in reach.
"""

from __future__ import annotations

import os
import struct
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from chatd.history.entry import KEY_BYTES, KEYED

BLOCK_BYTES: Final = 65_280
"""Text in one block at most, as BGZF has it."""
END: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The member that ends every BGZF file."""

_TABLE: Final = b"ct"
_SUMMARY: Final = b"cs"
_HEAD: Final = struct.Struct("<4sIBBH")  # magic and flags, time, level, system, length of the extra field
_MAGIC: Final = b"\x1f\x8b\x08\x04"
_FIELD: Final = struct.Struct("<2sH")
_FOOT: Final = struct.Struct("<II")
_ROW: Final = struct.Struct(f"<QQ{KEY_BYTES}s")
_SUMMARY_ROW: Final = struct.Struct("<QQII")
_ROWS_PER_MEMBER: Final = 1600
_EMPTY: Final = b"\x03\x00"
_SUMMARY_BYTES: Final = _HEAD.size + 6 + _FIELD.size + _SUMMARY_ROW.size + len(_EMPTY) + _FOOT.size
_TAIL_BYTES: Final = 16_384
_BLOCKS_KEPT: Final = 4
_UNPACKED_BYTES: Final = 1 << 28


class Row(NamedTuple):
    """A block: where it is in the file and in the text, and the key of its first line with one (or of one before)."""

    offset: int
    text_offset: int
    key: bytes


def _member(content: bytes, foot: bytes, fields: bytes = b"") -> bytes:
    size = _HEAD.size + 6 + len(fields) + len(content) + len(foot)
    extra = _FIELD.pack(b"BC", 2) + struct.pack("<H", size - 1) + fields
    return _HEAD.pack(_MAGIC, 0, 0, 255, len(extra)) + extra + content + foot


def block(text: bytes) -> bytes:
    """Pack a piece of text of at most ``BLOCK_BYTES`` as one member."""
    for level in (6, 0):
        deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
        content = deflate.compress(text) + deflate.flush()
        if len(content) <= 65_536 - _HEAD.size - 6 - _FOOT.size:
            break
    return _member(content, _FOOT.pack(zlib.crc32(text), len(text)))


def pack(pieces: Iterable[bytes], write: Callable[[bytes], object]) -> int:
    """Write text, given in pieces of any size, as a packed file; gives the size of the text."""
    rows: list[Row] = []
    offset = text_offset = 0
    key = b"0" * KEY_BYTES
    for text in _blocks(pieces):
        found = KEYED.search(b"\n" + text)
        key = found[1] if found else key
        rows.append(Row(offset, text_offset, key))
        octets = block(text)
        write(octets)
        offset += len(octets)
        text_offset += len(text)
    checksum = 0
    for first in range(0, len(rows), _ROWS_PER_MEMBER):
        table = b"".join(_ROW.pack(*row) for row in rows[first : first + _ROWS_PER_MEMBER])
        checksum = zlib.crc32(table, checksum)
        write(_member(_EMPTY, bytes(_FOOT.size), _FIELD.pack(_TABLE, len(table)) + table))
    summary = _SUMMARY_ROW.pack(offset, text_offset, len(rows), checksum)
    write(_member(_EMPTY, bytes(_FOOT.size), _FIELD.pack(_SUMMARY, len(summary)) + summary) + END)
    return text_offset


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut text into blocks of whole lines; only a line that is longer than a block is cut."""
    rest = b""
    for piece in pieces:
        rest += piece
        while len(rest) > BLOCK_BYTES:
            end = rest.rfind(b"\n", 0, BLOCK_BYTES) + 1 or BLOCK_BYTES
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


class PackedText:
    """A packed segment, read as if it were plain; see ``text.Text``.

    A block that cannot be read gives empty lines of the same length, and counts as one of ``bad_blocks``. A gzip file
    that was packed by something else is unpacked as a whole, or as far as it goes: then that is one bad block.
    """

    __slots__ = ("_blocks", "_end", "_fd", "_keys", "_offsets", "_pread", "_starts", "bad_blocks", "size_bytes")

    def __init__(self, fd: int, pread: Callable[[int, int, int], bytes]) -> None:
        self._fd = fd
        self._pread = pread
        self._blocks: dict[int, bytes] = {}
        self.bad_blocks = 0
        size_bytes = os.fstat(fd).st_size
        rows, self._end, self.size_bytes = self._table(size_bytes) or self._foreign(size_bytes)
        self._offsets = [row.offset for row in rows]
        self._starts = [row.text_offset for row in rows]
        self._keys = [row.key for row in rows]

    def _table(self, size_bytes: int) -> tuple[list[Row], int, int] | None:
        """Read the table; None when the file has none."""
        known = size_bytes - (start := max(0, size_bytes - _TAIL_BYTES))
        tail = self._pread(self._fd, known, start)
        summary = tail[-len(END) - _SUMMARY_BYTES : -len(END)]
        at = _HEAD.size + 6
        if not tail.endswith(END) or len(summary) < _SUMMARY_BYTES or summary[at : at + 2] != _SUMMARY:
            return None
        end, text_bytes, count, checksum = _SUMMARY_ROW.unpack_from(summary, at + _FIELD.size)
        stop = size_bytes - len(END) - _SUMMARY_BYTES
        if not 0 <= end <= stop:
            return None
        octets = tail[end - start : stop - start] if end >= start else self._pread(self._fd, stop - end, end)
        table = b""
        while octets:
            length = _FIELD.unpack_from(octets, at)[1] if len(octets) > at + _FIELD.size else 0
            table += octets[at + _FIELD.size : at + _FIELD.size + length]
            octets = octets[at + _FIELD.size + length + len(_EMPTY) + _FOOT.size :]
        if zlib.crc32(table) != checksum or len(table) != count * _ROW.size:
            return None
        return [Row(*row) for row in _ROW.iter_unpack(table)], end, text_bytes

    def _foreign(self, size_bytes: int) -> tuple[list[Row], int, int]:
        text = bytearray()
        rest = self._pread(self._fd, size_bytes, 0)
        while rest.strip(b"\0"):
            inflate = zlib.decompressobj(31)
            with suppress(zlib.error):
                text += inflate.decompress(rest, _UNPACKED_BYTES - len(text))
            if not inflate.eof:  # cut short, damaged, or too large to be unpacked as a whole
                self.bad_blocks += 1
                del text[text.rfind(b"\n") + 1 :]
                break
            rest = inflate.unused_data
        if text:
            self._blocks[0] = bytes(text)
        return [Row(0, 0, b"0" * KEY_BYTES)] if text else [], size_bytes, len(text)

    def read(self, start: int, stop: int) -> bytes:
        """See ``text.Text``."""
        stop = min(stop, self.size_bytes)
        pieces = []
        number = bisect_right(self._starts, start) - 1
        while start < stop:
            text = self._block(number)
            begin = start - self._starts[number]
            piece = text[begin : begin + stop - start]
            pieces.append(piece)
            start += len(piece)
            number += 1
        return b"".join(pieces)

    def bracket(self, key: bytes) -> tuple[int, int]:
        """See ``text.Text``."""
        number = max(0, bisect_left(self._keys, key) - 1)
        if not self._starts:
            return 0, 0
        return self._starts[number], self._start_of(number + 1)

    def blocks(self) -> int:
        """How many blocks there are, for ``check``, which reads them all."""
        return len(self._starts)

    def _start_of(self, number: int) -> int:
        return self._starts[number] if number < len(self._starts) else self.size_bytes

    def _block(self, number: int) -> bytes:
        text = self._blocks.get(number)
        if text is None:
            while len(self._blocks) >= _BLOCKS_KEPT:
                del self._blocks[next(iter(self._blocks))]
            text = self._blocks[number] = self._unpack(number)
        return text

    def _unpack(self, number: int) -> bytes:
        stop = self._offsets[number + 1] if number + 1 < len(self._offsets) else self._end
        length = self._start_of(number + 1) - self._starts[number]
        octets = self._pread(self._fd, stop - self._offsets[number], self._offsets[number])
        try:
            text = zlib.decompress(octets, 31, length)
        except zlib.error:
            text = b""
        if len(text) != length:
            self.bad_blocks += 1
            return b"\n" * length
        return text

    def close(self) -> None:
        """See ``text.Text``."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
