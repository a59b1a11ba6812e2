"""What is reported, and what is kept back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from twisted.logger import LogEvent, Logger, capturedLogs

from chatd.reports import report_from, reporter

LEVELS = ["debug", "info", "warn", "error"]


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    """Other tests report as usual."""
    yield
    report_from("info")


def said(events: list[LogEvent]) -> list[str]:
    return [event["log_format"] for event in events]


@pytest.mark.fails_inside
@pytest.mark.parametrize("level", LEVELS)
def test_what_is_less_important_is_kept_back(level: str) -> None:
    """The level asked for and those above are reported; a loss of something inside always is."""
    report_from(level)
    log = reporter("chatd.somewhere")
    with capturedLogs() as events:
        for name in LEVELS:
            getattr(log, name)(name)
        try:
            raise RuntimeError
        except RuntimeError:
            log.failure("failed")
    assert said(events) == [*LEVELS[LEVELS.index(level) :], "failed"]


def test_others_are_not_kept_back() -> None:
    """Twisted's own entries are not ours to filter."""
    report_from("error")
    with capturedLogs() as events:
        Logger("twisted.somewhere").info("listening")
    assert said(events) == ["listening"]
