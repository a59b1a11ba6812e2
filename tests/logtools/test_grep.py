"""`chatd log grep`: over plain and packed files, by text, expression, nickname, verb and date."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from logplace import DAY, T0, Place

from chatd.clock import read_moment

HISTORY = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")


def found(place: Place, *arguments: str) -> list[str]:
    """What follows the moment of each line that is found."""
    _, lines = place.call("grep", *arguments)
    return [line[20:] for line in lines]


@pytest.fixture
def said(place: Place) -> Place:
    place.tell("#chat", "PRIVMSG #chat :Where is the 50% coupon?", source="alice!a@h")
    place.tell("#chat", "PRIVMSG #chat :the c\x02ou\x02pon is gone", T0 + DAY, source="Bob!b@h")
    place.tell("#chat", "TOPIC #chat :coupons here", T0 + 2 * DAY, source="alice!a@h")
    place.tell("#chat", "QUIT :no coupon", T0 + 2 * DAY, source="coupon!c@coupon.example")
    place.tell("#chat", "JOIN #chat", T0 + 2 * DAY, source="coupon!c@coupon.example")
    return place


def test_text(said: Place) -> None:
    """What somebody wrote is looked at, also where it is formatted; not who wrote it."""
    assert found(said, "coupon", "#chat") == [
        "<alice> Where is the 50% coupon?", "<Bob> the coupon is gone", "* alice sets the topic: coupons here",
        "* coupon quits (no coupon)",
    ]  # fmt: skip
    assert found(said, "50%", "#chat") == ["<alice> Where is the 50% coupon?"]
    assert found(said, "where") == []
    assert found(said, "-i", "WHERE") == ["<alice> Where is the 50% coupon?"]


def test_regular_expression(said: Place) -> None:
    """-E takes expressions; one that is none is told."""
    assert found(said, "-E", "coupon$") == ["* coupon quits (no coupon)"]
    assert found(said, "-E", "-i", r"^where\b") == ["<alice> Where is the 50% coupon?"]
    assert said.call("grep", "-E", "(") == (2, [])
    assert "that is no regular expression" in said.err


def test_nick_and_verb(said: Place) -> None:
    """Nicknames are folded and may be masks."""
    assert found(said, "coupon", "--nick", "bOB") == ["<Bob> the coupon is gone"]
    assert found(said, "coupon", "-n", "b*", "-n", "ali*", "-v", "privmsg") == [
        "<alice> Where is the 50% coupon?", "<Bob> the coupon is gone",
    ]  # fmt: skip


def test_dates(said: Place) -> None:
    """As with cat."""
    assert found(said, "coupon", "--from", "2026-11-25", "--to", "2026-11-25") == ["<Bob> the coupon is gone"]


def test_names_of_logs_come_last(said: Place) -> None:
    """Behind options too; what is neither an option nor a name is an error."""
    said.tell("#other", "PRIVMSG #other :coupon", T0 + DAY)
    period = ["--from", "2026-11-25", "--to", "2026-11-25"]
    assert found(said, "coupon", *period, "#other") == ["<bob> coupon"]
    assert found(said, "coupon", "#chat", *period, "#other") == found(said, "coupon", *period)
    with pytest.raises(SystemExit):
        said.call("grep", "coupon", *period, "--nothing", "#other")


def test_status_and_count(said: Place) -> None:
    """0 when something is found, 1 when not."""
    said.tell("#other", "PRIVMSG #other :coupon")
    assert said.call("grep", "--count", "coupon") == (0, ["#chat: 4", "#other: 1"])
    assert said.call("grep", "--count", "coupon", "#other") == (0, ["1"])
    assert said.call("grep", "nothing of the kind") == (1, [])


def test_packed_files(place: Place, days: Callable[[int], list[str]]) -> None:
    """Compressed files are looked through as plain ones are."""
    days(150)
    assert any(path.name.endswith(".log.gz") for path in place.archive.folder("#chat").iterdir())
    _, lines = place.call("grep", "line 149 ", "#chat")
    assert [line.split(" ")[2:7] for line in lines] == [["<bob>", "day", str(day), "line", "149"] for day in range(3)]
    assert place.call("grep", "--count", "line", "#chat") == (0, ["450"])


def documented(command: str) -> tuple[str, list[str]]:
    """A command as docs/history.md has it, with what it shows there."""
    found = re.search(rf"^    \$ ({command}.*)\n((?:    [^$\n].*\n)*)", HISTORY, re.MULTILINE)
    assert found is not None
    return found[1], [line[4:] for line in found[2].splitlines()]


def said_yesterday(place: Place, lines: list[str], today: str) -> str:
    """Log these lines as if they had been said yesterday, and others the days before and after; gives the day."""
    day = f"{datetime.fromisoformat(today) - timedelta(days=1):%Y-%m-%d}"
    other = "@time={};msgid=0mwu2tsii0006jq1x :eve!e@h PRIVMSG #chat :no coupon"
    before = f"{datetime.fromisoformat(today) - timedelta(days=2):%Y-%m-%d}T23:59:59.999Z"
    yesterdays = [line.replace("2026-11-23", day) for line in lines]
    for line in [other.format(before), *yesterdays, other.format(f"{today}T00:00:00.000Z")]:
        place.archive.said("#chat", line, moment_ms=read_moment(line[6:30]))
    return day


def test_a_question_about_yesterday(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As docs/history.md asks and answers it: by `chatd log grep`, and by grep on the files themselves."""
    (asks, answers), (greps, lines) = documented("chatd log grep"), documented("grep")
    for attempt in range(2):  # midnight may pass between
        place, today = Place(tmp_path / str(attempt), capsys), f"{datetime.now(UTC):%Y-%m-%d}"
        day = said_yesterday(place, lines, today)
        status, found = place.call("grep", *shlex.split(asks)[3:])
        if today == f"{datetime.now(UTC):%Y-%m-%d}":
            break
    assert (status, found) == (0, [answer.replace("2026-11-23", day) for answer in answers])
    command = greps.replace("2026-11-23", day)
    channels = place.archive.root / "channels"
    shown = subprocess.run(["/bin/sh", "-c", command], cwd=channels, capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == [line.replace("2026-11-23", day) for line in lines]
