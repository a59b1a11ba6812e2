"""AWAY and SETNAME."""

from __future__ import annotations

from chatd.testing import Stage


def test_away_and_back(stage: Stage) -> None:
    """306 and 305; who negotiated away-notify and shares a channel is told."""
    alice, bob = stage.connect("alice"), stage.connect("bob", caps="away-notify")
    carol = stage.connect("carol")
    for client in (alice, bob, carol):
        client.sends("JOIN #a")
    for client in (alice, bob, carol):
        client.take()
    alice.sends("AWAY :at lunch", "AWAY")
    server, source = f":{alice.node.name}", f":{alice.session.user.source}"
    alice.sees(
        f"{server} 306 alice :You have been marked as being away",
        f"{server} 305 alice :You are no longer marked as being away",
    )
    bob.sees(f"{source} AWAY :at lunch", f"{source} AWAY")
    carol.sees()


def test_setname(stage: Stage) -> None:
    """Clients that negotiated setname get the line, the others nothing; the setter without it a notice."""
    alice, bob = stage.connect("alice", caps="setname"), stage.connect("bob")
    alice.sends("JOIN #a")
    bob.sends("JOIN #a").take()
    alice.take()
    alice.sends("SETNAME :Alice Liddell")
    alice.sees(f":{alice.session.user.source} SETNAME :Alice Liddell")
    bob.sees()
    bob.sends("SETNAME :Bob")
    bob.sees(f":{bob.node.name} NOTICE bob :Your real name is now: Bob")
    alice.sees(f":{bob.session.user.source} SETNAME :Bob")


def test_setname_errors(stage: Stage) -> None:
    """If the server rejects the realname, it MUST use FAIL SETNAME INVALID_REALNAME."""
    alice = stage.connect("alice")
    server = f":{alice.node.name}"
    alice.sends("SETNAME", "SETNAME :", f"SETNAME :{'x' * 151}")
    fail = f"{server} FAIL SETNAME INVALID_REALNAME :That real name is empty or too long"
    alice.sees(f"{server} 461 alice SETNAME :Not enough parameters", fail, fail)
