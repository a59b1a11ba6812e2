"""`chatd log cat`: what happened in words, as it was logged, and as JSON; which logs, and from when to when."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from logplace import DAY, MINUTE, T0, Place

from chatd.history.lines import segments
from chatd.logtools.cat import cat
from chatd.logtools.output import Output
from chatd.logtools.period import Period, period
from chatd.logtools.places import logs_of, place_of


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("PRIVMSG #chat :hi there", "<bob> hi there"),
        ("PRIVMSG #chat :\x02\x0304,05re\x0fd\x02 \x1b[2Jx", "<bob> red \ufffd[2Jx"),
        ("PRIVMSG #chat :\x01ACTION waves\x01", "* bob waves"),
        ("PRIVMSG @#chat :a secret", "<bob> a secret (to @#chat)"),
        ("NOTICE #chat :look", "-bob- look"),
        ("JOIN #chat", "* bob!~bob@host joins"),
        ("PART #chat :bye", "* bob leaves (bye)"),
        ("PART #chat", "* bob leaves"),
        ("QUIT :Quit: home", "* bob quits (Quit: home)"),
        ("KICK #chat eve :no", "* bob kicks eve (no)"),
        ("NICK :bobby", "* bob is now bobby"),
        ("MODE #chat +o alice", "* bob sets mode +o alice"),
        ("TOPIC #chat :today", "* bob sets the topic: today"),
        ("RENAME #chat #talk :better", "* bob renames #chat to #talk (better)"),
        ("REDACT #chat abc :oops", "* bob takes back abc (oops)"),
        ("FUTURE #chat :what is this", "bob!~bob@host FUTURE #chat what is this"),
        ("PRIVMSG", "bob!~bob@host PRIVMSG"),
    ],
)
def test_sentences(place: Place, what: str, shown: str) -> None:
    """Every verb that logs hold is a sentence, without colours and without what does something to a terminal."""
    place.tell("#chat", what)
    assert place.call("cat", "#chat") == (0, [f"2026-11-24 00:00:00 {shown}"])


def test_a_reaction(place: Place) -> None:
    """Reactions come as tags."""
    place.tell("#chat", "TAGMSG #chat", tags=";+draft/react=\N{THUMBS UP SIGN};+reply=abc")
    assert place.call("cat", "#chat")[1] == ["2026-11-24 00:00:00 * bob reacts with \N{THUMBS UP SIGN} to abc"]


def test_as_logged(place: Place) -> None:
    """--format irc: the lines of the file, byte for byte, comments among them."""
    place.tell("#chat", "PRIVMSG #chat :caf\u00e9 \x02b\x02")
    place.archive.said("#chat", "# gap: 2 lines lost between x and y")
    (file,) = place.archive.folder("#chat").iterdir()
    with file.open("ab") as stream:
        stream.write(b":x PRIVMSG #chat :\xff\n")
    collected = io.BytesIO()
    found = place_of(None, str(place.data))
    with Output(collected) as output:
        cat(logs_of(found, ["#chat"]), Period(), "irc", output)
    assert collected.getvalue() == file.read_bytes()


def test_as_json(place: Place) -> None:
    """--format json: one object a line, tags apart; comments are objects too."""
    msgid = place.tell("alice bob", "PRIVMSG alice :hi", tags=";+x=1;bot")
    place.archive.said("alice bob", "# gap: 2 lines lost between x and y")
    status, lines = place.call("cat", "--format", "json", "alice+bob")
    assert status == 0
    assert [json.loads(line) for line in lines] == [
        {
            "log": "alice bob", "time": "2026-11-24T00:00:00.000Z", "msgid": msgid, "source": "bob!~bob@host",
            "verb": "PRIVMSG", "params": ["alice", "hi"], "tags": {"+x": "1", "bot": ""},
        },
        {"log": "alice bob", "comment": "# gap: 2 lines lost between x and y"},
    ]  # fmt: skip


def test_which_logs(place: Place) -> None:
    """A channel, a conversation in either order, somebody's conversations, a mask; no name is every log."""
    for log in ("#chat", "#dev-a", "#dev-b", "alice bob", "bob carol", "alice carol"):
        place.tell(log, f"PRIVMSG x :in {log}")

    def heads(*names: str) -> list[str]:
        _, lines = place.call("cat", "--format", "json", *names)
        return [json.loads(line)["log"] for line in lines]

    assert heads("#CHAT") == ["#chat"]
    assert heads("bob+alice") == heads("alice bob") == ["alice bob"]
    assert heads("Bob") == ["alice bob", "bob carol"]
    assert heads("#dev-*", "#dev-a") == ["#dev-a", "#dev-b"]
    assert heads("a*+carol") == ["alice carol"]
    assert heads() == ["#chat", "#dev-a", "#dev-b", "alice bob", "alice carol", "bob carol"]
    assert place.call("cat", "#dev-*")[1][::3] == ["== #dev-a", "== #dev-b"]


