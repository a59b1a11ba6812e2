"""CHATHISTORY where more is said in a millisecond than a page has: by ids nothing is skipped, and nothing comes twice.

IRCv3 chathistory: "Servers SHOULD provide clients with a consistent message order that is valid across the lifetime of
a single connection, and which determinately orders any two messages (even if they share a timestamp); this will allow
BEFORE, AFTER, and BETWEEN queries that use msgids for pagination to function as expected."
"""

from __future__ import annotations

import pytest
from pages import BASIC, FUTURE, PAST, asks, tags

from chatd.testing import Client, Stage

PAGE = 7


@pytest.fixture(params=["channel", "renamed channel", "conversation"])
def told(request: pytest.FixtureRequest, stage: Stage) -> tuple[Client, str, list[str]]:
    """A client, a target, and the ids of 61 messages, which all have one time, in their order."""
    caps = f"{BASIC} draft/multiline draft/channel-rename"
    alice, bob = stage.connect("alice", caps=caps), stage.connect("bob", caps=caps)
    alice.session.allowance = bob.session.allowance = 1e9
    target = {alice: "bob", bob: "alice"}
    if request.param != "conversation":
        target = {alice: "#a", bob: "#a"}
        alice.sends("JOIN #a")
        bob.sends("JOIN #a")
    stage.passes(1)
    for number in range(30):
        client = (alice, bob)[number % 3 == 1]
        client.sends_bytes(b"".join(b"PRIVMSG %s :%d\r\n" % (target[client].encode(), number) for _ in range(2)))
    if request.param == "renamed channel":
        alice.sends("RENAME #a #b")
        target = {alice: "#b", bob: "#b"}
    for line in (f"BATCH +x draft/multiline {target[alice]}", f"@batch=x PRIVMSG {target[alice]} :one",
                 f"@batch=x PRIVMSG {target[alice]} :two", "BATCH -x"):  # fmt: skip
        alice.sends(line)
    whole = asks(alice, f"LATEST {target[alice]} * 100")
    assert len({tags(line)["time"] for line in whole if "msgid" in tags(line)}) == 1
    ids = ids_of(whole)
    assert len(ids) == len(set(ids)) == 61
    return alice, target[alice], ids


def ids_of(lines: list[str]) -> list[str]:
    """The ids of messages; of one that has several lines, its batch has it."""
    return [tags(line)["msgid"] for line in lines if "msgid" in tags(line)]


def pages(client: Client, question: str, start: str, back: bool = False) -> list[str]:
    """All pages put together, each asked for by the last id of the one before, or, going ``back``, by the first."""
    found: list[str] = []
    while page := ids_of(asks(client, question.format(start))):
        assert len(page) <= PAGE
        found = page + found if back else found + page
        start = page[0 if back else -1]
    return found


def test_after_and_before(told: tuple[Client, str, list[str]]) -> None:
    """From every message on, and from every one back."""
    client, target, ids = told
    for place in range(0, len(ids), 9):
        assert pages(client, f"AFTER {target} msgid={{}} {PAGE}", ids[place]) == ids[place + 1 :]
        assert pages(client, f"BEFORE {target} msgid={{}} {PAGE}", ids[place], back=True) == ids[:place]


def test_between(told: tuple[Client, str, list[str]]) -> None:
    """Counted from either end; and where one end is a moment."""
    client, target, ids = told
    for end, reached in ((f"msgid={ids[-1]}", ids[1:-1]), (FUTURE, ids[1:])):
        assert pages(client, f"BETWEEN {target} msgid={{}} {end} {PAGE}", ids[0]) == reached
    for end, reached in ((f"msgid={ids[0]}", ids[1:-1]), (PAST, ids[:-1])):
        assert pages(client, f"BETWEEN {target} msgid={{}} {end} {PAGE}", ids[-1], back=True) == reached


def test_latest_and_around(told: tuple[Client, str, list[str]]) -> None:
    """Only what is behind an id, and what stands beside it."""
    client, target, ids = told
    for place, msgid in enumerate(ids):
        assert ids_of(asks(client, f"LATEST {target} msgid={msgid} 100")) == ids[place + 1 :]
        start = max(0, min(place - PAGE // 2, len(ids) - PAGE))
        assert ids_of(asks(client, f"AROUND {target} msgid={msgid} {PAGE}")) == ids[start : start + PAGE]
