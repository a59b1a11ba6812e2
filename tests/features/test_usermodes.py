"""MODE for oneself."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Stage


def test_own_modes_are_shown_and_changed(stage: Stage) -> None:
    """221 shows them; a change is told as MODE, what changes nothing is not."""
    alice = stage.connect("alice")
    server, source = f":{alice.node.name}", f":{alice.session.user.source}"
    alice.sends("MODE alice", "MODE ALICE +w-i", "MODE alice +w", "UMODE")
    alice.sees(
        f"{server} 221 alice +ix",
        f"{source} MODE alice :+w-i",
        f"{server} 221 alice +wx",
    )


@pytest.mark.parametrize(
    ("asked", "answer"),
    [("+s", "481 alice :Permission Denied- You're not an IRC operator"), ("+?", "501 alice :Unknown MODE flag")],
)
def test_errors(stage: Stage, asked: str, answer: str) -> None:
    """481 for what is for operators, 501 for what is unknown."""
    alice = stage.connect("alice")
    alice.sends(f"MODE alice {asked}")
    alice.sees(f":{alice.node.name} {answer}")


@pytest.mark.parametrize("asked", ["+o", "+Z", "-Z", "-o"])
def test_nobody_gives_themselves_these(stage: Stage, asked: str) -> None:
    """If a user attempts to make themselves an operator using the +o flag, the attempt SHOULD be ignored."""
    alice = stage.connect("alice", secure=True)
    alice.sends(f"MODE alice {asked}")
    alice.sees()
    assert alice.session.user.modes == frozenset("ixZ")


def test_the_cloak_comes_off_and_goes_on(stage: Stage) -> None:
    """396 tells what others see from now on."""
    alice = stage.connect("alice")
    server, cloaked = f":{alice.node.name}", alice.session.user.host
    source = alice.session.user.source
    alice.sends("MODE alice -x")
    alice.sees(f":{source} MODE alice :-x", f"{server} 396 alice 192.0.2.1 :is now your displayed host")
    alice.sends("MODE alice +x")
    alice.sees(
        ":alice!~alice@192.0.2.1 MODE alice :+x", f"{server} 396 alice {cloaked} :is now your displayed host"
    )


def test_no_cloak_without_cloaking() -> None:
    """Where cloaks are off, x is neither given nor taken."""
    config = Config()
    stage = Stage(replace(config, cloak=replace(config.cloak, enabled=False)))
    alice = stage.connect("alice")
    alice.sends("MODE alice +x", "MODE alice")
    alice.sees(f":{alice.node.name} 221 alice +i")


def test_ctcp_is_refused_but_actions_are_not(stage: Stage) -> None:
    """531 to who sends CTCP to somebody with mode T."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    bob.sends("MODE bob +T").take()
    alice.sends("PRIVMSG bob :\x01VERSION\x01", "PRIVMSG bob :\x01ACTION waves\x01")
    alice.sees(f":{alice.node.name} 531 alice bob :takes no CTCP (user mode T)")
    bob.sees(f":{alice.session.user.source} PRIVMSG bob :\x01ACTION waves\x01")
