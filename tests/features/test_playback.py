"""The capability znc.in/playback and the service *playback, as the module playback of ZNC has them."""

from __future__ import annotations

import pytest
from logins import log_in, renames
from speaking import says

from chatd.config import Config, History
from chatd.testing import Client, Stage

CAPS = "znc.in/playback server-time batch"
START = 1_700_000_000


@pytest.fixture
def open_stage(nodes: int) -> Stage:
    """Members read all that was said in a channel."""
    return Stage(Config(history=History(access="members")), nodes=nodes)


@pytest.fixture
def room(open_stage: Stage) -> tuple[Client, Client]:
    """Alice, who asks, and Bob, who has said something in #a, in #b and to her."""
    bob, alice = open_stage.connect("bob"), open_stage.connect("alice", caps=CAPS)
    bob.sends("JOIN #a", "JOIN #b")
    says(bob, "#a", "one", "two")
    says(bob, "#b", "three")
    says(bob, "alice", "four")
    alice.sends("JOIN #a,#b")
    alice.take()
    return alice, bob


def asks(client: Client, text: str) -> list[str]:
    """What a question to *playback is answered with, without tags and sources."""
    client.take()
    lines = client.sends(f"PRIVMSG *playback :{text}").take()
    return [line.split(" ", 2 if line[0] == "@" else 1)[-1] for line in lines]


def played(client: Client, text: str) -> list[str]:
    """What is played back, of whom."""
    return [line.removeprefix("PRIVMSG ") for line in asks(client, text) if line.startswith("PRIVMSG ")]


def test_nothing_unasked(open_stage: Stage) -> None:
    """With the capability a client asks, or is shown nothing."""
    bob = open_stage.connect("bob")
    bob.sends("JOIN #a")
    says(bob, "#a", "one")
    for caps, expected in ((CAPS, False), ("server-time batch", True)):
        client = open_stage.connect(f"a{len(caps)}", caps=caps)
        client.sends("JOIN #a")
        assert any("PRIVMSG #a :one" in line for line in client.take()) is expected


def test_play(room: tuple[Client, Client]) -> None:
    """In a batch znc.in/playback for each buffer; PLAY itself is not answered."""
    alice, bob = room
    alice.sends("PRIVMSG *playback :PLAY #a")
    lines = alice.take()
    source = bob.session.user.source
    assert [line.partition(" ")[2] for line in lines] == [
        f":{alice.node.name} BATCH +1 znc.in/playback #a", f":{source} PRIVMSG #a :one",
        f":{source} PRIVMSG #a :two", f":{alice.node.name} BATCH -1",
    ]  # fmt: skip
    assert lines[1].startswith("@batch=1;time=2023-11-14T22:13:20.000Z ")
    assert played(alice, "play *") == ["#a :one", "#a :two", "#b :three", "alice :four"]
    assert played(alice, "PLAY BOB,#B") == ["alice :four", "#b :three"]
    assert played(alice, "PLAY #?") == ["#a :one", "#a :two", "#b :three"]
    assert asks(alice, "PLAY #nowhere,nobody") == []


def test_moments(room: tuple[Client, Client]) -> None:
    """"Sends playback for given buffers": after the first moment, up to the second, which belongs to it."""
    alice, _ = room
    assert played(alice, f"PLAY * {START}") == ["#a :two", "#b :three", "alice :four"]
    assert played(alice, f"PLAY * {START - 1}.9999") == ["#a :one", "#a :two", "#b :three", "alice :four"]
    assert played(alice, f"PLAY * {START}.001 {START + 2}.0") == ["#a :two", "#b :three"]
    assert played(alice, f"PLAY * 0 {START}.999") == ["#a :one"]
    assert played(alice, f"PLAY * {START + 60}") == []
    assert played(alice, f"PLAY * 0 {START - 60}") == []
    assert played(alice, f"PLAY * {START + 3} {START + 1}") == []


def test_list(room: tuple[Client, Client]) -> None:
    """Each buffer with the moments of the first and the last message, in messages from *playback."""
    alice, _ = room
    alice.sends("PRIVMSG *playback :LIST")
    source = f":*playback!services@{alice.node.name}"
    assert [line.partition(" ")[2] for line in alice.take()] == [
        f"{source} PRIVMSG alice :#a {START}.000 {START + 1}.000",
        f"{source} PRIVMSG alice :#b {START + 2}.000 {START + 2}.000",
        f"{source} PRIVMSG alice :bob {START + 3}.000 {START + 3}.000",
    ]
    assert asks(alice, "list b*") == [f"PRIVMSG alice :bob {START + 3}.000 {START + 3}.000"]
    assert asks(alice, "LIST #nowhere") == []


