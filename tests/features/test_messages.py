"""PRIVMSG, NOTICE, TAGMSG."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def members(stage: Stage, *nicks: str, caps: str = "") -> list[Client]:
    """Clients in #a, the first its operator, with nothing left to read."""
    clients = [stage.connect(nick, caps=caps) for nick in nicks]
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients


def test_several_targets_each_once(stage: Stage) -> None:
    """A target named twice hears it once."""
    alice, bob = members(stage, "alice", "bob")
    alice.sends("PRIVMSG #a,bob,#a :hi")
    source = f":{alice.session.user.source}"
    bob.sees(f"{source} PRIVMSG #a :hi", f"{source} PRIVMSG bob :hi")
    alice.sees()


def test_too_many_targets(stage: Stage) -> None:
    """407 names the first target that is left out."""
    (alice,) = members(stage, "alice")
    alice.sends("PRIVMSG #a,x1,x2,x3,x4,x5,x6,x7,x8 :hi")
    lines = alice.take()
    assert lines[0] == f":{alice.node.name} 407 alice x8 :Too many recipients."
    assert [line.split(" ")[1] for line in lines[1:]] == ["401"] * 7


@pytest.mark.parametrize(("prefix", "hears"), [("@", ["bob"]), ("+", ["bob", "carol"]), ("+@", ["bob", "carol"])])
def test_messages_to_a_rank(stage: Stage, prefix: str, hears: list[str]) -> None:
    """STATUSMSG: only members with that status or a higher one get it."""
    alice, *others = members(stage, "alice", "bob", "carol", "dave")
    alice.sends("MODE #a +ov bob carol").take()
    for client in others:
        client.take()
    alice.sends(f"PRIVMSG {prefix}#a :psst")
    shown = prefix[0]
    for client in others:
        told = client.session.user.nick in hears
        client.sees(*[f":{alice.session.user.source} PRIVMSG {shown}#a :psst"] * told)


@pytest.mark.parametrize("line", ["PRIVMSG @#a :psst", "NOTICE @#a :psst"])
def test_messages_to_a_rank_are_kept(line: str) -> None:
    """They are in the log of the channel, with the rank in front of it as everybody was shown it."""
    stage = Stage()
    alice, _ = members(stage, "alice", "bob")
    alice.sends(line)
    logged = stage.history.logs["#a"][-1].split(" ", 1)[1]
    assert logged == f":{alice.session.user.source} {line}\r\n"


@pytest.mark.parametrize(
    ("modes", "text"),
    [("+m", "hi"), ("+c", "\x034red"), ("+C", "\x01VERSION\x01"), ("+b bob", "hi"), ("+b m:bob", "hi")],
)
def test_modes_that_silence(stage: Stage, modes: str, text: str) -> None:
    """404 to who may not speak; a NOTICE is refused without an answer."""
    alice, bob = members(stage, "alice", "bob")
    alice.sends(f"MODE #a {modes}").take()
    bob.take()
    bob.sends(f"PRIVMSG #a :{text}")
    bob.sees(f":{bob.node.name} 404 bob #a :Cannot send to channel")
    alice.sees()
    bob.sends(f"NOTICE #a :{text}")
    bob.sees()


def test_tagmsg_errors(stage: Stage) -> None:
    """411 without a target, and the errors of PRIVMSG."""
    alice, bob = members(stage, "alice", "bob", caps="message-tags")
    bob.sends("PART #a").take()
    alice.take()
    bob.sends("TAGMSG", "@+x=1 TAGMSG #a", "@+x=1 TAGMSG nobody")
    server = f":{bob.node.name}"
    bob.sees(
        f"{server} 411 bob :No recipient given (TAGMSG)",
        f"{server} 404 bob #a :Cannot send to channel",
        f"{server} 401 bob nobody :No such nick/channel",
    )
    alice.sees()


@pytest.mark.parametrize("line", ["PRIVMSG", "PRIVMSG , :x", "PRIVMSG ,, :x"])
def test_no_recipient_at_all(stage: Stage, line: str) -> None:
    """411, also for a list of nobody."""
    alice = stage.connect("alice")
    alice.sends(line)
    alice.sees(f":{alice.node.name} 411 alice :No recipient given (PRIVMSG)")


def test_to_a_connection_that_does_not_read(stage: Stage) -> None:
    """It is written nothing while its socket is full, and everything in order afterwards; others do not wait."""
    alice, bob, carol = members(stage, "alice", "bob", "carol")
    bob.session.pause()
    alice.sends("PRIVMSG #a :one", "PRIVMSG bob :two", "PRIVMSG #a :three")
    source = f":{alice.session.user.source}"
    carol.sees(f"{source} PRIVMSG #a :one", f"{source} PRIVMSG #a :three")
    bob.sees()
    bob.session.resume()
    stage.settle()
    bob.sees(f"{source} PRIVMSG #a :one", f"{source} PRIVMSG bob :two", f"{source} PRIVMSG #a :three")


def test_to_a_connection_that_is_closing(stage: Stage) -> None:
    """Once the transport has said so, nothing more is written to it."""
    alice, bob, carol = members(stage, "alice", "bob", "carol")
    bob.session.mute()
    alice.sends("PRIVMSG #a :one", "PRIVMSG bob :two")
    carol.sees(f":{alice.session.user.source} PRIVMSG #a :one")
    bob.sees()
