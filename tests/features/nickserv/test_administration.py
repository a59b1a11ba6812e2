"""NickServ for operators: SUSPEND, UNSUSPEND, RENAME, ERASE, LIST, and what they see of accounts."""

from __future__ import annotations

import pytest
from talk import account_of, told

from chatd.core.kept import KeptChannel
from chatd.testing import Client, Stage


@pytest.fixture
def oper(staffed: Stage) -> Client:
    """An operator with all privileges; there is an account alice."""
    staffed.registers("alice", "correct-horse")
    client = staffed.connect("oper").sends("OPER root secret")
    client.take()
    return client


def notices(client: Client) -> list[str]:
    """What the server has told operators since the last look."""
    return [line.split(" :*** ", 1)[1] for line in client.take() if " :*** " in line]


@pytest.mark.parametrize("line", ["SUSPEND alice", "UNSUSPEND alice", "RENAME alice b", "ERASE alice", "LIST"])
def test_all_of_it_takes_a_privilege(staffed: Stage, line: str) -> None:
    """Neither ordinary users nor operators without it."""
    staffed.registers("alice")
    refused = [f"{line.split(' ')[0]} is for server operators with the privilege accounts."]
    assert told(staffed.connect("bob"), f"NS {line}") == refused
    moderator = staffed.connect("mod").sends("OPER mod secret")
    assert told(moderator, f"NS {line}") == refused


def test_suspending(staffed: Stage, oper: Client) -> None:
    """Nobody logs in, who is logged in goes, and all that is lifted again, or ends by itself."""
    alice = staffed.connect("alice", account="alice")
    waiting = staffed.open()
    waiting.session.account = "alice"
    oper.take()
    oper.sends("NS SUSPEND alice 1d so much advertising")
    lines = oper.take()
    said = "alice until Wed Nov 15 2023 22:13:20 UTC: so much advertising"
    assert any(line.endswith(f":*** oper used NickServ SUSPEND: {said}") for line in lines)
    assert alice.take()[-1].endswith("(Account suspended: so much advertising)")
    assert alice.closed
    assert waiting.closed or waiting.node is not oper.node
    bob = staffed.connect("bob")
    refusal = ["The account alice is suspended: so much advertising."]
    assert told(bob, "NS IDENTIFY alice correct-horse") == refusal
    assert told(oper, "NS INFO alice")[-1] == (
        "Suspended until Wed Nov 15 2023 22:13:20 UTC by oper: so much advertising"
    )
    assert told(oper, "NS UNSUSPEND alice") == ["The account alice can be used again."]
    assert told(oper, "NS UNSUSPEND alice") == ["The account alice is not suspended."]
    assert told(bob, "NS IDENTIFY alice correct-horse") == ["You are logged in as alice."]
    assert told(oper, "NS SUSPEND alice 1h") == ["The account alice is suspended until Tue Nov 14 2023 23:13:20 UTC."]
    staffed.now_s += 3601
    again = staffed.connect("again")
    assert told(again, "NS IDENTIFY alice correct-horse") == ["You are logged in as alice."]


def test_suspending_for_good(staffed: Stage, oper: Client) -> None:
    """Without a length of time, every word is the reason."""
    assert told(oper, "NS SUSPEND alice for ever") == ["The account alice is suspended for good."]
    assert told(staffed.connect("bob"), "NS IDENTIFY alice correct-horse") == [
        "The account alice is suspended: for ever."
    ]
    assert told(oper, "NS SUSPEND nobody") == ["There is no account nobody."]


def test_renaming(staffed: Stage, oper: Client) -> None:
    """Who is logged in is so under the new name; password, nicknames and channels go along."""
    alice = staffed.connect("alice", account="alice")
    alice.sends("NICK ally")
    told(alice, "NS GROUP")
    assert told(oper, "NS RENAME alice Alicia") == ["The account alice is Alicia now."]
    assert account_of(alice) == "Alicia"
    assert all(node.network.registry.owner("ally") == "Alicia" for node in staffed.nodes)
    assert all(node.network.registry.owner("alice") is None for node in staffed.nodes)
    assert told(staffed.connect("bob"), "NS IDENTIFY alicia correct-horse") == ["You are logged in as Alicia."]
    assert told(oper, "NS RENAME alicia ALICIA") == ["The account Alicia is ALICIA now."]
    assert told(oper, "NS RENAME alicia ally") == ["The account ALICIA is ally now."]


def test_names_that_an_account_cannot_have(staffed: Stage, oper: Client) -> None:
    """Another's, nonsense, and a nickname somebody else is here under."""
    staffed.registers("carol")
    staffed.connect("dora")
    assert told(oper, "NS RENAME alice carol") == ["That name is taken."]
    assert told(oper, "NS RENAME alice NickServ") == ["That name is kept by the server."]
    assert told(oper, "NS RENAME alice 1") == ["That cannot be a nickname, and so not the name of an account."]
    assert told(oper, "NS RENAME alice dora") == ["Somebody else is here under that name."]
    assert told(oper, "NS RENAME nobody somebody") == ["There is no account nobody."]


def test_erasing(staffed: Stage, oper: Client) -> None:
    """Everything is gone, who is logged in is so no longer, and channels go to successors."""
    staffed.registers("bob")
    for name, successor in (("#kept", "bob"), ("#gone", "")):
        staffed.kept_channels.register(KeptChannel(name, name, "alice", 1, successor), 10)
    alice = staffed.connect("alice", account="alice")
    said = told(oper, "NS ERASE alice")
    assert said == [
        "The account alice is gone.",
        "Channels that their successors have now: #kept",
        "Channels that are not registered any more: #gone",
    ]
    assert account_of(alice) is None
    assert staffed.accounts.find("alice") is None
    assert told(oper, "NS ERASE alice") == ["There is no account alice."]


def test_listing(staffed: Stage, oper: Client) -> None:
    """By a mask, with further nicknames, and not without end."""
    alice = staffed.connect("alice", account="alice")
    alice.sends("NICK wonder")
    told(alice, "NS GROUP")
    for number in range(120):
        staffed.registers(f"other{number}")
    assert told(oper, "NS LIST AL*") == ["alice", "1 found."]
    assert told(oper, "NS LIST w*r") == ["alice, by the nickname wonder", "1 found."]
    lines = told(oper, "NS LIST")
    assert len(lines) == 101
    assert lines[-1] == "122 found, the first 100 shown."


def test_what_operators_see(staffed: Stage, oper: Client) -> None:
    """All that the owner sees, and an export, of which the others hear."""
    oper.sends("NS GROUP").take()
    assert len(told(oper, "NS INFO alice")) == 6
    staffed.registers("oper")
    staffed.logs_in(oper, "oper")
    oper.sends("NS EXPORT alice")
    assert notices(oper) == ["oper used NickServ EXPORT: alice"]
