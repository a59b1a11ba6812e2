"""`chatd log prune`: as configured or as asked, told first with --dry-run, beside a running server or not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from logplace import DAY, Place

from chatd.history.lines import segments
from chatd.stores.directory import DataDirectory


@pytest.fixture
def old(place: Place) -> Callable[..., list[list[Path]]]:
    """Files of logs, one for each given age in days; gives their paths, the oldest first."""

    def tell(**logs: list[int]) -> list[list[Path]]:
        now_ms = int(time.time() * 1000)
        for age, log in sorted(((age, log) for log, ages in logs.items() for age in ages), reverse=True):
            place.tell(f"#{log}", f"PRIVMSG #chat :{'x' * 2000}", now_ms - age * DAY)
        place.archive.files.close()
        made = [segments(place.archive.folder(f"#{log}")) for log in logs]
        for paths, ages in zip(made, logs.values(), strict=True):
            for path, age in zip(paths, ages, strict=True):
                os.utime(path, (time.time() - age * 86400,) * 2)
        place.archive.open()
        return made

    return tell


def left(paths: list[Path]) -> list[int]:
    return [number for number, path in enumerate(paths) if path.exists()]


def test_by_age(place: Place, old: Callable[..., list[list[Path]]]) -> None:
    """A file goes when its last line is too old, that is, the next file's first."""
    (paths,) = old(chat=[40, 30, 20, 0])
    status, lines = place.call("prune", "--days", "25")
    assert status == 0
    assert left(paths) == [1, 2, 3]
    assert lines[0].startswith(f"deleted {paths[0]} (20")
    assert lines[1].startswith("deleted: 1 files, 20")


def test_what_was_taken_back_goes_with_its_day(place: Place, old: Callable[..., list[list[Path]]]) -> None:
    """What says which messages of a day were taken back goes with the logs of that day, and no sooner."""
    (paths,) = old(chat=[40, 30, 20, 0])
    for path in paths:
        path.with_name(f"{path.name[:10]}.redactions").touch()
    place.call("prune", "--days", "25", "--dry-run")
    assert len(list(paths[0].parent.glob("*.redactions"))) == 4
    place.call("prune", "--days", "25")
    assert sorted(path.name[:10] for path in paths[0].parent.glob("*.redactions")) == [
        path.name[:10] for path in paths[1:]
    ]


def test_dry_run_deletes_nothing(place: Place, old: Callable[..., list[list[Path]]]) -> None:
    """It says what would go."""
    (paths,) = old(chat=[40, 30, 20, 0])
    lines = place.call("prune", "--days", "10", "--dry-run")[1]
    assert left(paths) == [0, 1, 2, 3]
    assert [line.split(" ")[2] for line in lines[:-1]] == [str(paths[0]), str(paths[1])]
    assert lines[-1].startswith("would be deleted: 2 files")


def test_by_size_and_in_total(place: Place, old: Callable[..., list[list[Path]]]) -> None:
    """The newest of each log that fit, or the newest of all logs together."""
    paths, other = old(chat=[40, 30, 20, 0], other=[35, 1])
    place.call("prune", "--bytes", "5000", "#chat")
    assert (left(paths), left(other)) == ([2, 3], [0, 1])
    place.call("prune", "--total-bytes", "7000")
    assert (left(paths), left(other)) == ([2, 3], [1])


def test_as_configured(place: Place, old: Callable[..., list[list[Path]]], tmp_path: Path) -> None:
    """Without --days and --bytes the configuration counts, with its rules for channels."""
    paths, other = old(chat=[40, 20, 0], keep=[40, 20, 0])
    config = tmp_path / "chatd.toml"
    config.write_text('[history]\nretention_days = 15\n[[history.retain]]\nmask = "#keep"\ndays = 0\n')
    place.call("prune")
    assert (left(paths), left(other)) == ([0, 1, 2], [0, 1, 2])
    place.call("prune", "--config", str(config))
    assert (left(paths), left(other)) == ([1, 2], [0, 1, 2])


def test_nothing_left(place: Place) -> None:
    """A log all of which is old goes with its folder."""
    place.tell("alice bob", "PRIVMSG alice :hi", int(time.time() * 1000) - 30 * DAY)
    assert list(place.archive.files.people.conversations("alice")) == ["bob"]
    place.archive.files.close()
    (path,) = segments(place.archive.folder("alice bob"))
    os.utime(path, (time.time() - 30 * 86400,) * 2)
    (path.parent / "2026-10-01.redactions").write_text("")
    place.call("prune", "--days", "10")
    assert not path.parent.exists()
    assert place.archive.open().people.conversations("alice") == {}


def test_beside_a_server(place: Place, old: Callable[..., list[list[Path]]]) -> None:
    """The newest file of a log may be written to, and is left to the server."""
    (paths,) = old(chat=[40, 30])
    server = DataDirectory(place.data)
    assert place.call("prune", "--days", "10")[1][-1] == (
        "left to the server, which is running: 1 files that may be written to"
    )
    assert left(paths) == [1]
    server.release()
    place.call("prune", "--days", "10")
    assert left(paths) == []


@pytest.mark.parametrize("value", ["0", "-3", "x"])
def test_bad_numbers(place: Place, value: str) -> None:
    """Nothing is deleted by a slip of the hand."""
    with pytest.raises(SystemExit) as ending:
        place.call("prune", "--days", value)
    assert ending.value.code == 2
