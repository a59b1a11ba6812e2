"""What was said before, shown to clients that cannot ask: each message once, in order, within what may be read."""

from __future__ import annotations

import pytest
from logins import log_in
from speaking import says

from chatd.config import Config, Connections, History
from chatd.testing import Client, Stage

OPEN = Config(history=History(access="members"))
DAY_S = 86_400


def texts(client: Client) -> list[str]:
    """What was said, of the lines since the last look."""
    return [line.rpartition(" :")[2] for line in client.take() if " PRIVMSG " in line or " NOTICE #" in line]


def bare(line: str) -> str:
    """A line without its tags."""
    return line.partition(" ")[2] if line[0] == "@" else line


def staying(stage: Stage, nick: str = "alice", caps: str = "") -> Client:
    """Somebody with an account who stays in #a without a connection."""
    if stage.accounts.find(nick) is None:
        stage.registers(nick)
    client = log_in(stage, nick, account=nick, caps=caps)
    client.sends("PERSISTENCE SET ON", "JOIN #a")
    client.take()
    return client


@pytest.fixture
def open_stage(nodes: int) -> Stage:
    """Members read all that was said in a channel."""
    return Stage(OPEN, nodes=nodes)


def test_the_last_messages_after_the_names(open_stage: Stage) -> None:
    """Who joins is shown the end of what may be read, behind 366, with the time in the text."""
    bob = open_stage.connect("bob")
    bob.sends("JOIN #a")
    says(bob, "#a", "one", "\x01ACTION waves\x01", "\x01VERSION\x01")
    bob.sends("NOTICE #a :two", "TAGMSG #a")
    open_stage.now_s += DAY_S
    says(bob, "#a", "three")
    alice = open_stage.connect("alice")
    alice.sends("JOIN #a")
    lines = alice.take()
    source = bob.session.user.source
    position = next(number for number, line in enumerate(lines) if " 366 " in line)
    assert lines[position + 1 :] == [
        f":{source} PRIVMSG #a :[2023-11-14 22:13:20] one",
        f":{source} PRIVMSG #a :\x01ACTION [2023-11-14 22:13:21] waves\x01",
        f":{source} NOTICE #a :[2023-11-14 22:13:23] two",
        f":{source} PRIVMSG #a :[22:13:23] three",
    ]


def test_with_tags_as_negotiated(open_stage: Stage) -> None:
    """With server-time the text is as it was; a batch is for who knows batches: "the server SHOULD put all PRIVMSGs and
    NOTICEs into a single `chathistory` batch. If the client has also enabled the `server-time` capability then messages
    inside the batch MUST be tagged with the time at which they were originally sent" (the batch type chathistory).
    """
    bob = open_stage.connect("bob", caps="message-tags server-time echo-message")
    bob.sends("JOIN #a").take()
    bob.sends("PRIVMSG #a :hello")
    (said,) = bob.take()
    open_stage.passes(5)
    alice = open_stage.connect("alice", caps="server-time message-tags batch")
    alice.sends("JOIN #a")
    opening, line, closing = alice.take()[-3:]
    assert bare(opening).endswith(" BATCH +1 chathistory #a") and bare(closing).endswith(" BATCH -1")
    assert line == f"@batch=1;{said[1:]}"
    carol = open_stage.connect("carol", caps="server-time")
    carol.sends("JOIN #a")
    assert carol.take()[-1] == f"@{said[1:].split(';')[0]} {bare(said)}"


@pytest.mark.parametrize("caps", ["draft/chathistory"])
def test_who_can_ask_is_shown_nothing(open_stage: Stage, caps: str) -> None:
    """"In particular, if a client requests this capability, the server (or bouncer) SHOULD NOT play back any history
    that would otherwise be sent automatically" (chathistory): clients that can ask fetch what they want themselves.
    """
    says(open_stage.connect("bob").sends("JOIN #a"), "#a", "one")
    alice = open_stage.connect("alice", caps=caps)
    alice.sends("JOIN #a")
    assert texts(alice) == []


def test_programs_are_shown_nothing(open_stage: Stage) -> None:
    """A bot (mode B) would answer what was said long ago."""
    says(open_stage.connect("bob").sends("JOIN #a"), "#a", "!roll")
    alice = open_stage.connect("alice")
    alice.sends("MODE alice +B", "JOIN #a")
    assert texts(alice) == []