def test_a_name_that_is_cut_on_disk(place: Place) -> None:
    """A channel whose folder cannot hold its name is found by its name all the same."""
    name = "#" + "\u00e9" * 150
    place.tell(name, "PRIVMSG x :hi")
    assert place.call("cat", name) == (0, ["2026-11-24 00:00:00 <bob> hi"])


@pytest.mark.parametrize(
    ("bounds", "days_shown"),
    [
        ([], [0, 1, 2]),
        (["--from", "2026-11-25"], [1, 2]),
        (["--to", "2026-11-25"], [0, 1]),
        (["--from", "2026-11-25", "--to", "2026-11-25"], [1]),
        (["--from", "2026-11-25T00:00:02", "--to", "2026-11-26T00:00"], [1]),
        (["--from", "2026-11-25T01:00+01:00"], [1, 2]),
        (["--from", "2026-11-27"], []),
        (["--to", "2026-11-20T12:00"], []),
    ],
)
def test_bounds(place: Place, days: Callable[[int], list[str]], bounds: list[str], days_shown: list[int]) -> None:
    """--from and --to find their lines in plain and packed files."""
    days(120)
    status, lines = place.call("cat", *bounds, "#chat")
    assert status == 0
    assert sorted({int(line.split(" ")[4]) for line in lines}) == days_shown


def test_moments_to_the_second(place: Place) -> None:
    """A moment is included at the beginning, and not at the end."""
    for minute in range(5):
        place.tell("#chat", f"PRIVMSG #chat :{minute}", T0 + minute * MINUTE)
    _, lines = place.call("cat", "--from", "2026-11-24T00:01", "--to", "2026-11-24T00:03Z", "#chat")
    assert [line[-1] for line in lines] == ["1", "2"]


def test_days_ago(place: Place) -> None:
    """3d, today and yesterday count from now."""
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert period("1d", None, now).from_ms == T0 + DAY + DAY // 2
    assert period("yesterday", "yesterday", now) == (T0 + DAY, T0 + 2 * DAY)
    assert period("today", "90m", now) == (T0 + 2 * DAY, T0 + 2 * DAY + DAY // 2 - 90 * MINUTE)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["#none"], "#none: there is no such log"),
        (["--from", "soon", "#chat"], "'soon' is no moment"),
        (["--config", "/nowhere.toml"], "/nowhere.toml"),
    ],
)
def test_what_goes_wrong_is_one_line(place: Place, arguments: list[str], words: str) -> None:
    """Status 2 and a sentence."""
    place.tell("#chat", "PRIVMSG #chat :hi")
    assert place.call("cat", *arguments) == (2, [])
    assert words in place.err
    assert place.err.count("\n") == 1


def test_no_history(place: Place) -> None:
    """A directory without history is told, not taken for an empty one."""
    assert place.call("cat") == (2, [])
    assert "there is no history here" in place.err


@pytest.mark.parametrize("damage", ["torn", "folder"])
def test_a_file_that_cannot_be_read(place: Place, days: Callable[[int], list[str]], damage: str) -> None:
    """It is named in the one line of "trouble, said in one line", behind what was found before it."""
    days(3)
    _, second, third = segments(place.archive.folder("#chat"))
    if damage == "torn":
        os.truncate(second, 100)
        name = second
    else:
        name = third
        third.unlink()
        third.mkdir()
    status, lines = place.call("cat", "#chat")
    assert (status, lines[0]) == (2, f"2026-11-24 00:00:00 <bob> day 0 line 0 {'x' * 90}")
    assert place.err.startswith(f"chatd: {name}: ")
    assert place.err.count("\n") == 1
    assert place.call("grep", "line", "#chat") == (status, lines)
