"""Where a tool's lines go: standard output, with pipes that close early and progress on the same terminal."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Final

from chatd.logtools.progress import Progress

_BYTES: Final = 65_536


class Output:
    """Collects lines and writes many at once; at once each when people look on.  Use it in ``with``."""

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self._stream = sys.stdout.buffer if stream is None else stream
        self._pending: list[bytes] = []
        self._size = 0
        self._watched = self._stream.isatty()
        self._progress: Progress | None = None

    def share(self, progress: Progress) -> None:
        """Take this progress off the terminal before writing there."""
        self._progress = progress if self._watched else None

    def line(self, text: str) -> None:
        """Write one line."""
        octets = text.encode("utf-8", "surrogateescape") + b"\n"
        self._pending.append(octets)
        self._size += len(octets)
        if self._size >= _BYTES or self._watched:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        if self._progress is not None:
            self._progress.clear()
        octets = b"".join(self._pending)
        self._pending.clear()
        self._size = 0
        self._stream.write(octets)
        self._stream.flush()

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()
        elif kind is not BrokenPipeError and issubclass(kind, OSError):
            # What was found before a file that cannot be read; nothing more if it is the output that failed.
            with suppress(OSError):
                self.flush()
