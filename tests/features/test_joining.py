"""JOIN, PART, KICK."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Client, Stage


def source(client: Client) -> str:
    """What stands before the verb of what the client does."""
    return f":{client.session.user.source}"


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def members(stage: Stage, *nicks: str) -> list[Client]:
    """Clients in #a, the first its operator, with nothing left to read."""
    clients = [stage.connect(nick) for nick in nicks]
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients


@pytest.mark.parametrize("line", ["JOIN", "PART", "KICK", "KICK #a"])
def test_missing_parameters(stage: Stage, line: str) -> None:
    """461: the client doesn't supply enough parameters."""
    alice = stage.connect("alice")
    alice.sends(line)
    alice.sees(f"{server(alice)} 461 alice {line.split(' ')[0]} :Not enough parameters")


def test_joining_again_says_nothing(stage: Stage) -> None:
    """Who is in the channel already, in whatever spelling, stays there without a word."""
    alice, bob = members(stage, "alice", "bob")
    bob.sends("JOIN #A")
    bob.sees()
    alice.sees()


def test_keys_belong_to_channels_by_position(stage: Stage) -> None:
    """The first key is for the first channel, the second for the second."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #k,#l", "MODE #k +k one", "MODE #l +k two").take()
    bob.sends("JOIN #l,#k wrong,one")
    bob.sees(
        f"{server(bob)} 475 bob #l :Cannot join channel (+k)",
        f"{source(bob)} JOIN #k",
        f"{server(bob)} 353 bob = #k :@alice bob",
        f"{server(bob)} 366 bob #k :End of /NAMES list",
    )


def test_bad_names(stage: Stage) -> None:
    """403 for what is no channel's name, 476 for one that cannot be made."""
    alice = stage.connect("alice")
    alice.sends("JOIN chat", "JOIN #", f"JOIN #{'x' * 64}", "JOIN #a:b")
    alice.sees(
        f"{server(alice)} 403 alice chat :No such channel",
        f"{server(alice)} 476 alice # :Bad Channel Mask",
        f"{server(alice)} 476 alice #{'x' * 64} :Bad Channel Mask",
        f"{server(alice)} 476 alice #a:b :Bad Channel Mask",
    )


def test_too_many_channels() -> None:
    """405: the client has joined their maximum number of channels."""
    config = Config()
    stage = Stage(replace(config, limits=replace(config.limits, channels=1)))
    (alice,) = members(stage, "alice")
    alice.sends("JOIN #b")
    alice.sees(f"{server(alice)} 405 alice #b :You have joined too many channels")


def test_join_zero_leaves_everything(stage: Stage) -> None:
    """This command also accepts the special argument of ("0"): leave all channels."""
    alice, bob = members(stage, "alice", "bob")
    bob.sends("JOIN #b").take()
    bob.sends("JOIN 0")
    bob.sees(f"{source(bob)} PART #a", f"{source(bob)} PART #b")
    alice.sees(f"{source(bob)} PART #a")


def test_forward(stage: Stage) -> None:
    """Who cannot enter a channel with +L is told 470 and sent on, once."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #full,#more", "MODE #full +lL 1 #more").take()
    bob.sends("JOIN #full")
    bob.sees(
        f"{server(bob)} 470 bob #full #more :Forwarding to another channel",
        f"{source(bob)} JOIN #more",
        f"{server(bob)} 353 bob = #more :@alice bob",
        f"{server(bob)} 366 bob #more :End of /NAMES list",
    )


def test_forwards_do_not_go_in_circles(stage: Stage) -> None:
    """Two channels that forward to each other leave the client outside."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #x,#y", "MODE #x +iL #y", "MODE #y +iL #x").take()
    bob.sends("JOIN #x")
    bob.sees(
        f"{server(bob)} 470 bob #x #y :Forwarding to another channel",
        f"{server(bob)} 473 bob #y :Cannot join channel (+i)",
    )


def test_part(stage: Stage) -> None:
    """The server sends a PART to everybody in the channel, with the reason where there is one."""
    alice, bob = members(stage, "alice", "bob")
    bob.sends("PART #A :see you")
    line = f"{source(bob)} PART #a :see you"
    alice.sees(line)
    bob.sees(line)


def test_part_errors(stage: Stage) -> None:
    """403 and 442, one for each channel."""
    members(stage, "alice")
    bob = stage.connect("bob")
    bob.sends("PART #none,#a")
    bob.sees(
        f"{server(bob)} 403 bob #none :No such channel",
        f"{server(bob)} 442 bob #a :You're not on that channel",
    )


def test_kick_of_several_with_and_without_reason(stage: Stage) -> None:
    """If no comment is given, the server SHOULD use a default message instead."""
    alice, bob, carol, dave = members(stage, "alice", "bob", "carol", "dave")
    alice.sends("KICK #a bob,carol :out", "KICK #a dave")
    first, second = (f"{source(alice)} KICK #a {nick} :out" for nick in ("bob", "carol"))
    third = f"{source(alice)} KICK #a dave :alice"
    alice.sees(first, second, third)
    dave.sees(first, second, third)
    carol.sees(first, second)
    bob.sees(first)


def test_kick_errors(stage: Stage) -> None:
    """403, 442, 401, 441, 482."""
    alice, bob = members(stage, "alice", "bob")
    carol = stage.connect("carol")
    alice.sends("KICK #none bob", "KICK #a nobody", "KICK #a carol")
    alice.sees(
        f"{server(alice)} 403 alice #none :No such channel",
        f"{server(alice)} 401 alice nobody :No such nick/channel",
        f"{server(alice)} 441 alice carol #a :They aren't on that channel",
    )
    carol.sends("KICK #a bob")
    carol.sees(f"{server(carol)} 442 carol #a :You're not on that channel")
    bob.sends("KICK #a alice")
    bob.sees(f"{server(bob)} 482 bob #a :You're not channel operator")


def test_a_half_operator_does_not_kick_an_operator(stage: Stage) -> None:
    """Nobody kicks above their own rank, and everybody with one kicks below it."""
    alice, bob, _ = members(stage, "alice", "bob", "carol")
    alice.sends("MODE #a +h bob").take()
    bob.take()
    bob.sends("KICK #a alice", "KICK #a carol")
    bob.sees(
        f"{server(bob)} 482 bob #a :You're not channel operator",
        f"{source(bob)} KICK #a carol :bob",
    )
