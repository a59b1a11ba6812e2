"""Which private messages history keeps: by the setting history.conversations, and by what both accounts have chosen."""

from __future__ import annotations

import msgspec
import pytest
from logins import log_in
from speaking import forget, say

from chatd.config import Config, History
from chatd.testing import Client, Stage

CAPS = "message-tags echo-message batch draft/chathistory draft/message-redaction draft/message-edit"


def people(nodes: int, setting: str, *wishes: str) -> tuple[Stage, Client, Client]:
    """Alice and Bob with what each has chosen: on, off, nothing (""), or "-" for who has no account."""
    stage = Stage(Config(history=History(conversations=setting)), nodes=nodes)
    clients = []
    for nick, wish in zip(("alice", "bob"), wishes, strict=True):
        if wish == "-":
            clients.append(stage.connect(nick, caps=CAPS))
            continue
        stage.registers(nick, "correct-horse")
        client = log_in(stage, nick, account=nick, caps=CAPS)
        if wish:
            client.sends(f"NS SET KEEP-PRIVATE {wish}")
        client.take()
        clients.append(client)
    stage.passes(1)
    return stage, *clients


def kept(stage: Stage) -> list[str]:
    """All that is in logs of conversations, the same on every node."""
    stage.passes(1)
    found = [
        [line.split(" ", 2)[2].rstrip() for log, lines in history.logs.items() if " " in log for line in lines]
        for history in stage.histories
    ]
    assert all(each == found[0] for each in found)
    return found[0]


@pytest.mark.parametrize(
    ("setting", "wishes", "expected"),
    [
        ("on", ("", ""), True), ("on", ("-", "-"), True), ("on", ("-", "on"), True), ("on", ("off", ""), False),
        ("on", ("", "off"), False), ("on", ("off", "on"), False), ("on", ("-", "off"), False),
        ("asked", ("", ""), False), ("asked", ("on", ""), False), ("asked", ("", "on"), False),
        ("asked", ("on", "on"), True), ("asked", ("on", "off"), False), ("asked", ("on", "-"), False),
        ("asked", ("-", "-"), False), ("off", ("", ""), False), ("off", ("-", "-"), False),
    ],
)  # fmt: skip
def test_both_have_to_wish_it(nodes: int, setting: str, wishes: tuple[str, str], expected: bool) -> None:
    """A conversation is of two people, so neither has it kept against the other."""
    stage, alice, bob = people(nodes, setting, *wishes)
    say(alice, "PRIVMSG bob :one")
    say(bob, "@+draft/react=x;+reply=y TAGMSG alice")
    say(bob, "NOTICE alice :two")
    assert bool(kept(stage)) is expected
    alice.take()
    lines = alice.sends("CHATHISTORY LATEST bob * 10").take()
    assert bool([line for line in lines if line.endswith(" :one")]) is expected


def test_what_is_not_kept_leaves_no_trace(nodes: int) -> None:
    """Neither an edit nor a redaction of it is in the log, though there is one; both come to who is there."""
    stage, alice, bob = people(nodes, "on", "", "")
    say(alice, "PRIVMSG bob :kept")
    alice.sends("NS SET KEEP-PRIVATE off")
    msgid = say(alice, "PRIVMSG bob :between us")
    bob.take()
    alice.sends(f"@draft/target-msgid={msgid};draft/edit-text=just\\sus EDIT bob", f"REDACT bob {msgid} :better so")
    assert [line.split(" ")[2] for line in bob.take()] == ["EDIT", "REDACT"]
    assert len(kept(stage)) == 1
    assert not any(history.redacted or history.edited for history in stage.histories)
    alice.sends("NS SET KEEP-PRIVATE on")
    say(alice, "PRIVMSG bob :again")
    assert len(kept(stage)) == 2


@pytest.mark.parametrize("remembered", [True, False])
def test_what_was_kept_is_taken_back_where_it_is(nodes: int, remembered: bool) -> None:
    """Whatever is wished since: what the log has is shown no more, or with the text it has now."""
    stage, alice, bob = people(nodes, "on", "", "")
    one, two = say(alice, "PRIVMSG bob :one"), say(alice, "PRIVMSG bob :two")
    alice.sends("NS SET KEEP-PRIVATE off")
    if not remembered:
        forget(stage)
    alice.sends(f"REDACT bob {one}", f"@draft/target-msgid={two};draft/edit-text=three EDIT bob")
    stage.passes(1)
    bob.sends("CAP REQ :-draft/message-redaction -draft/message-edit").take()
    lines = bob.sends("CHATHISTORY LATEST alice * 10").take()
    assert [line.rpartition(" :")[2] for line in lines[1:-1]] == ["three"]


def test_it_is_of_the_account(nodes: int) -> None:
    """Under whatever nickname, on every connection; who is not logged in has chosen nothing."""
    stage, alice, _ = people(nodes, "on", "off", "")
    alice.sends("NICK ally")
    say(alice, "PRIVMSG bob :one")
    say(log_in(stage, "al", account="alice", caps=CAPS), "PRIVMSG bob :two")
    assert kept(stage) == []
    stage.logs_in(alice, None)
    stage.passes(1)
    say(alice, "PRIVMSG bob :three")
    assert len(kept(stage)) == 1


def test_where_the_server_keeps_none(nodes: int) -> None:
    """"within what configuration allows"."""
    _, alice, _ = people(nodes, "off", "", "")
    for value, said in (("on", "This server keeps no private messages."), ("off", "KEEP-PRIVATE is off now.")):
        assert alice.sends(f"NS SET KEEP-PRIVATE {value}").take()[-1].endswith(f" :{said}")


def test_the_configuration_changes(nodes: int) -> None:
    """From then on it is so."""
    stage, alice, _ = people(nodes, "asked", "", "")
    say(alice, "PRIVMSG bob :one")
    for node in stage.nodes:
        node.reconfigure(msgspec.structs.replace(node.config, history=History(conversations="on")), node.texts)
    say(alice, "PRIVMSG bob :two")
    assert len(kept(stage)) == 1