def test_settings(nodes: int) -> None:
    """So many and no more; 0 switches it off; by default nobody is shown what was said before they joined."""
    for history, expected in (
        (History(access="members", replay_messages=2), ["[22:13:21] two", "[22:13:22] three"]),
        (History(access="members", replay_messages=0), []),
        (History(), []),
    ):
        stage = Stage(Config(history=history), nodes=nodes)
        says(stage.connect("bob").sends("JOIN #a"), "#a", "one", "two", "three")
        alice = stage.connect("alice")
        alice.sends("JOIN #a")
        assert texts(alice) == expected


def test_not_more_than_a_client_can_take() -> None:
    """All together is far below what is held for a client that does not read."""
    stage = Stage(Config(history=History(access="members"), connections=Connections(sendq_bytes=8000)))
    bob = stage.connect("bob")
    bob.sends("JOIN #a")
    bob.session.allowance = 1e9
    says(bob, "#a", *[f"{number} {'x' * 300}" for number in range(30)])
    alice = stage.connect("alice")
    alice.sends("JOIN #a")
    shown = texts(alice)
    assert shown and sum(map(len, shown)) < 2000
    assert shown[-1].partition("] ")[2].startswith("29 ")


def test_long_lines_stay_lines(open_stage: Stage) -> None:
    """The time makes no line longer than a line may be; an action still ends as one."""
    bob = open_stage.connect("bob")
    bob.sends("JOIN #a", f"PRIVMSG #a :{'é' * 225}", f"PRIVMSG #a :\x01ACTION {'é' * 220}\x01")
    open_stage.passes(1)
    alice = open_stage.connect("alice")
    alice.sends("JOIN #a")
    one, two = alice.take()[-2:]
    assert len(one.encode()) <= 510 and len(two.encode()) <= 510
    assert two.endswith("é\x01")


def test_what_was_taken_back_or_said_to_a_rank(open_stage: Stage) -> None:
    """Neither is shown to who may not have it."""
    bob = open_stage.connect("bob", caps="message-tags echo-message draft/message-redaction")
    bob.sends("JOIN #a", "PRIVMSG @#a :for operators").take()
    bob.sends("PRIVMSG #a :oops")
    msgid = bob.take()[0].partition("msgid=")[2].split(" ")[0].split(";")[0]
    bob.sends(f"REDACT #a {msgid}")
    alice = open_stage.connect("alice")
    alice.sends("JOIN #a")
    assert texts(alice) == []


def test_again_only_what_was_missed(open_stage: Stage) -> None:
    """Who was in a channel before, by the same connection, has had what was said then; also under another name."""
    bob, alice = open_stage.connect("bob"), open_stage.connect("alice")
    bob.sends("JOIN #a")
    alice.sends("JOIN #a")
    says(bob, "#a", "one")
    alice.sends("PART #a")
    open_stage.passes(1)
    says(bob, "#a", "two")
    bob.sends("RENAME #a #b :better")
    says(bob, "#b", "three")
    alice.take()
    alice.sends("JOIN #b")
    assert [text.partition("] ")[2] for text in texts(alice)] == ["two", "three"]


def test_who_comes_back_is_shown_what_was_missed(stage: Stage) -> None:
    """Who stays without a connection: what was said in the channels, and what was written to them."""
    alice = staying(stage)
    bob = stage.connect("bob")
    bob.sends("JOIN #a")
    says(bob, "#a", "heard")
    says(bob, "alice", "heard too")
    alice.sends("QUIT")
    stage.passes(1)
    says(bob, "#a", "missed")
    says(bob, "alice", "for you", "\x01PING 1\x01")
    back = log_in(stage, "alice")
    lines = back.take()
    source = bob.session.user.source
    assert [line for line in lines if " PRIVMSG " in line] == [
        f":{source} PRIVMSG #a :[22:13:23] missed", f":{source} PRIVMSG alice :[22:13:24] for you",
    ]  # fmt: skip
    assert lines.index(f":{source} PRIVMSG #a :[22:13:23] missed") > max(
        number for number, line in enumerate(lines) if " 366 " in line
    )
    back.sends("QUIT")
    assert texts(log_in(stage, "alice")) == []


