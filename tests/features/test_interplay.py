"""Extensions that meet: labeled-response, echo-message, draft/multiline and batch; account-tag and extended-join;
away-notify, extended-monitor and chghost.  What metadata and MONITOR do together is in
test_metadata_synchronising.py and test_metadata_news.py.
"""

from __future__ import annotations

from itertools import product

import pytest

from chatd.testing import Client, Stage
from chatd.wire.message import parse

NAMES = ("labeled-response", "echo-message", "draft/multiline", "batch", "message-tags")
SAID = ("BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :one", "@batch=1 PRIVMSG #a :two", "BATCH -1")
SETS = [
    frozenset(name for name, chosen in zip(NAMES, choice, strict=True) if chosen)
    for choice in product((False, True), repeat=len(NAMES))
]


def shape(lines: list[str]) -> list[tuple[tuple[str, ...], str]]:
    """Of each line the keys of its tags and its verb."""
    found = []
    for line in lines:
        tags, _, verb, _ = parse(line)
        found.append((tuple(sorted(tags)), verb))
    return found


def in_room(stage: Stage, nick: str, caps: str) -> Client:
    client = stage.connect(nick, caps=caps)
    client.sends("JOIN #a")
    return client


@pytest.mark.parametrize("has", SETS, ids=lambda has: "+".join(sorted(has)) or "nothing")
def test_a_labelled_message_of_several_lines(stage: Stage, has: frozenset[str]) -> None:
    """With any of labeled-response, echo-message, draft/multiline, batch and message-tags: one batch that is labelled
    where there is an echo; "Servers MUST only include the label tag on the opening BATCH command"; a labelled ACK where
    there is none; and what a capability needs that is not there has no effect.
    """
    alice, bob = in_room(stage, "alice", " ".join(sorted(has))), in_room(stage, "bob", "batch draft/multiline")
    alice.take(), bob.take()
    several = {"draft/multiline", "batch"} <= has
    labels = {"labeled-response", "batch"} <= has
    label = ("label",) if labels else ()
    msgid = ("msgid",) if "message-tags" in has else ()
    alice.sends("@label=7 " + SAID[0], *SAID[1:])
    answer = shape(alice.take())
    if not several:
        assert answer[0][1] in ("FAIL", "421")
        return
    if "echo-message" in has:
        line = (("batch",), "PRIVMSG")
        assert answer == [(tuple(sorted(label + msgid)), "BATCH"), line, line, ((), "BATCH")]
    else:
        assert answer == ([(label, "ACK")] if labels else [])
    assert [verb for _, verb in shape(bob.take())] == ["BATCH", "PRIVMSG", "PRIVMSG", "BATCH"]


@pytest.mark.parametrize("several", [True, False])
def test_a_message_of_several_lines_to_oneself(stage: Stage, several: bool) -> None:
    """"When a client sends a message to itself, the server MUST NOT include the label tag, except for any
    acknowledgment sent with the `echo-message` mechanism": one of the two is labelled, and one ends before the other.
    """
    alice = stage.connect("alice", caps="labeled-response echo-message draft/multiline batch")
    if several:
        to_herself = [line.replace("#a", "alice") for line in SAID]
        alice.sends("@label=7 " + to_herself[0], *to_herself[1:])
    else:
        alice.sends("@label=7 PRIVMSG alice :one")
    lines = alice.take()
    labelled = [line for line in lines if "label=" in line]
    assert len(labelled) == 1
    one = ["BATCH", "PRIVMSG", "PRIVMSG", "BATCH"] if several else ["PRIVMSG"]
    assert [verb for _, verb in shape(lines)] == one * 2


def test_a_refused_message_of_several_lines_is_one_labelled_answer(stage: Stage) -> None:
    """"Servers MUST include the tag in exactly one logical message": of a batch that may not be sent, one numeric."""
    alice, bob = (
        in_room(stage, "alice", ""),
        stage.connect("bob", caps="labeled-response echo-message draft/multiline batch"),
    )
    alice.sends("MODE #a +m")
    bob.sends("@label=7 " + SAID[0], *SAID[1:])
    bob.sees(f"@label=7 :{bob.node.name} 404 bob #a :Cannot send to channel")


def test_several_targets_are_one_labelled_batch(stage: Stage) -> None:
    """"If a response consists of more than one message, a batch MUST be used to group them": an echo for each target,
    and the failure of one among them.
    """
    alice, _ = stage.connect("alice", caps="labeled-response echo-message batch"), stage.connect("bob")
    alice.sends("@label=7 PRIVMSG bob,nobody,alice :hi")
    lines = alice.take()
    first, *inside, last = [
        line for line in lines if not line.startswith(f":{alice.session.user.source} PRIVMSG alice")
    ]
    reference = first.split("BATCH +")[1].split(" ")[0]
    assert first == f"@label=7 :{alice.node.name} BATCH +{reference} labeled-response"
    assert sorted(line.split(" ")[2] for line in inside) == ["401", "PRIVMSG", "PRIVMSG"]
    assert all(line.startswith(f"@batch={reference} ") for line in inside)
    assert last == f":{alice.node.name} BATCH -{reference}"
    assert len(lines) == 6


@pytest.mark.parametrize("account", [None, "acme"])
@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        ("", ":{source} JOIN #a"),
        ("account-tag", "{tag}:{source} JOIN #a"),
        ("extended-join", ":{source} JOIN #a {account} :bob"),
        ("account-tag extended-join", "{tag}:{source} JOIN #a {account} :bob"),
    ],
)
def test_account_tag_and_extended_join(stage: Stage, account: str | None, caps: str, expected: str) -> None:
    """"This extension does not deprecate `extended-join`": who has both is told the account by both, and who has one by
    that alone. "If the user is not identified to any services account, the tag MUST NOT be sent".
    """
    alice = in_room(stage, "alice", caps)
    alice.take()
    bob = stage.connect("bob", account=account)
    bob.sends("JOIN #a")
    tag = f"@account={account} " if account else ""
    alice.sees(expected.format(tag=tag, source=bob.session.user.source, account=account or "*"))


def test_monitored_and_in_the_same_channel(stage: Stage) -> None:
    """extended-monitor, away-notify and a channel in common: AWAY and SETNAME are said once, not twice."""
    alice, bob = in_room(stage, "alice", "extended-monitor away-notify setname"), in_room(stage, "bob", "")
    alice.sends("MONITOR + bob")
    alice.take()
    bob.sends("AWAY :lunch", "SETNAME :Robert")
    source = bob.session.user.source
    alice.sees(f":{source} AWAY :lunch", f":{source} SETNAME :Robert")


def test_what_a_label_answers_does_not_hold_what_others_say(stage: Stage) -> None:
    """Tags of the lines within a labelled batch are those that each has anyway, beside batch."""
    caps = "labeled-response batch server-time message-tags account-tag extended-join"
    alice = stage.connect("alice", caps=caps, account="acme")
    alice.sends("@label=7 JOIN #a")
    first, joined, *_ = alice.take()
    assert shape([first]) == [(("label", "time"), "BATCH")]
    assert shape([joined]) == [(("account", "batch", "msgid", "time"), "JOIN")]
