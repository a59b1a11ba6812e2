"""TRANSFER and SUCCESSOR: nobody has a channel without having accepted it.

Issue: "ChanServ and commands for register, drop, transfer, successor, info".
"""

from __future__ import annotations

import pytest
from chanserv import answers, asks, founded, log_in, person, register_account, registration, restarted
from msgspec.structs import replace

from chatd.config import Channels, Config
from chatd.testing import Stage

OFFER = "alice offers you #chat. If you want to be its founder: /msg ChanServ TRANSFER ACCEPT #chat"
COMMANDS = {"founder": "TRANSFER", "successor": "SUCCESSOR"}


def test_transfer(stage: Stage) -> None:
    """The other account is the founder when it has accepted, and that is on disk when it is answered."""
    alice, bob = founded(stage), person(stage, "bob", "Bob")
    bob.sends("JOIN #chat")
    assert asks(bob, "TRANSFER #chat bob") == ["You need the flag founder on #chat."]
    assert asks(alice, "TRANSFER #chat nobody") == ["There is no other account nobody."]
    assert asks(alice, "TRANSFER #chat alice") == ["That account is the founder."]
    bob.take()
    assert asks(alice, "TRANSFER #chat BOB") == ["Bob is the founder of #chat after TRANSFER ACCEPT #chat."]
    assert answers(bob) == [OFFER]
    assert registration(stage).founder == stage.kept_channels.load()[0].founder == "alice"
    asks(alice, "SUCCESSOR #chat bob")
    assert "You are the founder of #chat now." in asks(bob, "TRANSFER ACCEPT #chat")
    (kept,) = stage.kept_channels.load()
    assert (kept.founder, kept.successor, kept.document["offers"]) == ("bob", "", {})
    alice.sees(f":ChanServ!services@{bob.node.name} MODE #chat +qo bob bob")
    assert asks(alice, "TRANSFER #chat alice") == ["You need the flag founder on #chat."]
    assert registration(restarted(stage)).founder == "bob"


def test_successor(stage: Stage) -> None:
    """Another account can be asked to have the channel after the founder; or nobody has it."""
    alice, bob = founded(stage), person(stage, "bob")
    assert asks(alice, "SUCCESSOR #chat bob") == ["bob succeeds the founder of #chat after SUCCESSOR ACCEPT #chat."]
    assert registration(stage).successor == ""
    assert "Offered to bob, to be its successor" in asks(alice, "INFO #chat")
    assert asks(bob, "SUCCESSOR ACCEPT #chat") == ["You succeed the founder of #chat now."]
    assert stage.kept_channels.load()[0].successor == registration(stage).successor == "bob"
    assert "Successor: bob" in asks(alice, "INFO #chat")
    assert asks(alice, "SUCCESSOR #chat bob") == ["bob has been asked already."]
    assert asks(alice, "SUCCESSOR #chat") == ["#chat has no successor now."]
    assert stage.kept_channels.load()[0].successor == registration(stage).successor == ""
    assert asks(bob, "SUCCESSOR ACCEPT #chat")[0].startswith("Nobody asks you to have it")


@pytest.mark.parametrize("role", COMMANDS)
def test_who_is_not_here_finds_it_later(stage: Stage, role: str) -> None:
    """CHANNELS tells of it, after a restart and of a secret channel as well, and nobody else is told."""
    alice, carol = founded(stage), person(stage, "carol")
    register_account(stage, "bob")
    alice.sends("MODE #chat +s")
    assert len(asks(alice, f"{COMMANDS[role]} #chat bob")) == 1
    assert asks(carol, "INFO #chat") == ["#chat is not registered."]
    again = restarted(stage)
    bob = person(again, "bob")
    line = f"#chat: offered to you; {COMMANDS[role]} ACCEPT #chat takes it, REFUSE does not"
    assert asks(bob, "CHANNELS") == [line, "End of your channels."]
    assert asks(bob, "INFO #chat")[0] == "#chat belongs to alice."
    assert asks(bob, f"{COMMANDS[role]} ACCEPT #chat")[0].endswith(" of #chat now.")