def test_clear(room: tuple[Client, Client]) -> None:
    """What was cleared is not played back again, but it is still in the history."""
    alice, bob = room
    assert asks(alice, "CLEAR #a") == []
    assert played(alice, "PLAY *") == ["#b :three", "alice :four"]
    alice.stage.passes(1)
    says(bob, "#a", "five")
    assert played(alice, "PLAY #a") == ["#a :five"]
    assert asks(alice, "LIST #a") == [f"PRIVMSG alice :#a {START + 5}.000 {START + 5}.000"]
    alice.sends("CAP REQ draft/chathistory")
    alice.take()
    assert [line for line in alice.sends("CHATHISTORY LATEST #a * 9").take() if line.endswith(" :one")]


def test_what_was_cleared_has_another_name_since(room: tuple[Client, Client]) -> None:
    """A channel that is renamed, and who changes nicknames, are what they were; others of the names are not."""
    alice, bob = room
    assert asks(alice, "CLEAR #a,bob") == []
    alice.stage.passes(1)
    bob.sends("RENAME #a #new", "NICK robert", "JOIN #a")
    bob.stage.connect("bob").sends("PRIVMSG alice :of another bob")
    alice.sends("JOIN #a")
    says(bob, "#a", "of another #a")
    says(bob, "#new", "five")
    says(bob, "alice", "six")
    expected = ["#a :of another #a", "#b :three", "#new :five", "alice :of another bob", "alice :six"]
    assert sorted(played(alice, "PLAY *")) == expected


def test_clearing_what_accounts_have_said(open_stage: Stage) -> None:
    """Conversations are those of accounts, whatever the two are called."""
    for name in ("alice", "bob"):
        open_stage.registers(name)
    alice, bob = log_in(open_stage, "alice", caps=CAPS), log_in(open_stage, "bob", "bob")
    says(bob, "alice", "one")
    bob.sends("NICK robert")
    assert played(alice, "PLAY robert") == ["alice :one"]
    assert asks(alice, "CLEAR robert") == []
    bob.sends("NICK bobby")
    open_stage.passes(1)
    says(bob, "alice", "two")
    assert played(alice, "PLAY bobby") == ["alice :two"]
    bob.sends("QUIT")
    open_stage.passes(10)
    assert played(alice, "PLAY bob") == ["alice :two"]


def test_clear_everything(room: tuple[Client, Client]) -> None:
    """One place stands for all of it; what is said since is not in it."""
    alice, bob = room
    assert asks(alice, "CLEAR *") == asks(alice, "LIST") == []
    bob.sends("NICK robert", "RENAME #a #new")
    assert played(alice, "PLAY *") == []
    alice.stage.passes(1)
    says(bob, "#new", "five")
    assert played(alice, "PLAY *") == ["#new :five"]


def test_many_are_cleared(room: tuple[Client, Client]) -> None:
    """What was not cleared is played back, and what was cleared last is not, however many were cleared."""
    alice, _ = room
    for start in range(0, 500, 50):
        assert asks(alice, f"CLEAR {','.join(f'n{number}' for number in range(start, start + 50))}") == []
    assert played(alice, "PLAY *") == ["#a :one", "#a :two", "#b :three", "alice :four"]
    asks(alice, "CLEAR #a,bob")
    asks(alice, f"CLEAR {','.join(f'm{number}' for number in range(40))}")
    assert played(alice, "PLAY *") == ["#b :three"]


def test_own_words_under_another_name(open_stage: Stage) -> None:
    """Who would take own messages for those of others is not shown them, also from when the account was renamed."""
    open_stage.registers("Robert")
    rob, bob = log_in(open_stage, "rob", "Robert", CAPS), open_stage.connect("bob")
    says(rob, "bob", "mine")
    says(bob, "rob", "his")
    renames(open_stage, "Robert", "Bobby")
    open_stage.passes(1)
    says(rob, "bob", "mine too")
    assert played(rob, "PLAY bob") == ["rob :his"]
    rob.sends("CAP REQ znc.in/self-message")
    assert played(rob, "PLAY bob") == ["bob :mine", "rob :his", "bob :mine too"]


