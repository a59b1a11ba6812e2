"""SEARCH in a server with an index of its own, which is deleted and made again, also over a restart."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from running import Server, Talker

pytestmark = pytest.mark.process


def search(talker: Talker, text: str) -> list[str]:
    """The messages that are found, or the failure, but not that there may be more."""
    talker.send(f"SEARCH text={text}")
    return [line for line in talker.barrier() if " BATCH " not in line and " NOTE SEARCH INCOMPLETE " not in line]


def search_until(talker: Talker, text: str) -> list[str]:
    """The same, when there are some: the index is a second or two behind."""
    while True:
        lines = search(talker, text)
        assert not [line for line in lines if "FAIL" in line]
        if lines:
            return [line.rpartition(" :")[2] for line in lines]


def come(server: Server) -> Talker:
    talker = server.connect("alice")
    talker.send("CAP REQ :draft/search batch message-tags", "JOIN #chat")
    talker.barrier()
    return talker


def test_a_question_right_after_the_start(serve: Callable[..., Server]) -> None:
    """The index is there before anybody can connect, at the first start and after one that left damage."""
    server = serve()
    (path,) = (server.data / "index").glob("words-*.sqlite")
    assert search(come(server), "fox") == []
    assert server.stop() == 0
    path.write_bytes(b"no database at all" * 1000)
    server.process = server.start()
    assert search(come(server), "fox") == []
    assert server.stop() == 0
    assert len([line for line in server.log if "the index is made anew" in line]) == 1


def test_search(serve: Callable[..., Server]) -> None:
    """What was said is found within seconds; the index can be deleted while the server runs."""
    server = serve("[flood]\nenabled = false\n")
    alice = come(server)
    alice.send("PRIVMSG #chat :the quick brown fox")
    assert search_until(alice, "FOX") == ["the quick brown fox"]
    for path in list((server.data / "index").iterdir()):
        path.unlink(missing_ok=True)
    assert search_until(alice, "quick") == ["the quick brown fox"]
    assert server.stop() == 0
    assert not [line for line in server.log if "Traceback" in line or "index failed" in line]


def test_what_is_erased_leaves_the_index(serve: Callable[..., Server]) -> None:
    """Beside the running server, within seconds: what was said in a channel that is dropped, and nothing else."""
    server = serve('[flood]\nenabled = false\n[history]\ndropped = "erase"\n[accounts]\nregistration = "open"\n')
    alice = come(server)
    alice.send("NS REGISTER correct-horse", "JOIN #attic", "CS REGISTER #attic")
    alice.barrier()
    alice.send("PRIVMSG #attic :an unforgettable evening", "PRIVMSG #chat :an ordinary evening")
    assert search_until(alice, "unforgettable") == ["an unforgettable evening"]

    def octets() -> bytes:
        return b"".join(path.read_bytes() for path in (server.data / "index").iterdir())

    assert search_until(alice, "ordinary") == ["an ordinary evening"]
    assert b"unforgettable" in octets()
    alice.send("CS DROP #attic")
    (line,) = (line for line in alice.barrier() if "DROP #attic " in line)
    alice.send(f"CS DROP #attic {line.rpartition(' ')[2]}")
    assert [line for line in alice.barrier() if "not registered any more" in line]
    while b"unforgettable" in octets() or b"#attic" in octets():
        alice.barrier()
    assert b"ordinary" in octets()
    assert search_until(alice, "evening") == ["an ordinary evening"]
    assert server.stop() == 0
