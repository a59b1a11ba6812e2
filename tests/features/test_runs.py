"""What is said in one turn: encoded together where it can be, and in the order in which it happened for everybody."""

from __future__ import annotations

import re

import pytest

from chatd.testing import Client, Stage

TAGGED = "server-time message-tags batch labeled-response"


def members(stage: Stage, *nicks: str, caps: str = "") -> list[Client]:
    """Clients in #a and #b with nothing left to read."""
    clients = [stage.connect(nick, caps=caps) for nick in nicks]
    for client in clients:
        client.sends("JOIN #a,#b")
    for client in clients:
        client.take()
    return clients


def in_one_turn(stage: Stage, *lines: tuple[Client, str]) -> None:
    """Several clients are heard before anything is written."""
    for client, line in lines:
        client.session.receive(f"{line}\r\n".encode())
    stage.settle()


def said(client: Client, *words: str) -> list[str]:
    """The lines of these messages of one client."""
    return [f":{client.session.user.source} PRIVMSG {line}" for line in words]


def test_one_write(stage: Stage) -> None:
    """However many lines are said in a turn, each client is written to once."""
    alice, bob = members(stage, "alice", "bob")
    writes = bob.writes
    alice.sends_bytes(b"PRIVMSG #a :1\r\nPRIVMSG #a :2\r\nPRIVMSG #a :3\r\n")
    bob.sees(*said(alice, "#a :1", "#a :2", "#a :3"))
    if stage.bus is None:
        assert bob.writes == writes + 1


def test_each_line_has_its_own_tags(stage: Stage) -> None:
    """message-ids: "any other message [...] MUST NOT share the same value"; the log has the lines as clients have."""
    alice, bob, carol = [*members(stage, "alice", "bob", caps=TAGGED), *members(stage, "carol")]
    for client in (alice, bob):
        client.take()
    alice.sends_bytes(b"PRIVMSG #a :1\r\nPRIVMSG #a :2\r\nPRIVMSG bob :3\r\n")
    lines = bob.take()
    ids = [found[1] for line in lines if (found := re.match(r"@time=[^;]+;msgid=(\S+) ", line))]
    assert len(set(ids)) == 3
    assert [line.split(" ", 1)[1] for line in lines] == said(alice, "#a :1", "#a :2", "bob :3")
    carol.sees(*said(alice, "#a :1", "#a :2"))
    assert [line.rstrip() for line in stage.history.logs["#a"][-2:]] == lines[:2]
    assert [line.rstrip() for line in stage.history.logs["~alice ~bob"]] == lines[2:]


def test_order_over_channels(stage: Stage) -> None:
    """Who is in both channels hears in the order in which it was said."""
    alice, bob = members(stage, "alice", "bob")
    alice.sends_bytes(b"PRIVMSG #a :1\r\nPRIVMSG #b :2\r\nPRIVMSG bob :3\r\nPRIVMSG #a :4\r\n")
    bob.sees(*said(alice, "#a :1", "#b :2", "bob :3", "#a :4"))


def test_two_talk_in_turn(stage: Stage) -> None:
    """Nobody hears itself, everybody hears the others, in one order."""
    alice, bob, carol = members(stage, "alice", "bob", "carol")
    in_one_turn(stage, (alice, "PRIVMSG #a :1"), (bob, "PRIVMSG #a :2"), (alice, "PRIVMSG #a :3"))
    carol_heard = carol.take()
    assert sorted(carol_heard) == sorted([*said(alice, "#a :1", "#a :3"), *said(bob, "#a :2")])
    assert alice.take() == said(bob, "#a :2")
    assert bob.take() == [line for line in carol_heard if line in said(alice, "#a :1", "#a :3")]


@pytest.mark.parametrize("line", ["PING x", "TOPIC #a", "NOSUCH"])
def test_replies_stay_in_their_place(stage: Stage, line: str) -> None:
    """A reply comes after the echo of what was said before it."""
    (alice,) = members(stage, "alice", caps="echo-message")
    alice.sends_bytes(f"PRIVMSG #a :1\r\n{line}\r\nPRIVMSG #a :2\r\n".encode())
    lines = alice.take()
    assert [lines[0], lines[-1]] == said(alice, "#a :1", "#a :2")
    assert len(lines) == 3


