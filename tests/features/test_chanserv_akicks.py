"""The auto-kick list: who is on it, why, for how long; enforced on join and when it changes."""

from __future__ import annotations

from chanserv import asks, founded, log_in, person, register_account, registration, restarted
from msgspec.structs import replace

from chatd.config import Channels, Config
from chatd.testing import Stage


def kicked(client, nick: str, reason: str) -> str:
    return f":ChanServ!services@{client.node.name} KICK #chat {nick} :{reason}"


def test_enforced_on_join_and_when_added(stage: Stage) -> None:
    """Auto-kick list with reason and expiry, enforced on join and when added."""
    alice, bob = founded(stage), stage.connect("bob")
    bob.sends("JOIN #chat").take()
    alice.take()
    alice.sends("CS AKICK #chat ADD bob!*@* you know why")
    bob.sees(kicked(alice, "bob", "you know why"))
    bob.sends("JOIN #chat")
    bob.sees(f":{bob.node.name} 474 bob #chat :Cannot join channel (+b): you know why")
    alice.sends("MODE #chat +i").take()
    bob.sends("KNOCK #chat")
    bob.sees(f":{bob.node.name} 474 bob #chat :Cannot join channel (+b): you know why")
    alice.sends("INVITE bob #chat", "MODE #chat -i").take()
    bob.take()
    bob.sends("JOIN #chat")
    bob.sees(f":{bob.node.name} 474 bob #chat :Cannot join channel (+b): you know why")
    assert asks(alice, "AKICK #chat LIST") == [
        "bob!*@*: you know why (by alice)", "End of the auto-kick list of #chat."
    ]  # fmt: skip
    assert asks(alice, "AKICK #chat DEL bob!*@*") == ["bob!*@* is not kept out of #chat any more."]
    bob.sends("JOIN #chat")
    assert bob.take()[0] == f":{bob.session.user.source} JOIN #chat"


def test_by_account(stage: Stage) -> None:
    """An account is kept out under any nickname, and goes when it logs in."""
    alice, bob = founded(stage), stage.connect("somebody")
    register_account(stage, "Bob")
    asks(alice, "AKICK #chat ADD bob")
    bob.sends("JOIN #chat").take()
    context = bob.session.context
    log_in(bob, "Bob")
    assert "#chat" not in context.user.channels
    bob.sends("JOIN #chat")
    bob.sees(f":{bob.node.name} 474 somebody #chat :Cannot join channel (+b): No reason")
    assert registration(stage).akicks["bob"].who == "Bob"


def test_by_extended_ban(stage: Stage) -> None:
    """What an extended ban matches is kept out, as an account by another way."""
    alice, bob = founded(stage), person(stage, "other", "Bob")
    assert asks(alice, "AKICK #chat ADD a:bob enough") == ["a:bob is kept out of #chat."]
    bob.sends("JOIN #chat")
    bob.sees(f":{bob.node.name} 474 other #chat :Cannot join channel (+b): enough")


def test_another_nickname(stage: Stage) -> None:
    """Whoever takes a nickname that is on the list goes."""
    alice, bob = founded(stage), stage.connect("bob")
    asks(alice, "AKICK #chat ADD spam*!*@* no spam")
    bob.sends("JOIN #chat").take()
    alice.take()
    source = bob.session.user.source
    bob.sends("NICK spammer")
    alice.sees(f":{source} NICK spammer", kicked(bob, "spammer", "no spam"))


def test_expiry(stage: Stage) -> None:
    """It ends when it says, over a restart too."""
    alice, bob = founded(stage), stage.connect("bob")
    asks(alice, "AKICK #chat ADD bob!*@* 1m30s cool down")
    stage.passes(80)
    bob.sends("JOIN #chat")
    assert bob.take()[0].split(" ")[1] == "474"
    again = restarted(stage)
    bob = again.connect("bob")
    bob.sends("JOIN #chat")
    assert bob.take()[0].split(" ")[1] == "474"
    again.passes(12)
    bob.sends("JOIN #chat")
    assert bob.take()[0] == f":{bob.session.user.source} JOIN #chat"


def test_who_is_exempt(stage: Stage) -> None:
    """Those with the flag exempt are not kept out; nor is anybody with a higher rank put on the list."""
    alice, bob, carol = founded(stage), person(stage, "bob"), person(stage, "carol")
    asks(alice, "FLAGS #chat bob exempt kick see")
    asks(alice, "AOP #chat ADD carol")
    asks(alice, "AKICK #chat ADD *!*@* closed")
    bob.sends("JOIN #chat")
    assert bob.take()[0] == f":{bob.session.user.source} JOIN #chat"
    assert asks(bob, "AKICK #chat ADD alice") == ["alice has a higher rank than you in #chat."]
    assert asks(bob, "AKICK #chat ADD carol") == ["carol has a higher rank than you in #chat."]
    assert asks(alice, "AKICK #chat ADD alice") == ["alice has a higher rank than you in #chat."]
    assert asks(carol, "AKICK #chat LIST")[0].startswith("*!*@*: closed")


def test_refusals(stage: Stage) -> None:
    """What is no entry, and who may not."""
    alice, bob = founded(stage), person(stage, "bob")
    assert asks(bob, "AKICK #chat ADD x!*@*") == ["You need the flag kick on #chat."]
    assert asks(bob, "AKICK #chat LIST") == ["You need the flag see on #chat."]
    assert asks(alice, "AKICK #chat ADD nobody")[0].startswith("There is no account nobody.")
    assert asks(alice, "AKICK #chat DEL x!*@*") == ["x!*@* is not on the auto-kick list."]
    assert asks(alice, "AKICK #chat ADD x!*@* 999999999w") == [
        "That is too long; leave the duration out to keep somebody out for good."
    ]
    assert asks(alice, "AKICK #chat")[0].startswith("End of")
    assert asks(alice, "AKICK #chat FROB")[0].startswith("It is written:")
    assert asks(alice, f"AKICK #chat ADD {'x' * 250}@*") == ["That mask is not well-formed."]


def test_a_full_list() -> None:
    """The list is bounded; what has expired makes room."""
    stage = Stage(replace(Config(), channels=Channels(access_entries=1)))
    alice = founded(stage)
    asks(alice, "AKICK #chat ADD x!*@* 1m")
    assert asks(alice, "AKICK #chat ADD y!*@*") == ["The auto-kick list is full."]
    stage.passes(61)
    assert asks(alice, "AKICK #chat ADD y!*@*") == ["y!*@* is kept out of #chat."]
    assert list(registration(stage).akicks) == ["y!*@*"]
