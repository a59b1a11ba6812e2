"""INVITE and KNOCK."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def pair(stage: Stage, modes: str = "+i") -> tuple[Client, Client, str, str]:
    """The operator of #a with these modes, somebody outside, and what stands before the numerics of each."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #a", f"MODE #a {modes}").take()
    return alice, bob, f":{alice.node.name}", f":{bob.node.name}"


def test_invitation(stage: Stage) -> None:
    """The inviter gets 341, the invited one an INVITE, which lasts until used."""
    alice, bob, server, bobs = pair(stage)
    alice.sends("INVITE BOB #A")
    alice.sees(f"{server} 341 alice bob #a")
    bob.sees(f":{alice.session.user.source} INVITE bob #a")
    bob.sends("INVITE", "JOIN #a").sends("INVITE")
    bob.sees(
        f"{bobs} 336 bob #a",
        f"{bobs} 337 bob :End of /INVITE list",
        f":{bob.session.user.source} JOIN #a",
        f"{bobs} 353 bob = #a :@alice bob",
        f"{bobs} 366 bob #a :End of /NAMES list",
        f"{bobs} 337 bob :End of /INVITE list",
    )


def test_an_away_message_is_told_to_the_inviter(stage: Stage) -> None:
    """301 follows 341 when the invited one is away."""
    alice, bob, server, _ = pair(stage)
    bob.sends("AWAY :at lunch")
    alice.sends("INVITE bob #a")
    alice.sees(f"{server} 341 alice bob #a", f"{server} 301 alice bob :at lunch")


def test_invite_errors(stage: Stage) -> None:
    """461, 403, 401, 443, 442, 482."""
    alice, bob, server, bobs = pair(stage, "-i")
    bob.sends("INVITE alice #a")
    bob.sees(f"{bobs} 442 bob #a :You're not on that channel")
    bob.sends("JOIN #a").take()
    alice.sends("MODE #a +i").take()
    bob.take()
    stage.connect("carol")
    stage.connect("dave")
    bob.sends("INVITE carol #a")
    bob.sees(f"{bobs} 482 bob #a :You're not channel operator")
    alice.sends("INVITE bob", "INVITE bob #none", "INVITE nobody #a", "INVITE bob #a")
    alice.sees(
        f"{server} 461 alice INVITE :Not enough parameters",
        f"{server} 403 alice #none :No such channel",
        f"{server} 401 alice nobody :No such nick/channel",
        f"{server} 443 alice bob #a :is already on channel",
    )


def test_knock(stage: Stage) -> None:
    """710 to the operators, 711 to who knocks."""
    alice, bob, server, bobs = pair(stage)
    bob.sends("KNOCK #a :let me in")
    bob.sees(f"{bobs} 711 bob #a :Your KNOCK has been delivered.")
    node = bob.node.name
    alice.sees(f":{node} 710 #a #a {bob.session.user.source} :has asked for an invite. (let me in)")
    assert server == f":{alice.node.name}"


@pytest.mark.parametrize(
    ("modes", "answer"),
    [
        ("-i", "713 bob #a :Channel is open."),
        ("+is", "403 bob #a :No such channel"),
        ("+ip", "480 bob #a :Cannot KNOCK on a private channel"),
        ("+ib bob", "474 bob #a :Cannot join channel (+b)"),
    ],
)
def test_knock_errors(stage: Stage, modes: str, answer: str) -> None:
    """A knock is refused where it is not needed, and where it would tell too much."""
    alice, bob, _, bobs = pair(stage, modes)
    bob.sends("KNOCK #a")
    bob.sees(f"{bobs} {answer}")
    alice.sees()


def test_knocking_from_inside(stage: Stage) -> None:
    """714 to members."""
    alice, _, server, _ = pair(stage)
    alice.sends("KNOCK #a", "KNOCK")
    alice.sees(
        f"{server} 714 alice #a :You are already on that channel.",
        f"{server} 461 alice KNOCK :Not enough parameters",
    )


def test_an_invitation_to_a_channel_that_has_just_ended(staffed: Stage) -> None:
    """The last member is put out while inviting: nothing is left of either."""
    op, alice, bob = staffed.connect("op").sends("OPER root secret"), staffed.connect("alice"), staffed.connect("bob")
    alice.sends("JOIN #a")
    op.session.receive(b"SAPART alice #a\r\n")
    alice.session.receive(b"INVITE bob #a\r\n")
    staffed.settle()
    for node in staffed.nodes:
        assert not node.network.channels
        assert not node.network.user("bob").invitations
    assert not any(session.waiting for node in staffed.nodes for session in node.sessions.values())
    bob.sees()
