"""`chatd log grep`: over plain and packed files, by text, expression, nickname, verb and date."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from logplace import DAY, T0, Place


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
