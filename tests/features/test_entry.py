"""Modes k, l, i, L, s and p."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def owner_and_guest(stage: Stage) -> tuple[Client, Client]:
    """The operator of #a, and somebody outside, with nothing left to read."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #a").take()
    return alice, bob


def enters(client: Client, line: str = "JOIN #a") -> bool:
    """Whether JOIN lets the client in."""
    client.take()
    client.sends(line)
    return any(" JOIN #a" in seen for seen in client.take())


@pytest.mark.parametrize(("given", "entered"), [("key", True), ("KEY", False), ("ke", False), ("", False)])
def test_keys(stage: Stage, given: str, entered: bool) -> None:
    """475: the key is compared as it is, case and all."""
    alice, bob = owner_and_guest(stage)
    alice.sends("MODE #a +k key")
    assert enters(bob, f"JOIN #a {given}".rstrip()) is entered


def test_the_limit_counts_members(stage: Stage) -> None:
    """471 when there are as many as that; who leaves makes room."""
    alice, bob = owner_and_guest(stage)
    carol = stage.connect("carol")
    alice.sends("MODE #a +l 2")
    assert enters(bob)
    carol.sends("JOIN #a")
    carol.sees(f"{server(carol)} 471 carol #a :Cannot join channel (+l)")
    bob.sends("PART #a")
    assert enters(carol)


def test_a_limit_below_the_members_puts_nobody_out(stage: Stage) -> None:
    """It only keeps others from coming."""
    alice, bob = owner_and_guest(stage)
    bob.sends("JOIN #a").take()
    alice.sends("MODE #a +l 1")
    bob.sees(f":{alice.session.user.source} MODE #a +l 1")
    assert not enters(stage.connect("carol"))


def test_invitations_are_used_up(stage: Stage) -> None:
    """473 without one; an invitation opens key and limit as well, for one entry."""
    alice, bob = owner_and_guest(stage)
    alice.sends("MODE #a +ikl key 1")
    bob.sends("JOIN #a")
    assert bob.take() != []
    alice.sends("INVITE bob #a")
    assert enters(bob)
    bob.sends("PART #a")
    assert not enters(bob)


def test_an_invitation_mask_opens_only_mode_i(stage: Stage) -> None:
    """Whom +I matches needs no invitation, but the key."""
    alice, bob = owner_and_guest(stage)
    alice.sends("MODE #a +iI bob!*@*")
    assert enters(bob)
    bob.sends("PART #a")
    alice.sends("MODE #a +k key")
    assert not enters(bob)
    assert enters(bob, "JOIN #a key")


@pytest.mark.parametrize(
    ("modes", "line"),
    [("+iL #b", "JOIN #a"), ("+kL key #b", "JOIN #a x"), ("+lL 1 #b", "JOIN #a"), ("+bL bob #b", "JOIN #a")],
)
def test_forwards(stage: Stage, modes: str, line: str) -> None:
    """470 and on to the other channel, whatever kept the user out."""
    alice, bob = owner_and_guest(stage)
    alice.sends("JOIN #b", f"MODE #a {modes}")
    bob.sends(line)
    seen = bob.take()
    assert seen[0] == f"{server(bob)} 470 bob #a #b :Forwarding to another channel"
    assert seen[1] == f":{bob.session.user.source} JOIN #b"


def test_a_forward_needs_an_operator(stage: Stage) -> None:
    """482 to a half-operator."""
    alice, bob = owner_and_guest(stage)
    bob.sends("JOIN #a")
    alice.sends("MODE #a +h bob")
    bob.take()
    bob.sends("MODE #a +L #b")
    bob.sees(f"{server(bob)} 482 bob #a :You're not channel operator")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("MODE #a", "403 bob #a :No such channel"),
        ("MODE #a b", "403 bob #a :No such channel"),
        ("TOPIC #a", "403 bob #a :No such channel"),
        ("NAMES #a", "366 bob #a :End of /NAMES list"),
        ("WHO #a", "315 bob #a :End of WHO list"),
    ],
)
def test_a_secret_channel_does_not_exist_for_outsiders(stage: Stage, line: str, answer: str) -> None:
    """Only members see that the channel exists; what answers questions about it says the same as for no channel."""
    alice, bob = owner_and_guest(stage)
    bob.sends(line)
    assert bob.take() != [f"{server(bob)} 403 bob #a :No such channel"]
    alice.sends("MODE #a +s", "TOPIC #a :hidden")
    bob.sends(line)
    bob.sees(f"{server(bob)} {answer}")


@pytest.mark.parametrize("mode", ["s", "p"])
def test_hidden_channels_are_not_listed(staffed: Stage, mode: str) -> None:
    """Neither LIST nor WHOIS nor WHO names them to outsiders; members see them, and operators who may see secrets."""
    alice, bob = owner_and_guest(staffed)
    op, mod = staffed.connect("op"), staffed.connect("mod")
    op.sends("OPER root secret").take()
    mod.sends("OPER mod secret").take()
    alice.sends(f"MODE #a +{mode}").take()
    for client, sees in ((alice, True), (bob, False), (op, True), (mod, False)):
        for line in ("LIST", "LIST #a", "LIST >0", "WHOIS alice", "WHO alice"):
            client.take()
            client.sends(line)
            assert any("#a" in seen for seen in client.take()) is sees, (line, client.session.nick)


def test_operators_who_may_see_secrets_can_ask_about_them(staffed: Stage) -> None:
    """MODE and TOPIC answer them as they answer members, but for what only members know."""
    alice, _ = owner_and_guest(staffed)
    alice.sends("MODE #a +sk key", "TOPIC #a :hidden")
    source = alice.session.user.source
    op = staffed.connect("op").sends("OPER root secret")
    op.take()
    op.sends("MODE #a", "TOPIC #a")
    op.sees(
        f"{server(op)} 324 op #a +knst",
        f"{server(op)} 329 op #a 1700000000",
        f"{server(op)} 332 op #a :hidden",
        f"{server(op)} 333 op #a {source} 1700000000",
    )
