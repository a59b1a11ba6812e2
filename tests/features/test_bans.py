"""Bans, exceptions, invitation masks and extended bans."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def owner_and_guest(stage: Stage, **peer: str) -> tuple[Client, Client]:
    """The operator of #a, and somebody outside, with nothing left to read."""
    alice, bob = stage.connect("alice"), stage.connect("bob", **peer)
    alice.sends("JOIN #a").take()
    return alice, bob


def answer(client: Client, line: str) -> str:
    """The first thing that a line brings."""
    client.take()
    client.sends(line)
    return (client.take() or [""])[0]


def enters(client: Client) -> bool:
    """Whether JOIN lets the client in; who got in leaves again."""
    seen = answer(client, "JOIN #a")
    if seen == f":{client.session.user.source} JOIN #a":
        client.sends("PART #a")
        return True
    assert seen == f"{server(client)} 474 {client.session.user.nick} #a :Cannot join channel (+b)"
    return False


@pytest.mark.parametrize(
    ("mask", "kept"),
    [
        ("bob", "bob!*@*"),
        ("BOB!*@*", "BOB!*@*"),
        ("*!~bob@*", "*!~bob@*"),
        ("~bob@*", "*!~bob@*"),
        ("b?b", "b?b!*@*"),
        ("*.users.chatd", "*!*@*.users.chatd"),
        ("r:Bob?the*", "r:Bob?the*"),
        ("r:bob_the_builder", "r:bob_the_builder"),
    ],
)
def test_masks_keep_out(stage: Stage, mask: str, kept: str) -> None:
    """474, whichever part of the mask matches; the mask is kept, shown and taken off as it was completed."""
    alice, bob = owner_and_guest(stage)
    bob.sends("SETNAME :Bob the builder").take()
    alice.sends(f"MODE #a +b {mask}", "MODE #a b")
    source = alice.session.user.source
    alice.sees(
        f":{source} MODE #a +b {kept}",
        f"{server(alice)} 367 alice #a {kept} {source} 1700000000",
        f"{server(alice)} 368 alice #a :End of channel ban list",
    )
    assert not enters(bob)
    alice.sends(f"MODE #a -b {mask}")
    alice.sees(f":{source} MODE #a -b {kept}")
    assert enters(bob)


@pytest.mark.parametrize("mask", ["*!*@203.0.113.5", "*!*@203.0.113.*", "*!*@203.0.113.0/24", "*!*@203.0.113.5/32"])
def test_addresses_match_only_those_who_show_them(stage: Stage, mask: str) -> None:
    """Nobody can find out an address by trying bans; without the cloak it matches."""
    alice, bob = owner_and_guest(stage, ip="203.0.113.5")
    alice.sends(f"MODE #a +b {mask}")
    assert enters(bob)
    bob.sends("MODE bob -x")
    assert not enters(bob)


def test_a_ban_on_a_cloak_holds_when_it_is_taken_off(stage: Stage) -> None:
    """Masks match the host others see, or the cloak."""
    alice, bob = owner_and_guest(stage)
    alice.sends(f"MODE #a +b *!*@{bob.session.user.host}")
    bob.sends("MODE bob -x")
    assert not enters(bob)


def test_who_is_inside_is_muted(stage: Stage) -> None:
    """A ban mutes those inside without voice, and holds their nickname."""
    alice, bob = owner_and_guest(stage)
    bob.sends("JOIN #a")
    alice.sends("MODE #a +b bob")
    assert answer(bob, "PRIVMSG #a :x") == f"{server(bob)} 404 bob #a :Cannot send to channel"
    assert answer(bob, "NICK rob") == f"{server(bob)} 435 bob rob #a :Cannot change nickname while banned on channel"
    assert answer(bob, "TAGMSG #a") == ""
    alice.sends("MODE #a +v bob")
    assert answer(bob, "PRIVMSG #a :x") == ""
    assert answer(bob, "NICK rob").endswith(" NICK rob")


def test_exceptions(stage: Stage) -> None:
    """Whom an exception matches is not banned, inside or outside."""
    alice, bob = owner_and_guest(stage)
    alice.sends("MODE #a +be *!*@* bob!*@*")
    assert enters(bob)
    bob.sends("JOIN #a")
    assert answer(bob, "PRIVMSG #a :x") == ""
    assert not enters(stage.connect("carol"))
    alice.sends("MODE #a -e bob!*@*")
    assert answer(bob, "PRIVMSG #a :x").split(" ")[1] == "404"


