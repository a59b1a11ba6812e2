"""The logs that every test of the tools works on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from logplace import DAY, SECOND, T0, Place


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path / "data", capsys)


@pytest.fixture
def days(place: Place) -> Callable[[int], list[str]]:
    """Three days of #chat, a file each, all but the last packed; gives the ids."""

    def tell(lines_a_day: int) -> list[str]:
        ids = []
        for day in range(3):
            for number in range(lines_a_day):
                moment_ms = T0 + day * DAY + number * SECOND
                ids.append(place.tell("#chat", f"PRIVMSG #chat :day {day} line {number} {'x' * 90}", moment_ms))
        place.archive.files.close()
        place.pack("#chat")
        return ids

    return tell
