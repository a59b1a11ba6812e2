"""The client-only tag +reply.  See IRCv3 reply."""

from __future__ import annotations

from speaking import say
from tagging import heard, pair

from chatd.testing import Stage


def test_relayed(stage: Stage) -> None:
    """"The reply tag is sent by a client with the client-only prefix `+` and its value references the server provided
    ID of another message": as written, and the reply has an id of its own.
    """
    alice, bob = pair(stage)
    alice.sends("CAP REQ echo-message")
    msgid = say(alice, "PRIVMSG #a :Hello!")
    bob.take()
    bob.sends(f"@+reply={msgid} PRIVMSG #a :Hello to you!", f"@+reply={msgid} NOTICE alice :Hello to you!")
    assert msgid not in [line.partition("msgid=")[2].partition(";")[0] for line in alice.lines]
    assert heard(alice) == [f"+reply={msgid} PRIVMSG #a :Hello to you!", f"+reply={msgid} NOTICE alice :Hello to you!"]


def test_own_ids(stage: Stage) -> None:
    """"Clients SHOULD negotiate the `echo-message` capability in order to receive message IDs for their own messages,
    and therefore understand any replies": the id is the same for all.
    """
    alice, bob = pair(stage)
    alice.sends("CAP REQ echo-message")
    msgid = say(alice, "PRIVMSG #a :Hello!")
    assert bob.take() == [f"@msgid={msgid} :{alice.session.user.source} PRIVMSG #a :Hello!"]


def test_not_without_message_tags(stage: Stage) -> None:
    """"Clients wishing to use this tag MUST negotiate the `message-tags` capability with the server."""
    alice, bob = pair(stage)
    carol = stage.connect("carol").sends("JOIN #a")
    for client in (alice, bob, carol):
        client.take()
    alice.sends("@+reply=123 PRIVMSG #a :hi")
    carol.sees(f":{alice.session.user.source} PRIVMSG #a :hi")
    carol.sends("@+reply=123 PRIVMSG #a :hi")
    assert "+reply" not in bob.take()[-1]
