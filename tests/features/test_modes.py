"""MODE for channels."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Client, Stage


def owner(stage: Stage) -> tuple[Client, str, str]:
    """The operator of #a, what stands before its numerics, and before what it does."""
    alice = stage.connect("alice")
    alice.sends("JOIN #a").take()
    return alice, f":{alice.node.name}", f":{alice.session.user.source}"


def test_modes_are_shown(stage: Stage) -> None:
    """324 with the modes, then 329 with the creation time; parameters are for members only."""
    alice, server, _ = owner(stage)
    bob = stage.connect("bob")
    alice.sends("MODE #a +kl key 7").take()
    alice.sends("MODE #A")
    alice.sees(f"{server} 324 alice #a +klnt key 7", f"{server} 329 alice #a 1700000000")
    bob.sends("MODE #a")
    name = bob.node.name
    bob.sees(f":{name} 324 bob #a +klnt", f":{name} 329 bob #a 1700000000")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("+m", "+m"),
        ("+m-t", "+m-t"),
        ("m", "+m"),
        ("+kl key 5", "+kl key 5"),
        ("+b bob", "+b bob!*@*"),
        ("+be *!*@a.example b!*@*", "+be *!*@a.example b!*@*"),
        ("+I *!*@10.0.0.0/8", "+I *!*@10.0.0.0/8"),
        ("-o alice", "-o alice"),
        ("+L #b", "+L #b"),
        ("+l 007", "+l 7"),
    ],
)
def test_changes_are_relayed(stage: Stage, asked: str, shown: str) -> None:
    """Everybody in the channel is told what has changed, as it is kept."""
    alice, _, source = owner(stage)
    alice.sends(f"MODE #a {asked}")
    alice.sees(f"{source} MODE #a {shown}")


@pytest.mark.parametrize("asked", ["+n", "-m", "-k x", "-l", "-b nobody", "-v alice", "+o alice"])
def test_what_changes_nothing_is_not_relayed(stage: Stage, asked: str) -> None:
    """A mode that is as asked already makes no line."""
    alice, _, _ = owner(stage)
    alice.sends(f"MODE #a {asked}")
    alice.sees()


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("#none", "403 alice #none :No such channel"),
        ("nobody", "401 alice nobody :No such nick/channel"),
        ("", "461 alice MODE :Not enough parameters"),
        ("#a +k", "461 alice MODE :Not enough parameters"),
        ("#a +l", "461 alice MODE :Not enough parameters"),
        ("#a +o", "461 alice MODE :Not enough parameters"),
        ("#a +X", "472 alice X :is unknown mode char to me"),
        ("#a +k a,b", "525 alice #a :Key is not well-formed"),
        ("#a +l none", "696 alice #a l none :The limit must be a number above zero"),
        ("#a +l 0", "696 alice #a l 0 :The limit must be a number above zero"),
        ("#a +L nowhere", "696 alice #a L nowhere :The forward must name a channel"),
        ("#a +o nobody", "401 alice nobody :No such nick/channel"),
        ("#a +o bob", "441 alice bob #a :They aren't on that channel"),
        ("#a +q alice", "482 alice #a :You're not channel operator"),
        ("bob +i", "502 alice :Cant change mode for other users"),
    ],
)
def test_errors(stage: Stage, asked: str, answer: str) -> None:
    """Each refusal has its numeric, and nothing changes."""
    alice, server, _ = owner(stage)
    stage.connect("bob")
    alice.sends(f"MODE {asked}")
    alice.sees(f"{server} {answer}")


def test_without_rank(stage: Stage) -> None:
    """482, once a command; lists of bans can be read by everybody, other lists cannot."""
    alice, _, source = owner(stage)
    alice.sends("MODE #a +b evil").take()
    bob = stage.connect("bob")
    server = f":{bob.node.name}"
    bob.sends("JOIN #a").take()
    bob.sends("MODE #a +mi-n", "MODE #a +o bob", "MODE #a b", "MODE #a +e")
    bob.sees(
        f"{server} 482 bob #a :You're not channel operator",
        f"{server} 482 bob #a :You're not channel operator",
        f"{server} 367 bob #a evil!*@* {source[1:]} 1700000000",
        f"{server} 368 bob #a :End of channel ban list",
        f"{server} 482 bob #a :You're not channel operator",
    )


def test_everybody_may_step_down(stage: Stage) -> None:
    """Taking one's own rank away needs no rank; taking somebody else's does."""
    alice, _, _ = owner(stage)
    bob = stage.connect("bob")
    bob.sends("JOIN #a")
    alice.sends("MODE #a +v bob")
    bob.take()
    bob.sends("MODE #a -o alice", "MODE #a -v bob")
    bob.sees(
        f":{bob.node.name} 482 bob #a :You're not channel operator",
        f":{bob.session.user.source} MODE #a -v bob",
    )


def test_lists_are_limited() -> None:
    """478 when a list is full, counting what the same command adds."""
    config = Config()
    stage = Stage(replace(config, limits=replace(config.limits, list_entries=2)))
    alice, server, source = owner(stage)
    alice.sends("MODE #a +bbb x y z", "MODE #a +b x")
    alice.sees(
        f"{server} 478 alice #a z!*@* :Channel list is full",
        f"{source} MODE #a +bb x!*@* y!*@*",
    )


def test_keys_are_taken_off_without_being_known(stage: Stage) -> None:
    """-k needs no parameter, and shows none."""
    alice, _, source = owner(stage)
    alice.sends("MODE #a +k secret").take()
    alice.sends("MODE #a -k")
    alice.sees(f"{source} MODE #a -k *")
