"""What changes of whom one monitors.  Quotes are from IRCv3 extended-monitor."""

from __future__ import annotations

import pytest

from chatd.core.events import AccountChanged
from chatd.testing import Client, Stage


def change(client: Client) -> list[str]:
    """Everything that changes of a client, as lines whoever is told everything sees."""
    user = client.session.user
    old, new = user.source, f"{user.nick}!{user.username}@{user.real_host}"
    client.sends("AWAY :gone", "SETNAME :New Name")
    client.node.emit(AccountChanged(client.session.context.origin, "acc"))
    client.stage.settle()
    client.sends("UMODE -x", "AWAY")
    return [
        f":{old} AWAY :gone", f":{old} SETNAME :New Name", f":{old} ACCOUNT acc",
        f":{old} CHGHOST {user.username} {user.real_host}", f":{new} AWAY",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("caps", "verbs"),
    [
        ("away-notify", ["AWAY", "AWAY"]),
        ("setname", ["SETNAME"]),
        ("account-notify", ["ACCOUNT"]),
        ("chghost", ["CHGHOST"]),
        ("", []),
    ],
)
def test_each_needs_its_own_capability(stage: Stage, caps: str, verbs: list[str]) -> None:
    """"If `away-notify` is also enabled, the client will get AWAY notifications for monitored nicks."; "If
    `account-notify` is also enabled, the client will get ACCOUNT notifications for monitored nicks."; "If `chghost` is
    also enabled, the client will get CHGHOST notifications for monitored nicks."; "If `setname` is also enabled, the
    client will get SETNAME notifications for monitored nicks."
    """
    alice, bob = stage.connect("alice", caps=f"extended-monitor {caps}"), stage.connect("bob")
    bob.sends("JOIN #b")
    alice.sends("MONITOR + BOB").take()
    told = [line for line in change(bob) if line.split(" ")[1] in verbs]
    assert len(told) == len(verbs)
    alice.sees(*told)


def test_without_the_capability(stage: Stage) -> None:
    """"This specification extends MONITOR to also include AWAY, ACCOUNT, CHGHOST and SETNAME notifications.": without
    it, MONITOR tells of coming and going only.
    """
    alice, bob = stage.connect("alice", caps="away-notify setname account-notify chghost"), stage.connect("bob")
    alice.sends("MONITOR + bob").take()
    change(bob)
    alice.sees()


def test_nobody_is_told_twice(stage: Stage) -> None:
    """Who shares a channel with whom they monitor is told once."""
    alice, bob = (
        stage.connect("alice", caps="extended-monitor away-notify setname account-notify chghost"), stage.connect("bob")
    )  # fmt: skip
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.sends("MONITOR + bob").take()
    lines = change(bob)
    alice.sees(*lines)


def test_monitoring_oneself(stage: Stage) -> None:
    """Who monitors itself is told what it would be told anyway, and nothing of its own away status."""
    alice = stage.connect("alice", caps="extended-monitor away-notify setname")
    alice.sends("MONITOR + alice").take()
    alice.sends("AWAY :gone", "SETNAME :A")
    assert [line.split(" ")[1] for line in alice.take()] == ["306", "SETNAME"]


def test_monitoring_ends(stage: Stage) -> None:
    """MONITOR - and leaving end it; a new holder of the nickname is watched like the one before."""
    alice, bob = stage.connect("alice", caps="extended-monitor setname"), stage.connect("bob")
    alice.sends("MONITOR + bob").take()
    bob.sends("NICK rob", "SETNAME :unseen")
    carol = stage.connect("carol")
    carol.sends("NICK bob", "SETNAME :seen")
    assert [line.split(" ")[1] for line in alice.take()] == ["731", "730", "SETNAME"]
    alice.sends("MONITOR - bob")
    carol.sends("SETNAME :unseen")
    alice.sees()
