"""However little of the logs is for somebody, no question looks through more of them than one may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from onfiles import put_on_files
from speaking import bare, says

from chatd.config import Config, History
from chatd.core.archive import SCAN_BYTES, Scope
from chatd.history import library
from chatd.reading import unread
from chatd.testing import Client, Stage

CAPS = "message-tags batch draft/chathistory znc.in/playback"
CHANNELS = ("#a", "#b")


@pytest.fixture
def talker(tmp_path: Path) -> Iterator[Client]:
    """Somebody who says all that there is, but for a word at the beginning, in several channels; on files."""
    stage = Stage(Config(history=History(access="members")))
    told = put_on_files(stage, tmp_path)
    talker, other = stage.connect("talker", caps=CAPS), stage.connect("other")
    talker.session.allowance = 1e9
    for channel in CHANNELS:
        other.sends(f"JOIN {channel}")
        talker.sends(f"JOIN {channel}")
        says(other, channel, "talker: hello")
        for _ in range(200):
            talker.sends(f"PRIVMSG {channel} :{'words ' * 60}")
    stage.passes(1)
    talker.take()
    yield talker
    told.indexer.close()


def answer(client: Client, line: str) -> list[str]:
    """The lines of an answer, without the server's name."""
    client.take()
    return [each.removeprefix(f":{client.node.name} ") for each in bare(client.sends(line).take())]


def test_all_is_looked_through(talker: Client) -> None:
    """What is far less than one question may look through."""
    assert answer(talker, "UNREAD")[1:-1] == [f"UNREAD {channel} 1 1 *" for channel in CHANNELS]
    assert answer(talker, "UNREAD #a")[1:-1] == ["UNREAD #a 1 1 *"]
    assert [line.rpartition(" :")[2] for line in answer(talker, "MENTIONS")[1:-1]] == ["talker: hello"] * 2


def test_where_counting_had_to_end(talker: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said that there may be more, also where nothing was found; MENTIONS goes on from there."""
    monkeypatch.setattr(unread, "share_of", lambda logs: 2000)
    assert answer(talker, "UNREAD")[1:-1] == [f"UNREAD {channel} 0+ 0+ *" for channel in CHANNELS]
    found, place = [], ""
    for _ in range(100):
        *lines, last = answer(talker, f"MENTIONS * {place} 9".replace("  ", " "))
        found += [line for line in lines if line.endswith(" :talker: hello")]
        if not last.startswith("NOTE MENTIONS INCOMPLETE msgid="):
            break
        place = last.split(" ")[3]
    assert len(found) == 2


def test_targets_share(talker: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment of the last message of a channel is not looked for for ever, behind what is none."""
    targets = "CHATHISTORY TARGETS timestamp=1990-01-01T00:00:00.000Z timestamp=2990-01-01T00:00:00.000Z 9"
    for _ in range(400):
        talker.sends(f"@+draft/react=x;+reply={'x' * 300} TAGMSG #a")
    assert [line.split(" ")[2] for line in answer(talker, targets)[1:-1]] == ["#a", "#b"]
    monkeypatch.setattr(library, "share_of", lambda logs: 2000)
    assert [line.split(" ")[2] for line in answer(talker, targets)[1:-1]] == ["#b"]


@pytest.mark.parametrize("line", ["UNREAD", "MENTIONS", "PRIVMSG *playback :PLAY *", "PRIVMSG *playback :LIST"])
def test_all_targets_share(talker: Client, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many channels take no longer than one."""
    shares: list[int] = []
    archive: Any = talker.node.archive

    class Spying:
        """Notes how much of a log may be looked through."""

        def __getattr__(self, name: str) -> Any:
            ask = getattr(archive, name)

            def asked(*given: Any) -> Any:
                shares.extend(each.scan_bytes for each in given if isinstance(each, Scope))
                return ask(*given)

            return asked

    monkeypatch.setattr(talker.node, "archive", Spying())
    answer(talker, line)
    assert set(shares) == {SCAN_BYTES // len(CHANNELS)}
