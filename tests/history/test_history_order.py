"""Lines of a log are in the order of their keys, whatever the clock does and whatever is lost."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

import chatd.features
from chatd.clock import Clock, utc_text
from chatd.config import Config
from chatd.core.catalog import Catalog
from chatd.history.entry import line_key, read_entry
from chatd.history.library import Library
from chatd.history.newest import AHEAD_MS, is_written
from chatd.memory_history import MemoryHistory
from chatd.server import ChatServer
from chatd.stores.memory import MemoryAccounts
from chatd.stores.memory_channels import MemoryChannels
from chatd.stores.shelf import Shelf

if TYPE_CHECKING:
    import pytest
    from archive import Archive

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z


def stamped(clock: Clock, text: str = "PRIVMSG #chat :hi") -> str:
    return f"@time={clock.text};msgid={clock.next_id()} :bob!b@h {text}"


def ids(archive: Archive) -> list[str]:
    return [read_entry(line.encode()).msgid for line in archive.lines("#chat")]


def test_clock_back_over_a_restart(archive: Archive) -> None:
    """The system's clock goes back an hour while the server is down: ids and times rise all the same, unmarked."""
    clock = Clock(lambda: (T0 + 3_600_000) / 1000, past_ms=archive.files.newest_ms())
    archive.said("#chat", stamped(clock), moment_ms=clock.ms)
    archive.files.close()
    clock = Clock(lambda: T0 / 1000, past_ms=archive.open().newest_ms())
    assert clock.ms == T0 + 3_600_001
    archive.said("#chat", stamped(clock), moment_ms=clock.ms)
    assert ids(archive) == sorted(ids(archive))
    assert not [line for line in archive.lines("#chat") if "logged=" in line]


def test_clock_back_over_a_crash(archive: Archive) -> None:
    """After a crash the newest moment is known well enough: never too early, and at most a second too late."""
    for moment_ms in (T0, T0 + 500, T0 + 1500, T0 + 2499):
        archive.said("#chat", "x", moment_ms=moment_ms)
    assert T0 + 2499 <= archive.open().newest_ms() <= T0 + 2499 + AHEAD_MS


def test_newest_file_is_lost(archive: Archive) -> None:
    """Without the file, or with nonsense in it, the last lines of all logs say what the newest moment is."""
    for log, seconds in (("#a", 5), ("alice bob", 9), ("#b", 2)):
        archive.said(log, f"@time=2026-11-24T00:00:0{seconds}.250Z x", moment_ms=T0 + seconds * 1000 + 250)
    archive.files.close()
    (archive.root / "newest").unlink()
    assert archive.open().newest_ms() == T0 + 9250
    (archive.root / "newest").write_text("tomorrow")
    assert archive.open().newest_ms() == T0 + 9250


def test_a_start_does_not_read_the_past(archive: Archive) -> None:
    """However many files there are, none is opened until somebody asks for it, or the log is written to: then the
    newest.
    """
    for day in range(30):
        moment_ms = T0 + day * 86_400_000
        archive.said("#chat", f"@time={utc_text(moment_ms)} x", moment_ms=moment_ms)
    archive.files.close()
    opened: list[str] = []
    listening = True

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if listening and event in ("open", "os.listdir", "os.scandir"):
            opened.append(str(arguments[0]))

    sys.addaudithook(hear)
    try:
        assert archive.open().newest_ms() == T0 + 29 * 86_400_000
        folder = str(archive.folder("#chat"))
        assert opened and not [path for path in opened if path.startswith(folder)]
        archive.said("#chat", "y", moment_ms=T0 + 29 * 86_400_000)
        newest = os.path.join(folder, archive.names("#chat")[-1])
        assert {path for path in opened if path.startswith(folder + os.sep)} == {newest}
    finally:
        listening = False


def test_no_past(archive: Archive) -> None:
    """A new server has no newest moment."""
    assert archive.files.newest_ms() == -1


def test_server_asks_for_the_past(archive: Archive) -> None:
    """The server's clock begins behind what its history holds."""
    archive.said("#chat", "x", moment_ms=T0)
    catalog = Catalog.collect(chatd.features)
    shelf = Shelf()
    server = ChatServer(
        Config(), catalog, now_s=lambda: 0.0, call_soon=lambda flush: None, history=archive.open(),
        archive=Library(archive.root, archive.files.people), index=MemoryHistory(), accounts=MemoryAccounts(shelf),
        kept_channels=MemoryChannels(shelf),
    )  # fmt: skip
    assert server.clock.ms == archive.files.newest_ms() + 1 > T0


def test_late_line(archive: Archive) -> None:
    """A line of another server that comes late stands where it was logged, and says when that was; its time stays."""
    archive.said("#chat", "@time=2026-11-24T00:00:05.000Z;msgid=a one", moment_ms=T0 + 5000)
    archive.said("#chat", "@time=2026-11-24T00:00:03.000Z;msgid=b two", moment_ms=T0 + 3000)
    archive.said("#other", "@time=2026-11-24T00:00:03.000Z;msgid=c three", moment_ms=T0 + 3000)
    assert archive.lines("#chat") == [
        "@time=2026-11-24T00:00:05.000Z;msgid=a one",
        "@logged=2026-11-24T00:00:05.000Z;time=2026-11-24T00:00:03.000Z;msgid=b two",
    ]
    assert archive.lines("#other") == ["@time=2026-11-24T00:00:03.000Z;msgid=c three"]
    entry = read_entry(archive.lines("#chat")[1].encode())
    assert (entry.time_ms, entry.tags) == (T0 + 3000, {"time": "2026-11-24T00:00:03.000Z", "msgid": "b"})


BETWEEN = st.sampled_from(["", "restart", "crash", "forget", "rotate"])


@given(st.lists(st.tuples(st.integers(-100_000, 100_000), BETWEEN)))
def test_keys_never_fall(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]]) -> None:
    """Whatever moments lines come with, and whatever happens between, the keys of a log rise."""
    from archive import Archive

    archive = Archive(tmp_path_factory.mktemp("order"))
    archive.open(rotate_bytes=300)
    moment_ms = T0
    for number, (step_ms, between) in enumerate(steps):
        moment_ms += step_ms
        clock = Clock(lambda moment_ms=moment_ms: moment_ms / 1000)  # type: ignore[misc]
        if between == "restart":
            archive.files.close()
        if between in ("restart", "crash"):
            archive.open(rotate_bytes=300)
        if between == "forget":
            archive.files.tick(moment_ms + 10**9)
        if between == "rotate":
            archive.files.rotate(moment_ms, "#chat")
        archive.said("#chat", stamped(clock, f"PRIVMSG #chat :{number}"), moment_ms=clock.ms)
    lines = [line.encode() for line in archive.lines("#chat")]
    assert [read_entry(line).params[-1] for line in lines] == [str(number) for number in range(len(steps))]
    keys = [line_key(line) or b"" for line in lines]
    assert keys == sorted(keys)
    assert b"" not in keys


def test_lock_tells_that_a_server_writes(archive: Archive) -> None:
    """Tools see whether a server is running."""
    assert not is_written(archive.root)
    archive.said("#chat", "x")
    assert is_written(archive.root)
    archive.files.close()
    assert not is_written(archive.root)
