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