def test_a_reply_to_who_hears(stage: Stage) -> None:
    """What was said before somebody asked is before the answer."""
    alice, bob = members(stage, "alice", "bob")
    if stage.bus is None:
        in_one_turn(stage, (alice, "PRIVMSG #a :1"), (bob, "PING x"), (alice, "PRIVMSG #a :2"))
        first, pong, second = bob.take()
        assert [first, second] == said(alice, "#a :1", "#a :2")
        assert " PONG " in pong


def test_who_comes_and_goes_in_between(stage: Stage) -> None:
    """Only who was there hears it, and goes and comes at its place among the lines."""
    alice, bob = members(stage, "alice", "bob")
    carol = stage.connect("carol")
    carol.take()
    in_one_turn(stage, (alice, "PRIVMSG #a :1"), (carol, "JOIN #a"), (bob, "PART #a"), (alice, "PRIVMSG #a :2"))
    heard = bob.take()
    if stage.bus is None:
        assert [line.split(" ")[1] for line in heard] == ["PRIVMSG", "JOIN", "PART"]
        assert heard[0] in said(alice, "#a :1")
        assert carol.take()[-1:] == said(alice, "#a :2")
    assert not any("#a :1" in line for line in carol.take())


def test_a_nick_in_between(stage: Stage) -> None:
    """Each line comes from who one was when it was said."""
    alice, bob = members(stage, "alice", "bob")
    alice.sends_bytes(b"PRIVMSG #a :1\r\nNICK alicia\r\nPRIVMSG #a :2\r\n")
    lines = bob.take()
    assert [line.split(" ")[1] for line in lines] == ["PRIVMSG", "NICK", "PRIVMSG"]
    assert lines[0].startswith(":alice!")
    assert lines[2].startswith(":alicia!")


def test_others_are_no_response(stage: Stage) -> None:
    """What others said before in the same turn is not put into a labelled response."""
    alice, bob = members(stage, "alice", "bob", caps=TAGGED)
    in_one_turn(stage, (alice, "PRIVMSG #a :1"), (alice, "PRIVMSG #a :2"), (bob, "@label=x WHOIS bob"))
    lines = bob.take()
    heard = [line for line in lines if " PRIVMSG " in line]
    assert [line.split(" ", 1)[1] for line in heard] == said(alice, "#a :1", "#a :2")
    assert not any("batch=" in line for line in heard)
    assert sum("label=x" in line for line in lines) == 1


def test_others_are_no_response_on_a_late_bus(stage: Stage) -> None:
    """Nor when the response waits for an event of its own, which comes back after theirs."""
    alice, bob = members(stage, "alice", "bob", caps=f"{TAGGED} echo-message")
    in_one_turn(stage, (alice, "PRIVMSG #a :1"), (bob, "@label=x PRIVMSG #a :2"))
    lines = {line.split(" ", 1)[1]: line.split(" ", 1)[0] for line in bob.take()}
    assert sorted(lines) == sorted([*said(alice, "#a :1"), *said(bob, "#a :2")])
    assert "label=x" in lines[said(bob, "#a :2")[0]]
    assert "label" not in lines[said(alice, "#a :1")[0]]
    assert "batch" not in lines[said(alice, "#a :1")[0]]


def test_a_batch_begins_behind_what_was_said(stage: Stage) -> None:
    """What others said before in the same turn is not put into the batch of an answer."""
    alice, bob = members(stage, "alice", "bob", caps="batch draft/metadata-2")
    bob.sends("METADATA * SET color :red").take()
    in_one_turn(stage, (alice, "PRIVMSG #a :1"), (bob, "METADATA * LIST"))
    assert next(line for line in bob.take() if " PRIVMSG " in line) == said(alice, "#a :1")[0]


def test_what_follows_a_message(stage: Stage) -> None:
    """301 comes after the echo of the message it speaks of."""
    alice, bob = members(stage, "alice", "bob", caps="echo-message")
    bob.sends("AWAY :out").take()
    alice.sends("PRIVMSG bob :1")
    assert [line.split(" ")[1] for line in alice.take()] == ["PRIVMSG", "301"]