@pytest.mark.parametrize("mute", ["m:bob!*@*", "m:bob", "m:r:bob", "m:m:bob"])
def test_mutes(stage: Stage, mute: str) -> None:
    """Who matches may join but not speak; an exception of either sort lifts it."""
    alice, bob = owner_and_guest(stage)
    alice.sends(f"MODE #a +b {mute}")
    bob.sends("JOIN #a")
    assert answer(bob, "PRIVMSG #a :x").split(" ")[1] == "404"
    for exception in (mute, "bob!*@*"):
        alice.sends(f"MODE #a +e {exception}")
        assert answer(bob, "PRIVMSG #a :x") == "", exception
        alice.sends(f"MODE #a -e {exception}")
    assert answer(bob, "PRIVMSG #a :x").split(" ")[1] == "404"


def test_a_mute_follows_what_it_matches(stage: Stage) -> None:
    """A new real name is looked at again, though nothing of the channel changed."""
    alice, bob = owner_and_guest(stage)
    alice.sends("MODE #a +b m:r:*evil*")
    bob.sends("JOIN #a")
    assert answer(bob, "PRIVMSG #a :x") == ""
    bob.sends("SETNAME :very evil")
    assert answer(bob, "PRIVMSG #a :x").split(" ")[1] == "404"
    bob.sends("SETNAME :good")
    assert answer(bob, "PRIVMSG #a :x") == ""


def test_invitation_masks(stage: Stage) -> None:
    """Whom +I matches needs no invitation; it does not lift a ban."""
    alice, bob = owner_and_guest(stage)
    alice.sends("MODE #a +iI r:bob")
    assert enters(bob)
    alice.sends("MODE #a +b bob")
    assert not enters(bob)


def test_an_invitation_does_not_lift_a_ban(stage: Stage) -> None:
    """Both have to be decided by who runs the channel."""
    alice, bob = owner_and_guest(stage)
    alice.sends("MODE #a +b bob", "INVITE bob #a")
    assert not enters(bob)


@pytest.mark.parametrize(
    ("letter", "row", "end", "text"),
    [
        ("b", "367", "368", "End of channel ban list"),
        ("e", "348", "349", "End of channel exception list"),
        ("I", "346", "347", "End of Channel Invite Exception List"),
    ],
)
def test_lists(stage: Stage, letter: str, row: str, end: str, text: str) -> None:
    """Every list has its rows, in the order they were made, and its end; asked for twice in one line it comes once."""
    alice, _ = owner_and_guest(stage)
    source = alice.session.user.source
    alice.sends(f"MODE #a +{letter}{letter} x y").take()
    for asked in (letter, f"+{letter}", f"-{letter}", f"{letter}{letter}"):
        alice.sends(f"MODE #a {asked}")
        alice.sees(
            f"{server(alice)} {row} alice #a x!*@* {source} 1700000000",
            f"{server(alice)} {row} alice #a y!*@* {source} 1700000000",
            f"{server(alice)} {end} alice #a :{text}",
        )


def test_the_same_mask_is_kept_once(stage: Stage) -> None:
    """In whatever spelling; it is taken off in any."""
    alice, _ = owner_and_guest(stage)
    source = alice.session.user.source
    alice.sends("MODE #a +b Bob", "MODE #a +b bob!*@*", "MODE #a -b BOB", "MODE #a b")
    alice.sees(
        f":{source} MODE #a +b Bob!*@*",
        f":{source} MODE #a -b Bob!*@*",
        f"{server(alice)} 368 alice #a :End of channel ban list",
    )


@pytest.mark.parametrize("mask", ["m:", "r:", "m:r:", "m:m:"])
def test_what_is_no_extended_ban(stage: Stage, mask: str) -> None:
    """696 for a letter with nothing behind it."""
    alice, _ = owner_and_guest(stage)
    alice.sends(f"MODE #a +b {mask}")
    (line,) = alice.take()
    assert line.startswith(f"{server(alice)} 696 alice #a b {mask} :"), line


def test_the_announced_letters_are_those_that_work(stage: Stage) -> None:
    """EXTBAN, EXCEPTS and INVEX name what there is."""
    tokens = " ".join(stage.server.isupport()).split(" ")
    assert {"EXTBAN=,amr", "EXCEPTS=e", "INVEX=I"} <= set(tokens)
