"""EDIT: the proposal message-edit for IRCv3."""

from __future__ import annotations

import bcrypt
import pytest
from speaking import bare, forget, say

from chatd.config import Config, History, Operator
from chatd.core.recent import EditCounts
from chatd.testing import Client, Stage
from chatd.wire.message import escape, parse

CAPS = "message-tags echo-message batch labeled-response draft/message-edit draft/message-redaction draft/chathistory"
HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
UNKNOWN = "This message does not exist or is too old"


@pytest.fixture
def room(stage: Stage) -> tuple[Client, Client, Client]:
    """Alice, the operator of #a, and Bob know of edits, Carol only of tags."""
    clients = stage.connect("alice", caps=CAPS), stage.connect("bob", caps=CAPS), stage.connect("carol")
    clients[2].sends("CAP REQ :message-tags echo-message draft/chathistory")
    for client in clients:
        client.sends("JOIN #a")
    stage.passes(1)
    for client in clients:
        client.take()
    return clients


def edit(target: str, msgid: str, text: str, tags: str = "") -> str:
    """The command."""
    return f"@{tags}draft/target-msgid={msgid};draft/edit-text={escape(text)} EDIT {target}"


def shown(lines: list[str]) -> list[tuple[str, str, str, str]]:
    """What is edited, the new text, the source, the target; of EDITs only."""
    found = []
    for line in lines:
        tags, source, verb, params = parse(line)
        assert verb == "EDIT", line
        found.append((tags["draft/target-msgid"], tags["draft/edit-text"], source, *params))
    return found


def failure(client: Client, line: str) -> str:
    """The standard reply a line is answered with, without what precedes it."""
    client.take()
    (answer,) = client.sends(line).take()
    return answer.removeprefix(f":{client.node.name} FAIL EDIT ")


def reads(client: Client, target: str) -> list[str]:
    """The texts that CHATHISTORY shows."""
    client.take()
    lines = client.sends(f"CHATHISTORY LATEST {target} * 20").take()
    return [parse(line)[3][-1] for line in lines if parse(line)[2] in ("PRIVMSG", "NOTICE")]


@pytest.mark.parametrize("verb", ["PRIVMSG", "NOTICE"])
def test_ones_own(room: tuple[Client, Client, Client], verb: str) -> None:
    """"If the client is authorised to edit the message, the server MUST forward this `EDIT` to the target recipients
    with an appropriate prefix, in the same way as PRIVMSG messages": "`draft/target-msgid=<msgid>` to indicate the
    `msgid` of the message to be edited"; "`draft/edit-text=<new-text>` to indicate the new text of the message". Those
    who have not negotiated it are told nothing: "Implementations might also choose not to send a fallback, if this
    behaviour is considered too noisy for users."
    """
    alice, bob, carol = room
    msgid = say(bob, f"{verb} #a :anex ample")
    for client in (alice, carol):
        client.take()
    bob.sends(edit("#A", msgid, "an example"))
    (seen,) = lines = alice.take()
    assert shown(lines) == [(msgid, "an example", bob.session.user.source, "#a")]
    assert parse(seen)[0]["msgid"] not in ("", msgid)
    assert bob.take() == lines
    assert carol.take() == []
    for client in room:
        assert reads(client, "#a") == ["an example"]


def test_again_and_taken_back(room: tuple[Client, Client, Client]) -> None:
    """The last text counts, from whatever was said; what was taken back is gone, and is not edited any more."""
    alice, bob, carol = room
    msgid = say(bob, "PRIVMSG #a :one")
    bob.sends(edit("#a", msgid, "two"), edit("#a", msgid, "three"))
    assert reads(alice, "#a") == ["three"]
    bob.take()
    bob.sends(f"REDACT #a {msgid}")
    assert reads(carol, "#a") == []
    assert reads(alice, "#a") == ["(This message was deleted.)"]
    assert failure(bob, edit("#a", msgid, "four")) == f"UNKNOWN_MSGID #a {msgid} :{UNKNOWN}"