def test_only_what_may_be_read(nodes: int) -> None:
    """As everywhere: what was said since one joined, unless the server has it otherwise."""
    stage = Stage(nodes=nodes)
    bob, alice = stage.connect("bob"), stage.connect("alice", caps=CAPS)
    bob.sends("JOIN #a", "JOIN #b")
    says(bob, "#a", "before")
    says(bob, "#b", "elsewhere")
    says(bob, "bob", "a note")
    alice.sends("JOIN #a")
    stage.passes(1)
    says(bob, "#a", "behind")
    says(bob, "@#a", "for operators")
    assert played(alice, "PLAY *") == ["#a :behind"]
    assert played(alice, "PLAY #a,#b,bob") == ["#a :behind"]
    alice.sends("PART #a")
    assert asks(alice, "PLAY #a") == asks(alice, "LIST *") == []


def test_own_words_and_readable_text(open_stage: Stage) -> None:
    """Without server-time the text has the time; one's own messages to others come to who knows them."""
    bob, alice = open_stage.connect("bob"), open_stage.connect("alice")
    open_stage.passes(1)
    says(bob, "alice", "hello")
    says(alice, "bob", "well")
    assert played(alice, "PLAY *") == ["alice :[22:13:21] hello"]
    alice.sends("CAP REQ :echo-message")
    echo, *rest = asks(alice, "PLAY *")
    assert echo == "PRIVMSG *playback :PLAY *"
    assert rest == ["PRIVMSG alice :[22:13:21] hello", "PRIVMSG bob :[22:13:22] well"]


def test_who_comes_back(stage: Stage) -> None:
    """Who stays without a connection asks for what was said since."""
    stage.registers("alice")
    alice, bob = log_in(stage, "alice"), stage.connect("bob")
    alice.sends("PERSISTENCE SET ON", "JOIN #a")
    bob.sends("JOIN #a")
    stage.passes(1)
    says(bob, "#a", "heard")
    alice.sends("QUIT")
    says(bob, "#a", "missed")
    says(bob, "alice", "you too")
    back = log_in(stage, "alice", caps=CAPS)
    assert not [line for line in back.take() if " PRIVMSG " in line]
    assert played(back, f"PLAY * {START + 1}") == ["#a :missed", "alice :you too"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("CLEAR", "Something is missing. It is written: CLEAR <channels and nicknames>. HELP CLEAR says more."),
        ("PLAY * now", "Moments are written as seconds since 1970, like 1700000000.5."),
        ("PLAY * -1", "Moments are written as seconds since 1970, like 1700000000.5."),
        (f"PLAY * {'9' * 12}", "Moments are written as seconds since 1970, like 1700000000.5."),
        ("LIST " + ",".join(map(str, range(51))), "That is too much: 50 names at once, and 10 with * or ?."),
        ("LIST " + ",".join(f"*{number}" for number in range(11)),
         "That is too much: 50 names at once, and 10 with * or ?."),
    ],
)  # fmt: skip
def test_errors(stage: Stage, text: str, answer: str) -> None:
    """In a sentence, as services answer."""
    assert asks(stage.connect("alice"), text) == [f"NOTICE alice :{answer}"]


def test_archive_that_cannot_be_read(stage: Stage) -> None:
    """Then nothing is played back, and that is said where it is known."""

    def fail(*_: object) -> None:
        raise OSError

    alice = stage.connect("alice")
    for node in stage.nodes:
        node.archive.targets = node.archive.between = node.archive.latest = fail
    assert asks(alice, "LIST") == ["NOTICE alice :What was said cannot be read just now."]
    assert asks(alice, "LIST bob") == asks(alice, "PLAY bob") == []


def test_label(room: tuple[Client, Client]) -> None:
    """The response to a labelled question is what is played back: one batch, or several in one."""
    alice, _ = room
    alice.sends("CAP REQ labeled-response")
    alice.take()
    opening, line, _ = alice.sends("@label=x PRIVMSG *playback :PLAY #b").take()
    assert opening.startswith("@label=x;") and opening.endswith(" BATCH +1 znc.in/playback #b")
    assert line.startswith("@batch=1;") and line.endswith(" PRIVMSG #b :three")
    outer, inner, *_ = alice.sends("@label=y PRIVMSG *playback :PLAY #a,#b").take()
    assert outer.startswith("@label=y;") and outer.endswith(" labeled-response")
    assert inner.startswith("@batch=") and inner.endswith(" znc.in/playback #a")
