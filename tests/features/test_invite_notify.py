"""INVITE shown to members.  See IRCv3 invite-notify."""

from __future__ import annotations

from chatd.testing import Client, Stage


def meeting(stage: Stage, **caps: str) -> list[Client]:
    """Clients in #a with these capabilities, the first its operator, with nothing left to read."""
    clients = [stage.connect(nick, caps=wanted) for nick, wanted in caps.items()]
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients


def test_members_are_told(stage: Stage) -> None:
    """The message source is the user doing the INVITE, target is the user being invited."""
    alice, bob, carol = meeting(stage, alice="invite-notify", bob="invite-notify", carol="")
    dave, erin = stage.connect("dave", caps="invite-notify"), stage.connect("erin", caps="invite-notify")
    alice.sends("INVITE dave #a")
    line = f":{alice.session.user.source} INVITE dave #a"
    alice.sees(f":{alice.node.name} 341 alice dave #a")
    bob.sees(line)
    carol.sees()
    dave.sees(line)
    erin.sees()


def test_only_who_may_invite_is_told(stage: Stage) -> None:
    """A server may choose to only send the message to clients that have the privilege to do an INVITE themselves."""
    alice, bob, carol = meeting(stage, alice="", bob="invite-notify", carol="invite-notify")
    stage.connect("dave")
    alice.sends("MODE #a +ih carol")
    for client in (alice, bob, carol):
        client.take()
    alice.sends("INVITE dave #a")
    bob.sees()
    carol.sees(f":{alice.session.user.source} INVITE dave #a")
