"""Forces written lines to the disk itself, in a thread, and notices files that were deleted or replaced.

A few files are synced one by one; many are left to one call that syncs the whole file system, since a thousand small
syncs cost more than the data. Opens by path, so that no descriptor is shared with the thread that writes: it may
close what it likes. ``start`` and ``finish`` belong to the writing thread, everything else runs in the other one.
"""

from __future__ import annotations

import ctypes
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final

from chatd.history.segment import Segment
from chatd.history.trouble import Failures

FEW: Final = 16
"""Up to how many files are synced one by one."""


def system_syncfs() -> Callable[[int], None] | None:
    """Give Linux's syncfs(2), which Python does not wrap; None where there is none."""
    try:
        call = ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError, TypeError):
        return None

    def syncfs(fd: int) -> None:
        if call(fd):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return syncfs


class Syncer:
    """At most one job at a time; what comes meanwhile is taken by the same job when it is done.

    ``vanished`` receives segments whose path no longer leads to them, ``failed`` what went wrong, in words;
    the writing thread empties both. ``forcing`` False (policy "never") leaves the look for deleted files.
    """

    __slots__ = (
        "_defer",
        "_folders",
        "_fsync",
        "_lock",
        "_root",
        "_running",
        "_segments",
        "_syncfs",
        "failed",
        "forcing",
        "vanished",
    )

    def __init__(
        self,
        defer: Callable[[Callable[[], None]], None],
        fsync: Callable[[int], None],
        root: Path,
        syncfs: Callable[[int], None] | None = None,
    ) -> None:
        self._defer = defer
        self._root = root
        self._fsync = fsync
        self._syncfs = syncfs
        self._lock = Lock()
        self._segments: dict[Segment, None] = {}
        self._folders: dict[Path, None] = {}
        self._running = False
        self.forcing = True
        self.vanished: deque[Segment] = deque()
        self.failed = Failures()

    def start(self, segments: dict[Segment, None], folders: dict[Path, None]) -> None:
        """Sync these, in the background."""
        with self._lock:
            self._segments.update(segments)
            self._folders.update(folders)
            if self._running or not (self._segments or self._folders):
                return
            self._running = True
        self._defer(self._run)

    def finish(self, segments: dict[Segment, None], folders: dict[Path, None]) -> None:
        """Sync these and all that no job has begun with, before returning; for the end of the server."""
        with self._lock:
            self._segments.update(segments)
            self._folders.update(folders)
        self._sync_taken()

    def _run(self) -> None:
        while self._sync_taken():
            pass

    def _sync_taken(self) -> bool:
        """Sync what is handed in; False when there was nothing and the job is over."""
        with self._lock:
            segments, self._segments = self._segments, {}
            folders, self._folders = self._folders, {}
            if not segments and not folders:
                self._running = False
                return False
        if self.forcing and self._syncfs is not None and len(segments) + len(folders) > FEW:
            self._sync_together(segments, folders)
        else:
            for segment in segments:
                self._sync_segment(segment)
            if self.forcing:
                for folder in folders:
                    self._sync_folder(str(folder), self._fsync)
        return True

    def _sync_together(self, segments: dict[Segment, None], folders: dict[Path, None]) -> None:
        """Sync the file system once; all logs are on the same one, since nothing below the root is a mount."""
        assert self._syncfs is not None
        for segment in segments:
            try:
                if os.stat(segment.path).st_ino != segment.inode:
                    self.vanished.append(segment)
            except FileNotFoundError:
                self.vanished.append(segment)
            except OSError as error:
                self.failed.note(segment.path, error)
        self._sync_folder(str(self._root), self._syncfs)

    def _sync_segment(self, segment: Segment) -> None:
        try:
            fd = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            self.vanished.append(segment)
            return
        except OSError as error:
            self.failed.note(segment.path, error)
            return
        try:
            if os.fstat(fd).st_ino != segment.inode:
                self.vanished.append(segment)
            elif self.forcing:
                self._fsync(fd)
        except OSError as error:
            self.failed.note(segment.path, error)
        finally:
            os.close(fd)

    def _sync_folder(self, path: str, sync: Callable[[int], None]) -> None:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        except OSError as error:
            self.failed.note(path, error)
            return
        try:
            sync(fd)
        except OSError as error:
            self.failed.note(path, error)
        finally:
            os.close(fd)
