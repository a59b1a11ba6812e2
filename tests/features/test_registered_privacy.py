"""LIST, INFO and all the others only ever show what the asker may know of registered channels."""

from __future__ import annotations

import pytest
from chanserv import asks, founded, person

from chatd.testing import Stage


@pytest.mark.parametrize(
    "command",
    [
        "INFO {}", "FLAGS {}", "FLAGS {} bob", "ACCESS {} LIST", "AOP {}", "TEMPLATE {}", "AKICK {} LIST",
        "AKICK {} ADD x!*@*", "INVITELINK {} LIST", "INVITELINK {} MAKE", "SET {}", "SET {} description x",
        "INVITE {}", "UNINVITE {}", "UNBAN {}", "CLEAR {} BANS", "RECOVER {}", "OP {} alice", "UP {}",
        "KICK {} alice", "DROP {}", "TRANSFER {} bob", "SUCCESSOR {} bob",
    ],
)  # fmt: skip
def test_a_secret_channel_is_as_if_there_were_none(stage: Stage, command: str) -> None:
    """ChanServ answers about a secret channel as about one that nobody has registered."""
    alice, bob = founded(stage, channel="#secret"), person(stage, "bob")
    alice.sends("MODE #secret +s")
    told = [asks(bob, command.format(name)) for name in ("#secret", "#nothing")]
    assert told == [["#secret is not registered."], ["#nothing is not registered."]]
    alice.sends("PART #secret")
    assert asks(bob, command.format("#secret")) == ["#secret is not registered."]


def test_who_has_access_knows_of_it(stage: Stage) -> None:
    """Those on the access list may know of it, from outside too."""
    alice, bob = founded(stage, channel="#secret"), person(stage, "bob")
    alice.sends("MODE #secret +s")
    asks(alice, "VOP #secret ADD bob")
    assert asks(bob, "INFO #secret")[0] == "#secret belongs to alice."


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("mode", ["s", "p"])
def test_the_commands_of_the_protocol(stage: Stage, mode: str, inside: bool) -> None:
    """A secret or private channel is not listed or looked into, whether or not somebody is in it."""
    alice, bob = founded(stage), stage.connect("bob")
    alice.sends(f"MODE #chat +{mode}", "TOPIC #chat :roses")
    if not inside:
        alice.sends("PART #chat")
    bob.take()
    bob.sends("LIST", "LIST #chat", "NAMES #chat", "WHO #chat", "WHOIS alice", "TOPIC #chat")
    said = " ".join(line for line in bob.take() if " 366 " not in line and " 315 " not in line)
    assert "roses" not in said and "alice #chat" not in said
    assert said.count("#chat") == 1  # the refusal of TOPIC


def test_an_empty_channel_is_not_shown(stage: Stage) -> None:
    """LIST leaves out what nobody is in; LUSERS does not count it; NAMES shows nobody."""
    alice, bob = founded(stage), stage.connect("bob")
    alice.sends("PART #chat")
    bob.take()
    bob.sends("LIST", "LIST #chat", "LUSERS", "NAMES #chat")
    lines = bob.take()
    assert not any(" 322 " in line or " 353 bob = #chat :a" in line for line in lines)
    assert f":{bob.node.name} 254 bob 0 :channels formed" in lines


def test_who_may_not_be_told_from(stage: Stage) -> None:
    """Registering says the same of a secret channel as of none."""
    alice, bob = founded(stage, channel="#secret"), person(stage, "bob")
    alice.sends("MODE #secret +s")
    told = {asks(bob, f"REGISTER {name}")[0].replace(name, "") for name in ("#secret", "#nothing")}
    assert len(told) == 1