def test_each_device_for_itself(stage: Stage) -> None:
    """What one device was here for, another one may have missed."""
    staying(stage).sends("QUIT")
    laptop, phone = (log_in(stage, "alice", before=f"USER alice/{name} 0 * :A") for name in ("laptop", "phone"))
    bob = stage.connect("bob")
    bob.sends("JOIN #a")
    laptop.sends("QUIT")
    stage.passes(1)
    says(bob, "#a", "one")
    phone.sends("QUIT")
    stage.passes(1)
    says(bob, "#a", "two")
    for device, expected in (("phone", ["two"]), ("laptop", ["one", "two"])):
        shown = texts(log_in(stage, "alice", before=f"USER alice/{device} 0 * :A"))
        assert [text.partition("] ")[2] for text in shown] == expected


def test_what_was_read_elsewhere_is_not_missed(stage: Stage) -> None:
    """A read marker that another device has moved counts as having heard it."""
    staying(stage).sends("QUIT")
    bob = stage.connect("bob")
    bob.sends("JOIN #a")
    stage.passes(1)
    says(bob, "#a", "one", "two")
    stage.passes(1)
    phone = log_in(stage, "alice", caps="draft/chathistory draft/read-marker", before="USER alice/phone 0 * :A")
    phone.sends("MARKREAD #a timestamp=2023-11-14T22:13:21.500Z")
    assert [text.partition("] ")[2] for text in texts(log_in(stage, "alice"))] == ["two"]


def test_own_words_to_others(stage: Stage) -> None:
    """What was written from another device is shown to who knows it for their own only."""
    staying(stage).sends("QUIT")
    bob = stage.connect("bob")
    stage.passes(1)
    phone = log_in(stage, "alice", caps="draft/chathistory", before="USER alice/phone 0 * :A")
    says(phone, "bob", "are you there?")
    says(bob, "alice", "yes")
    assert [text.partition("] ")[2] for text in texts(log_in(stage, "alice"))] == ["yes"]
    stage.passes(1)
    other = log_in(stage, "alice", caps="znc.in/self-message", before="USER alice/tablet 0 * :A")
    assert texts(other) == []


def test_what_is_said_meanwhile_comes_behind(open_stage: Stage) -> None:
    """Live lines wait for what is being read, and so do answers."""
    bob, alice = open_stage.connect("bob"), open_stage.connect("alice")
    bob.sends("JOIN #a")
    says(bob, "#a", "one")
    alice.take()
    held: list = []
    open_stage.work = _Later(open_stage.work, held)
    alice.sends("JOIN #a")
    assert [line for line in alice.take() if " 366 " in line]
    bob.sends("PRIVMSG #a :two")
    alice.sends("PING x")
    assert alice.take() == []
    for work in held:
        open_stage.work.now(work)
    open_stage.settle()
    lines = alice.take()
    assert [line.rpartition(" :")[2] for line in lines] == ["[22:13:20] one", "two", "x"]


class _Later:
    """The work of a stage, put off."""

    def __init__(self, work, held: list) -> None:
        self._work, self._held = work, held
        self.append = held.append
        self.now = work.append
        self.popleft = work.popleft

    def __bool__(self) -> bool:
        return bool(self._work)


def test_labelled_join(open_stage: Stage) -> None:
    """What is played back is no part of the response, and comes behind it."""
    says(open_stage.connect("bob").sends("JOIN #a"), "#a", "one")
    alice = open_stage.connect("alice", caps="labeled-response batch")
    alice.sends("@label=7 JOIN #a")
    lines = alice.take()
    assert lines[0].startswith("@label=7 ") and " BATCH +" in lines[0]
    assert lines[-1].endswith(" BATCH -2") and "PRIVMSG #a :[22:13:20] one" in lines[-2]
    assert lines[-4].endswith(" BATCH -1")


def test_archive_that_cannot_be_read(open_stage: Stage) -> None:
    """Then nothing is shown, and everything goes on."""
    says(open_stage.connect("bob").sends("JOIN #a"), "#a", "one")

    def fail(*_: object) -> None:
        raise OSError

    for node in open_stage.nodes:
        node.archive.before = fail
    alice = open_stage.connect("alice")
    alice.sends("JOIN #a", "PING x")
    assert alice.take()[-1].endswith("PONG " + alice.node.name + " :x")
