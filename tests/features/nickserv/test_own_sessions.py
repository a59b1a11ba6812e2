"""NickServ: SESSIONS."""

from __future__ import annotations

import pytest
from talk import told

from chatd.testing import Client, Stage


def three(stage: Stage) -> tuple[Client, Client, Client]:
    """Two connections that share a nickname, and one of the same account under another."""
    stage.registers("alice", "correct-horse")
    first = stage.connect("alice", account="alice")
    stage.now_s += 60
    second = stage.connect("alice", account="alice", ip="198.51.100.7", secure=True)
    stage.now_s += 60
    third = stage.connect("elsewhere", account="alice")
    for client in (first, second, third):
        client.take()
    return first, second, third


def test_a_list(stage: Stage) -> None:
    """Of all that are logged in to the account, on whichever node, and of nobody else."""
    first, _, third = three(stage)
    stage.registers("bob")
    bob = stage.connect("bob", account="bob")
    assert told(first, "NS SESSIONS") == [
        "1: no device name, as alice, from 192.0.2.1, without TLS, since Tue Nov 14 2023 22:13:20 UTC, this one",
        "2: no device name, as alice, from 198.51.100.7, TLS, since Tue Nov 14 2023 22:14:20 UTC",
        "3: no device name, as elsewhere, from 192.0.2.1, without TLS, since Tue Nov 14 2023 22:15:20 UTC",
        "3 connections.",
    ]
    assert told(third, "NS SESSIONS LIST")[2].endswith("this one")
    assert told(bob, "NS SESSIONS")[-1] == "1 connection."


def test_a_token_names_the_connection(stage: Stage) -> None:
    """Whose token was stolen sees which it was, revokes it, and ends what came with it."""
    first, _, _ = three(stage)
    token = told(first, "NS TOKEN NEW my phone")[1]
    thief = stage.open(ip="203.0.113.9")
    thief.sends(f"PASS {token}", "NICK thief", "USER thief 0 * :thief").take()
    assert told(first, "NS SESSIONS")[3].startswith("4: my phone, as thief, from 203.0.113.9, ")
    which = told(first, "NS TOKEN LIST")[0].split(" ")[0]
    assert told(first, f"NS TOKEN REVOKE {which}")[0].startswith("1 token revoked.")
    assert not thief.closed
    told(first, "NS SESSIONS LOGOUT 4")
    assert thief.closed
    again = stage.connect("thief")
    assert told(again, f"NS IDENTIFY {token}") == ["The account or the password is wrong."]


def test_ending_one(stage: Stage) -> None:
    """It is told why; the user stays while it has another connection."""
    first, second, third = three(stage)
    watcher = stage.connect("watcher")
    watcher.sends("JOIN #x")
    first.sends("JOIN #x")
    watcher.take()
    assert told(first, "NS SESSIONS LOGOUT 2") == ["Connection 2 is ended."]
    assert second.take()[-1].endswith("(Logged out by alice from another connection)")
    assert second.closed
    assert watcher.take() == []
    assert not (first.closed or third.closed)
    assert told(first, "NS SESSIONS")[-1] == "2 connections."
    told(third, "NS SESSIONS LOGOUT 1")
    assert first.closed
    assert [line.split(" ")[1] for line in watcher.take()] == ["QUIT"]


def test_ending_all_others(stage: Stage) -> None:
    """This one stays."""
    first, second, third = three(stage)
    assert told(second, "NS SESSIONS LOGOUT all") == ["2 connections ended."]
    assert first.closed
    assert third.closed
    assert not second.closed
    assert told(second, "NS SESSIONS LOGOUT ALL") == ["0 connections ended."]


def test_what_is_malformed(stage: Stage) -> None:
    """A sentence; nobody else's connection has a number."""
    first, _, _ = three(stage)
    stage.connect("bob")
    for number in ("0", "4", "-1", "x", "²", "9" * 30):
        assert told(first, f"NS SESSIONS LOGOUT {number}") == [
            "There is no connection of that number. SESSIONS shows them."
        ]
    assert told(first, "NS SESSIONS FROB") == ["It is written: SESSIONS, or SESSIONS LOGOUT <number or ALL>."]
    assert told(stage.connect("carol"), "NS SESSIONS")[0].startswith("You are not logged in.")


@pytest.mark.parametrize(
    "line", ["NS IDENTIFY {token}", "NS IDENTIFY alice {token}", "NS IDENTIFY alice/my_phone {password}"]
)
def test_who_logs_in_later_is_named_as_well(stage: Stage, line: str) -> None:
    """A token, or the name one gives, says which device it is, also to who was connected before."""
    first, _, _ = three(stage)
    token = told(first, "NS TOKEN NEW my_phone")[1]
    later = stage.connect("later", ip="203.0.113.9")
    assert told(later, line.format(token=token, password="wrong-horse")) != [""]
    told(later, line.format(token=token, password="correct-horse"))
    assert told(first, "NS SESSIONS")[3].startswith("4: my_phone, as later, from 203.0.113.9, ")
    assert told(later, "NS SESSIONS")[3].startswith("4: my_phone, as later, from 203.0.113.9, ")