def test_as_history_shows_it(room: tuple[Client, Client, Client]) -> None:
    """Who knows of edits is shown the present text and which EDIT gave it; the message is as it was otherwise."""
    alice, bob, carol = room
    msgid = say(bob, "@+reply=x PRIVMSG #a :one")
    for client in (alice, carol):
        client.take()
    bob.sends(edit("#a", msgid, "two"))
    (edited,) = alice.take()
    carol.take()
    source = bob.session.user.source
    _, message, context, _ = alice.sends("CHATHISTORY LATEST #a * 5").take()
    tags = {name: value for name, value in parse(message)[0].items() if name != "batch"}
    assert (tags, bare([message])) == ({"msgid": msgid, "+reply": "x"}, [f":{source} PRIVMSG #a :two"])
    added = ("batch", "draft/chathistory-context")
    tags = {name: value for name, value in parse(context)[0].items() if name not in added}
    assert (tags, bare([context])) == (parse(edited)[0], [f":{source} EDIT #a"])
    assert parse(context)[0]["draft/chathistory-context"] == ""
    assert carol.sends("CHATHISTORY LATEST #a * 5").take() == [f"@msgid={msgid};+reply=x :{source} PRIVMSG #a :two"]


def test_the_log_keeps_the_truth(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """Both texts are in it, to be read with grep."""
    alice, _, _ = room
    msgid = say(alice, "PRIVMSG #a :one")
    alice.sends(edit("#a", msgid, "two words"))
    said, edited = stage.history.logs["#a"][-2:]
    assert said.endswith(" PRIVMSG #a :one\r\n")
    assert edited.endswith(f" :{alice.session.user.source} EDIT #a :two words\r\n")
    assert f";draft/target-msgid={msgid}" in edited


def test_several_lines(stage: Stage) -> None:
    """A text of several lines, and a message that had several: others see what they would see of a batch."""
    caps = f"{CAPS} draft/multiline"
    alice, bob = stage.connect("alice", caps=caps), stage.connect("bob", caps=f"{CAPS}")
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.sends("BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a a", "@batch=1 PRIVMSG #a b").take()
    first, *_ = alice.sends("BATCH -1").take()
    msgid = parse(first)[0]["msgid"]
    bob.take()
    alice.sends(edit("#a", msgid, "one\n\ntwo\nthree"))
    assert shown(bob.take()) == [(msgid, "one\n\ntwo\nthree", alice.session.user.source, "#a")]
    assert reads(bob, "#a") == ["one", "two", "three"]
    alice.take()
    lines = alice.sends("CHATHISTORY LATEST #a * 5").take()
    assert [parse(line)[3][-1] for line in lines if " PRIVMSG " in line] == ["one", "", "two", "three"]
    assert lines[1].endswith(f" BATCH +{msgid} draft/multiline #a")
    alice.sends(edit("#a", msgid, "only one"))
    assert reads(alice, "#a") == reads(bob, "#a") == ["only one"]


def test_nobody_edits_others(room: tuple[Client, Client, Client], staffed: Stage) -> None:
    """"`FAIL EDIT EDIT_FORBIDDEN <target> <target-msgid> :You are not authorised to edit this message`": not even
    operators put words into somebody's mouth.
    """
    alice, bob, _ = room
    msgid = say(bob, "PRIVMSG #a :mine")
    assert failure(alice, edit("#a", msgid, "x")) == f"EDIT_FORBIDDEN #a {msgid} :You may not edit this message"
    private = say(bob, "PRIVMSG alice :mine")
    assert failure(alice, edit("bob", private, "x")) == f"UNKNOWN_MSGID bob {private} :{UNKNOWN}"
    root, member = staffed.connect("root", caps=CAPS), staffed.connect("member", caps=CAPS)
    root.sends("OPER root secret")
    member.sends("JOIN #b")
    theirs = say(member, "PRIVMSG #b :mine")
    assert failure(root, edit("#b", theirs, "x")).startswith("EDIT_FORBIDDEN")


def test_private(room: tuple[Client, Client, Client]) -> None:
    """A message to somebody is edited before both."""
    alice, bob, carol = room
    msgid = say(alice, "PRIVMSG bob :one")
    bob.take()
    alice.sends(edit("BOB", msgid, "two"))
    expected = [(msgid, "two", alice.session.user.source, "bob")]
    assert shown(alice.take()) == shown(bob.take()) == expected
    assert failure(alice, edit("carol", msgid, "three")) == f"UNKNOWN_MSGID carol {msgid} :{UNKNOWN}"
    assert reads(alice, "bob") == reads(bob, "alice") == ["two"]
    assert carol.take() == []


def test_what_cannot_be_a_text(room: tuple[Client, Client, Client]) -> None:
    """"`FAIL EDIT INVALID_EDIT <target> :Invalid edit text`", "`FAIL EDIT INVALID_EDIT <target> <target-msgid> :Invalid
    edit text`": without an id when there is none.
    """
    alice, _, _ = room
    msgid = say(alice, "PRIVMSG #a :x")
    invalid = f"INVALID_EDIT #a {msgid} :Invalid edit text"
    for text in ("", "\n\n", "a\rb", "\x01VERSION\x01", "x" * 500, "x\n" * 70, ("x" * 400 + "\n") * 9):
        assert failure(alice, edit("#a", msgid, text)) == invalid, text
    assert failure(alice, f"@draft/target-msgid={msgid} EDIT #a") == invalid
    assert failure(alice, "@draft/edit-text=x EDIT #a") == "INVALID_EDIT #a :Which message is not said"
    assert failure(alice, r"@draft/target-msgid=a\sb;draft/edit-text=x EDIT #a").startswith("INVALID_EDIT #a :")
    reaction = say(alice, "@+draft/react=x;+reply=y TAGMSG #a")
    text = "This message has no text"
    assert failure(alice, edit("#a", reaction, "x")) == f"INVALID_EDIT #a {reaction} :{text}"
    forget(alice.stage)
    assert failure(alice, edit("#a", reaction, "x")) == f"INVALID_EDIT #a {reaction} :{text}"
    alice.sends(edit("#a", msgid, "\x01ACTION waves\x01"))
    assert reads(alice, "#a") == ["\x01ACTION waves\x01"]


def test_invalid_targets(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """Where one is not, and where there is nothing."""
    alice, bob, _ = room
    eve = stage.connect("eve", caps=CAPS)
    msgid = say(bob, "PRIVMSG #a :x")
    text = "You cannot edit messages there"
    for target in ("#a", "#nowhere", "nobody", "*", "NickServ"):
        assert failure(eve, edit(target, msgid, "y")) == f"INVALID_TARGET {target} :{text}"
    bob.sends("PART #a")
    assert failure(bob, edit("#a", msgid, "y")) == f"INVALID_TARGET #a :{text}"
    assert failure(alice, edit("#a", "nonexistent123", "y")) == f"UNKNOWN_MSGID #a nonexistent123 :{UNKNOWN}"


def test_no_way_around_bans(room: tuple[Client, Client, Client]) -> None:
    """Who may not say it may not edit it either: modes, and SILENCE."""
    alice, bob, _ = room
    msgid, private = say(bob, "PRIVMSG #a :x"), say(bob, "PRIVMSG alice :x")
    alice.sends("MODE #a +c").take()
    assert failure(bob, edit("#a", msgid, "\x02bold")).startswith(f"EDIT_FORBIDDEN #a {msgid} :")
    alice.sends("MODE #a +m", "SILENCE +bob").take()
    assert failure(bob, edit("#a", msgid, "y")).startswith(f"EDIT_FORBIDDEN #a {msgid} :")
    bob.sends(edit("alice", private, "y"))
    assert alice.take() == []
    alice.sends("MODE #a -m")
    assert reads(alice, "#a") == reads(alice, "bob") == ["x"]


def test_messages_to_a_rank(room: tuple[Client, Client, Client]) -> None:
    """What was said to operators is edited before them only."""
    alice, bob, _ = room
    msgid = say(alice, "PRIVMSG @#a :x")
    bob.take()
    assert failure(bob, edit("#a", msgid, "y")).startswith("UNKNOWN_MSGID")
    alice.sends(edit("#a", msgid, "y"))
    assert shown(alice.take()) == [(msgid, "y", alice.session.user.source, "@#a")]
    assert bob.take() == []
    assert (reads(alice, "#a"), reads(bob, "#a")) == (["y"], [])


def test_needs_the_capability(room: tuple[Client, Client, Client]) -> None:
    """"To edit a message, a client MUST negotiate the `draft/message-edit` capability and send an `EDIT` command to a
    target nickname or channel."
    """
    _, _, carol = room
    msgid = say(carol, "PRIVMSG #a :x")
    assert failure(carol, edit("#a", msgid, "y")) == (
        "CAPABILITY_REQUIRED draft/message-edit :Negotiate this capability first"
    )
    assert carol.sends("EDIT").take() == [f":{carol.node.name} 461 carol EDIT :Not enough parameters"]


def test_labels_and_echoes(room: tuple[Client, Client, Client]) -> None:
    """The echo answers a label; who has not negotiated echo-message gets ACK."""
    alice, _, _ = room
    msgid = say(alice, "PRIVMSG #a :x")
    (echo,) = alice.sends(edit("#a", msgid, "y", "label=1;")).take()
    assert parse(echo)[0]["label"] == "1"
    assert "label" not in parse(echo)[3]
    (refusal,) = alice.sends(edit("#a", "none", "y", "label=2;")).take()
    assert refusal.startswith(f"@label=2 :{alice.node.name} FAIL EDIT UNKNOWN_MSGID #a none :")
    alice.sends("CAP REQ -echo-message").take()
    assert alice.sends(edit("#a", msgid, "z", "label=3;")).take() == [f"@label=3 :{alice.node.name} ACK"]


def test_older_messages_are_found_in_the_log(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"Servers with message history storage could look up the message properties from the ID"."""
    alice, bob, _ = room
    stage.passes(1)
    said, hers = say(bob, "PRIVMSG #a :x"), say(alice, "PRIVMSG #a :y")
    private, secret = say(bob, "PRIVMSG alice :x"), say(alice, "PRIVMSG @#a :x")
    forget(stage)
    assert failure(bob, edit("#a", hers, "z")).startswith("EDIT_FORBIDDEN")
    assert failure(bob, edit("#a", secret, "z")).startswith("UNKNOWN_MSGID")
    assert failure(alice, edit("bob", private, "z")).startswith("UNKNOWN_MSGID")
    alice.take()
    bob.sends(edit("#a", said, "new"), edit("alice", private, "new"))
    source = bob.session.user.source
    assert shown(alice.take()) == [(said, "new", source, "#a"), (private, "new", source, "alice")]
    assert stage.history.edited.keys() == {("#a", said), ("~alice ~bob", private)}
    assert (reads(bob, "#a"), reads(bob, "alice")) == (["new", "y"], ["new"])


def test_to_somebody_who_is_gone(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """What was said to somebody who has left is edited in the log; who has the nickname then hears nothing."""
    alice, bob, _ = room
    stage.passes(1)
    msgid = say(alice, "PRIVMSG bob :x")
    bob.sends("QUIT")
    alice.take()
    alice.sends(edit("bob", msgid, "y"))
    assert shown(alice.take()) == [(msgid, "y", alice.session.user.source, "bob")]
    stage.passes(1)
    other = stage.connect("bob", caps=CAPS)
    forget(stage)
    alice.take()
    alice.sends(edit("bob", msgid, "z"))
    assert shown(alice.take()) == [(msgid, "z", alice.session.user.source, "bob")]
    assert other.take() == []
    assert stage.history.edited[("~alice ~bob", msgid)][0].params[-1] == "z"


def test_renamed_channel(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """What was said under an earlier name is edited where it is, and so read."""
    alice, bob, _ = room
    first = say(bob, "PRIVMSG #a :one")
    stage.passes(1)
    alice.sends("RENAME #a #b")
    stage.passes(1)
    second = say(bob, "PRIVMSG #b :two")
    bob.sends(edit("#b", first, "ONE"))
    forget(stage)
    bob.sends(edit("#b", first, "One"), edit("#b", second, "Two"))
    assert reads(alice, "#b") == ["One", "Two"]
    assert stage.history.edited.keys() == {("#a", first), ("#b", second)}


def test_sessions_of_one_account(stage: Stage) -> None:
    """What one connection said another of the same user edits, and those that know their own messages are shown it."""
    stage.registers("alice")
    one, two = (stage.connect("alice", caps=CAPS, account="alice") for _ in range(2))
    bob = stage.connect("bob", caps=CAPS)
    msgid = say(one, "PRIVMSG bob :x")
    for client in (two, bob):
        client.take()
    two.sends(edit("bob", msgid, "y"))
    expected = [(msgid, "y", one.session.user.source, "bob")]
    assert shown(one.take()) == shown(two.take()) == shown(bob.take()) == expected


@pytest.mark.parametrize("remembered", [True, False])
def test_too_late(remembered: bool) -> None:
    """"`FAIL EDIT EDIT_WINDOW_EXPIRED <target> <target-msgid> <window> :You can no longer edit this message`";
    operators of the server may at any time.
    """
    stage = Stage(Config(history=History(edit_own_s=60), operators=(Operator(name="root", password=HASH),)))
    alice, bob = stage.connect("alice", caps=CAPS), stage.connect("bob", caps=CAPS)
    alice.sends("JOIN #a")
    bob.sends("JOIN #a")
    stage.passes(1)
    first, second = (say(alice, f"PRIVMSG {target} :x") for target in ("#a", "bob"))
    stage.passes(61)
    if not remembered:
        forget(stage)
    late = "60 :You can no longer edit this message"
    assert failure(alice, edit("#a", first, "y")) == f"EDIT_WINDOW_EXPIRED #a {first} {late}"
    assert failure(alice, edit("bob", second, "y")) == f"EDIT_WINDOW_EXPIRED bob {second} {late}"
    alice.sends("OPER root secret").take()
    alice.sends(edit("#a", first, "y"), edit("bob", second, "y"))
    assert [text for _, text, _, _ in shown(alice.take())] == ["y", "y"]


@pytest.mark.parametrize("then", ["nothing", "forget", "restart", "edit others"])
@pytest.mark.parametrize("target", ["#a", "bob"])
def test_not_too_often(nodes: int, target: str, then: str) -> None:
    """A message is edited so many times and no more, also when it has to be looked up, when only the log knows how
    often that was (as after a restart), or when many others were edited meanwhile; others are as before.
    """
    stage = Stage(Config(history=History(edits_most=2)), nodes=nodes)
    alice, bob = stage.connect("alice", caps=CAPS), stage.connect("bob", caps=CAPS)
    for client in (alice, bob):
        client.sends("JOIN #a")
    stage.passes(1)
    msgid, other = say(alice, f"PRIVMSG {target} :one"), say(alice, f"PRIVMSG {target} :other")
    alice.sends(edit(target, msgid, "two"))
    if then in ("forget", "restart"):
        forget(stage)
    if then == "restart":
        for node in stage.nodes:
            node.network.edits = EditCounts()
    if then == "edit others":
        for node in stage.nodes:
            for number in range(10_000):
                node.network.edits.take(str(number), 0)
    alice.sends(edit(target, msgid, "three"))
    bob.take()
    too_often = f"TOO_MANY_EDITS {target} {msgid} 2 :This message was edited too often"
    assert failure(alice, edit(target, msgid, "four")) == too_often
    assert bob.take() == []
    assert reads(bob, "#a" if target == "#a" else "alice") == ["three", "other"]
    alice.take()
    assert shown(alice.sends(edit(target, other, "another")).take())[0][1] == "another"


def test_any_number_of_edits() -> None:
    """Where that is configured; and what was edited long ago is forgotten first."""
    counts = EditCounts()
    assert all(counts.take("a", 0) for _ in range(100))
    assert not counts.take("a", 100)
    for number in range(10_000):
        assert counts.take(str(number), 1)
    assert counts.may_lack("a") and not counts.may_lack("9999")
    assert counts.take("a", 100) and not counts.take("9999", 1)
    assert not counts.take("b", 3, 3) and counts.take("c", 3, 2) and not counts.take("c", 3, 2)
