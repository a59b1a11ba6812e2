"""The text of one segment, read at any offset: a plain file, or a packed one, as if it were plain.

Owns which file of a segment is read when it is being packed or deleted meanwhile. A text is a snapshot: what is
appended after it was opened is not seen. Knows nothing of what the lines mean.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from stat import S_ISDIR
from typing import Protocol

from chatd.history.naming import PACKED, PLAIN
from chatd.history.packed import PackedText

Pread = Callable[[int, int, int], bytes]
"""os.pread, or a test's that counts."""


class Text(Protocol):
    """The uncompressed bytes of a segment; a torn line may be the last."""

    @property
    def size_bytes(self) -> int: ...

    def read(self, start: int, stop: int) -> bytes:
        """Give the bytes from one offset to another; less at the end.  Raises OSError."""

    def bracket(self, key: bytes) -> tuple[int, int]:
        """Give two beginnings of lines (or the end) between which the first line with this key or a later one is.

        The first has a lower key, or is the beginning of the text; the second is the answer if there is none between.
        """

    def close(self) -> None:
        """Close the file."""


class PlainText:
    """A segment that is not packed."""

    __slots__ = ("_fd", "_pread", "size_bytes")

    def __init__(self, fd: int, pread: Pread) -> None:
        self._fd = fd
        self._pread = pread
        self.size_bytes = os.fstat(fd).st_size

    def read(self, start: int, stop: int) -> bytes:
        """See ``Text``."""
        stop = min(stop, self.size_bytes)
        octets = self._pread(self._fd, max(0, stop - start), start)
        while 0 < len(octets) < stop - start:
            more = self._pread(self._fd, stop - start - len(octets), start + len(octets))
            if not more:
                break
            octets += more
        return octets

    def bracket(self, key: bytes) -> tuple[int, int]:
        """See ``Text``."""
        return 0, self.size_bytes

    def close(self) -> None:
        """See ``Text``."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class NoText:
    """A segment that was deleted after it was listed."""

    size_bytes = 0

    def read(self, start: int, stop: int) -> bytes:
        """See ``Text``."""
        return b""

    def bracket(self, key: bytes) -> tuple[int, int]:
        """See ``Text``."""
        return 0, 0

    def close(self) -> None:
        """See ``Text``."""


def open_text(folder: str, stem: str, pread: Pread = os.pread) -> Text:
    """Open a segment by its name without ending; one that is gone is empty.  Raises OSError.

    The plain file comes first: while there are two, only it is sure to be whole. When it goes, the packed one is there.
    """
    for ending, kind in ((PLAIN, PlainText), (PACKED, PackedText)):
        path = os.path.join(folder, stem + ending)
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        try:
            if S_ISDIR(os.fstat(fd).st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            return kind(fd, pread)
        except BaseException as problem:
            os.close(fd)
            if isinstance(problem, OSError) and problem.filename is None:
                problem.filename = path  # whoever reads many files has to be told which
            raise
    return NoText()