@pytest.mark.parametrize("role", COMMANDS)
def test_an_offer_ends(stage: Stage, role: str) -> None:
    """The founder takes it back, or it is refused; then it is accepted by nobody."""
    alice, bob = founded(stage), person(stage, "bob")
    carol, command = person(stage, "carol"), COMMANDS[role]
    asks(alice, f"{command} #chat bob")
    assert asks(alice, f"{command} #chat bob") == ["bob has been asked already."]
    assert asks(carol, f"{command} ACCEPT #chat")[0].startswith("Nobody asks you")
    assert len(asks(alice, f"{command} #chat")) == 1
    assert asks(bob, f"{command} ACCEPT #chat")[0].startswith("Nobody asks you")
    asks(alice, f"{command} #chat bob")
    assert asks(bob, f"{command} REFUSE #chat") == ["#chat is offered to you no more."]
    assert asks(bob, f"{command} ACCEPT #chat")[0].startswith("Nobody asks you")
    asks(alice, f"{command} #chat bob")
    asks(alice, f"{command} #chat carol")
    assert asks(bob, f"{command} ACCEPT #chat")[0].startswith("Nobody asks you")
    assert (registration(stage).founder, registration(stage).successor) == ("alice", "")
    assert asks(carol, f"{command} ACCEPT #chat")[0].startswith("You ")


def test_what_is_offered_ends_with_who_offered_it(stage: Stage) -> None:
    """A new founder has asked nobody."""
    alice, bob, carol = founded(stage), person(stage, "bob"), person(stage, "carol")
    asks(alice, "TRANSFER #chat bob")
    asks(alice, "SUCCESSOR #chat carol")
    asks(bob, "TRANSFER ACCEPT #chat")
    assert asks(carol, "SUCCESSOR ACCEPT #chat")[0].startswith("Nobody asks you")
    assert registration(stage).offers == registration(restarted(stage)).offers == {}


def test_nobody_is_given_more_channels_than_one_may_have() -> None:
    """TRANSFER is no way around the limit, and no way to fill up somebody else's."""
    stage = Stage(replace(Config(), channels=Channels(per_account=1)), nodes=2)
    alice, bob = founded(stage), person(stage, "bob")
    asks(alice, "TRANSFER #chat bob")
    bob.sends("JOIN #two")
    assert asks(bob, "REGISTER #two") == ["#two is registered, and you are its founder."]
    assert asks(bob, "TRANSFER ACCEPT #chat") == ["You have as many channels as one account may have."]
    assert registration(stage).founder == "alice"


def test_accepting_is_written_down_first(stage: Stage) -> None:
    """"Everything acknowledged is on disk": what cannot be written down does not happen."""
    alice, bob = founded(stage), person(stage, "bob")
    asks(alice, "TRANSFER #chat bob")
    stage.passes(2)
    stage.shelf.is_gone = True
    unavailable = "That cannot be done just now; please try again in a few minutes."
    assert asks(bob, "TRANSFER ACCEPT #chat") == [unavailable]
    assert registration(stage).founder == "alice"
    stage.shelf.is_gone = False
    assert asks(bob, "TRANSFER ACCEPT #chat") == ["You are the founder of #chat now."]
    assert registration(restarted(stage)).founder == "bob"


def test_an_account_that_is_gone_meanwhile(stage: Stage) -> None:
    """Whoever takes the name later is not asked."""
    alice = founded(stage)
    register_account(stage, "bob")
    alice.session.receive(b"CS TRANSFER #chat bob\r\n")
    for node in stage.nodes:
        del node.network.registry.owners["bob"]
    stage.settle()
    alice.take()
    assert registration(stage).offers == {}
    log_in(stage.connect("bob"), "bob")
    assert registration(stage).founder == "alice"


def test_what_is_missing() -> None:
    """It says how it is written."""
    alice = founded(Stage())
    assert asks(alice, "TRANSFER ACCEPT") == ["The channel is missing. It is written: TRANSFER ACCEPT <channel>."]
    assert asks(alice, "TRANSFER #chat") == ["#chat is offered to nobody. TRANSFER #chat <account> does that."]
