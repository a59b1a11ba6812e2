"""`chatd log erase`: what somebody said is nowhere any more, and all else is as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from logplace import DAY, SECOND, T0, Place

from chatd.history.lines import segments
from chatd.stores.directory import DataDirectory

ALICE, ANN = "Alice!~a@host", "ann!~a@host"


@pytest.fixture
def told(place: Place) -> dict[str, str]:
    """Alice, logged in as Ann, and others, over two days, the first one packed; gives ids by text."""
    said = {}
    for day in range(2):
        for number in range(60):
            moment_ms = T0 + day * DAY + number * SECOND
            text = f"bob {day} {number} {'x' * 150}"
            said[text] = place.tell("#chat", f"PRIVMSG #chat :{text}", moment_ms)
            if number % 10 == 0:
                text = f"secret {day} {number}"
                said[text] = place.tell("#chat", f"PRIVMSG #chat :{text}", moment_ms, ALICE, ";account=Ann")
    said["by ann"] = place.tell("#chat", "PRIVMSG #chat :secret by ann", T0 + DAY + 100 * SECOND, ANN)
    said["private"] = place.tell("ann bob", "PRIVMSG bob :secret in private", T0 + DAY, ALICE, ";account=Ann")
    return said


def everything(place: Place) -> bytes:
    """All that is in the data directory, and what it is when unpacked."""
    files = [path.read_bytes() for path in place.data.rglob("*") if path.is_file()]
    return b"".join(files) + "\n".join(place.call("cat", "--format", "irc")[1]).encode()


def finish(place: Place) -> None:
    place.archive.files.close()
    place.pack("#chat")


def test_of_an_account(place: Place, told: dict[str, str]) -> None:
    """Whatever the nickname was; what others said stays, in order, and files are as they were: plain or packed."""
    finish(place)
    names = [path.name for path in segments(place.archive.folder("#chat"))]
    assert names[0].endswith(".gz")
    ages = [path.stat().st_mtime_ns for path in segments(place.archive.folder("#chat"))]
    (place.data / "index").mkdir()
    (place.data / "index" / "words-1.sqlite").write_text("secret")
    others = [line for line in place.call("cat", "--format", "irc", "#chat")[1] if "account=Ann" not in line]
    status, lines = place.call("erase", "--account", "ann")
    assert (status, lines) == (0, ["#chat: 12 lines", "ann+bob: 1 lines", "erased: 13 lines"])
    assert place.call("cat", "--format", "irc", "#chat")[1] == others
    assert [path.name for path in segments(place.archive.folder("#chat"))] == names
    assert [path.stat().st_mtime_ns for path in segments(place.archive.folder("#chat"))] == ages
    assert not place.archive.folder("ann bob").exists()
    assert b"secret in private" not in everything(place)
    assert everything(place).count(b"secret") == 2  # what ann said without being logged in, in the file and unpacked
    assert place.call("check")[0] == 0


def test_of_a_nickname(place: Place, told: dict[str, str]) -> None:
    """With a mask, in some logs, in a period."""
    finish(place)
    assert place.call("erase", "--nick", "ANN", "--nick", "al*", "--from", "2026-11-25", "#chat")[1] == [
        "#chat: 7 lines", "erased: 7 lines",
    ]  # fmt: skip
    left = "\n".join(place.call("cat")[1])
    assert left.count("secret 0 ") == 6
    assert "secret 1 " not in left
    assert "secret in private" in left


def test_edits_and_redactions(place: Place, told: dict[str, str]) -> None:
    """Notes of what was edited or taken back go as well: those of theirs, and those about what they said."""
    text, other = "secret 0 0", next(text for text in told if text.startswith("bob 0 0"))
    for number, (msgid, source) in enumerate(((told[text], ALICE), (told[other], "bob!~bob@host"))):
        tags = f";account=Ann;draft/target-msgid={msgid}" if source is ALICE else f";draft/target-msgid={msgid}"
        line = place.line(T0 + DAY + number, f"EDIT #chat :edit secret {number}", source, tags)
        place.archive.files.edit("#chat", msgid, f"{line}\r\n".encode())
    gone = told["secret 0 10"]
    place.archive.files.redact("#chat", gone, f"{place.line(T0 + DAY, f'REDACT #chat {gone} :rude')}\r\n".encode())
    finish(place)
    place.call("erase", "--account", "Ann")
    (notes,) = place.archive.folder("#chat").glob("*.redactions")
    assert [line.rpartition(" :")[2] for line in notes.read_text().splitlines()] == ["edit secret 1"]
    place.call("erase", "--nick", "bob", "--nick", "ann")
    assert not place.archive.folder("#chat").exists()


def test_dry_run(place: Place, told: dict[str, str]) -> None:
    """It only tells."""
    finish(place)
    before = place.call("cat")[1]
    assert place.call("erase", "--account", "Ann", "--dry-run")[1][-1] == "would be erased: 13 lines"
    assert place.call("cat")[1] == before


def test_not_beside_a_server(place: Place, told: dict[str, str]) -> None:
    """It would go on writing to files that are gone."""
    finish(place)
    server = DataDirectory(place.data)
    assert place.call("erase", "--account", "Ann") == (2, [])
    assert "another server is running" in place.err
    server.release()
    assert place.call("erase", "--account", "Ann")[0] == 0


def test_somebody_must_be_named(place: Place, days: Callable[[int], list[str]]) -> None:
    """Nothing is erased by a slip of the hand; nor by a name that nobody had, or that somebody only mentioned."""
    days(2)
    assert place.call("erase", "#chat") == (2, [])
    assert "--account or --nick" in place.err
    assert place.call("erase", "--nick", "line", "--account", "day")[1] == ["erased: 0 lines"]
