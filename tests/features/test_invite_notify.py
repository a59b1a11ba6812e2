"""INVITE shown to members.  Quotes are from IRCv3 invite-notify."""

from __future__ import annotations

from company import meeting

from chatd.testing import Stage


def test_members_are_told(stage: Stage) -> None:
    """":<inviter> INVITE <target> <channel>"; "The message source, `inviter` is the user doing the INVITE, target is
    the user being invited, `channel` is the channel where `target` is being invited."; "This client capability MUST be
    named `invite-notify`."
    """
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
    """"a server may choose to only send the message to clients having channel op, or only to clients that have the
    privilege to do an /INVITE on the channel themselves": with +i, to half-operators and above.
    """
    alice, bob, carol = meeting(stage, alice="", bob="invite-notify", carol="invite-notify")
    stage.connect("dave")
    alice.sends("MODE #a +ih carol")
    for client in (alice, bob, carol):
        client.take()
    alice.sends("INVITE dave #a")
    bob.sees()
    carol.sees(f":{alice.session.user.source} INVITE dave #a")
