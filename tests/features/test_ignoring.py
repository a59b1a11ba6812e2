"""SILENCE and ACCEPT."""

from __future__ import annotations

from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Stage


def test_accept_list(stage: Stage) -> None:
    """281 and 282 show it; 457, 458 and 401 say what cannot be."""
    alice = stage.connect("alice")
    stage.connect("bob")
    server = f":{alice.node.name}"
    alice.sends("ACCEPT bob", "ACCEPT *", "ACCEPT bob", "ACCEPT nobody", "ACCEPT -bob", "ACCEPT -bob", "ACCEPT")
    assert [line.removeprefix(f"{server} ") for line in alice.take()] == [
        "281 alice bob",
        "282 alice :End of /ACCEPT list",
        "457 alice bob :is already on your accept list",
        "401 alice nobody :No such nick/channel",
        "458 alice bob :is not on your accept list",
        "461 alice ACCEPT :Not enough parameters",
    ]


def test_silence_list_is_limited() -> None:
    """511 when it is full; a mask that is in it already is no new one, and one may be taken off."""
    config = Config()
    stage = Stage(replace(config, limits=replace(config.limits, silence=1)))
    alice = stage.connect("alice")
    source = f":{alice.session.user.source}"
    alice.sends("SILENCE +x", "SILENCE +x", "SILENCE +y", "SILENCE -x")
    alice.sees(
        f"{source} SILENCE +x!*@*",
        f":{alice.node.name} 511 alice y!*@* :Your silence list is full",
        f"{source} SILENCE -x!*@*",
    )


def test_the_silenced_are_not_told(stage: Stage) -> None:
    """What a silenced user says in private is lost without a word."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("SILENCE BOB").take()
    bob.sends("PRIVMSG alice :hi", "NOTICE alice :hi")
    bob.sees()
    alice.sees()


def test_silence_is_not_escaped_by_taking_off_the_cloak(stage: Stage) -> None:
    """The mask of a cloak matches whom it belongs to, shown or not."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends(f"SILENCE *!*@{bob.session.user.host}").take()
    bob.sends("MODE bob -x", "PRIVMSG alice :hi")
    alice.sees()


def test_silence_folds_as_announced(stage: Stage) -> None:
    """With CASEMAPPING=rfc1459, a{ and A[ are the same."""
    config = Config()
    server = replace(config.server, casemapping="rfc1459")
    stage = Stage(replace(config, server=server), nodes=len(stage.nodes))
    alice, bob = stage.connect("alice"), stage.connect("A[")
    alice.sends("SILENCE a{").take()
    bob.sends("PRIVMSG alice :hi")
    alice.sees()