def test_a_response_of_lines_that_were_encoded_together(stage: Stage) -> None:
    """labeled-response: "If a response consists of more than one message, a batch MUST be used to group them"."""
    alice = stage.connect("alice", caps=f"{TAGGED} echo-message")
    alice.take()
    alice.sends("@label=x PRIVMSG alice,ALICE :me")
    *heard, opening, first, second, closing = alice.take()
    assert [line.split(" ", 1)[1] for line in [*heard, first, second]] == said(alice, *["alice :me"] * 4)
    assert opening.startswith("@label=x") and " BATCH +1 labeled-response" in opening
    assert first.startswith("@batch=1;") and second.startswith("@batch=1;")
    assert closing.endswith(" BATCH -1")


@pytest.mark.parametrize("talkers", [1, 2], ids=["past the queues", "by the queues"])
def test_logged_before_anybody_is_written_to(talkers: int) -> None:
    """A message that a client has received is in the log, whether the turn was a busy one or not."""
    stage = Stage()
    alice, bob, carol = members(stage, "alice", "bob", "carol")
    happened: list[str] = []
    flush, write = stage.history.flush, carol.session.write
    stage.history.flush = lambda: (happened.append("logged"), flush())[1]  # type: ignore[method-assign]
    carol.session.write = lambda octets: (happened.append("written"), write(octets))[1]
    in_one_turn(stage, *[(client, "PRIVMSG #a :hi") for client in (alice, bob)[:talkers]])
    assert happened == ["logged", "written"]
    carol.sees(*[line for client in (alice, bob)[:talkers] for line in said(client, "#a :hi")])


def test_one_that_does_not_read_gets_all_of_it_later_in_order(stage: Stage) -> None:
    """Who is paused keeps its place in every turn, busy or not."""
    alice, bob, carol = members(stage, "alice", "bob", "carol")
    carol.session.pause()
    for turn in (["1"], ["2", "3"], ["4"]):
        in_one_turn(stage, *[(alice, f"PRIVMSG #a :{word}") for word in turn])
    in_one_turn(stage, (alice, "PRIVMSG #a :5"), (bob, "PRIVMSG #b :6"), (alice, "PRIVMSG #a :7"))
    carol.sees()
    carol.session.resume()
    stage.settle()
    expected = said(alice, "#a :1", "#a :2", "#a :3", "#a :4", "#a :5", "#a :7")
    seen = carol.take()
    assert [line for line in seen if " #a " in line] == expected
    assert [line for line in seen if " #b " in line] == said(bob, "#b :6")


def test_one_that_does_not_read_is_dropped_in_a_turn_of_one_message(stage: Stage) -> None:
    """The bound of what waits for a client holds whichever way its lines go."""
    alice, bob = members(stage, "alice", "bob")
    bob.session.pause()
    limit = bob.node.limits.sendq_bytes
    assert limit
    for _ in range(limit // 400 + 2):
        alice.session.allowance = 1000.0
        in_one_turn(stage, (alice, f"PRIVMSG #a :{'x' * 400}"))
        if bob.session.closing:
            break
    assert bob.session.closing
    assert any("QUIT" in line and "SendQ exceeded" in line for line in alice.take())
    in_one_turn(stage, (alice, "PRIVMSG #a :nobody is there"))


@pytest.mark.parametrize("caps", ["", "echo-message", "echo-message server-time message-tags"])
def test_the_speaker_sees_an_echo_only(stage: Stage, caps: str) -> None:
    """echo-message: who has not asked for it is not shown what it said, and who has is shown it once."""
    alice, bob = [*members(stage, "alice", caps=caps), *members(stage, "bob")]
    alice.take()
    in_one_turn(stage, (alice, "PRIVMSG #a :hi"))
    assert [line.split(" ", 1)[1] if line[0] == "@" else line for line in alice.take()] == (
        said(alice, "#a :hi") if caps else []
    )
    bob.sees(*said(alice, "#a :hi"))
