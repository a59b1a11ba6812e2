"""UNBAN, CLEAR, KICK, RECOVER: getting a channel back."""

from __future__ import annotations

from chanserv import asks, founded, person
from consistency import check

from chatd.testing import Client, Stage


def chanserv(client: Client, text: str) -> str:
    return f":ChanServ!services@{client.node.name} {text}"


def taken_over(stage: Stage) -> tuple[Client, Client]:
    """The founder, outside, and somebody with operator who keeps the founder out."""
    alice, eve = founded(stage), person(stage, "eve")
    eve.sends("JOIN #chat")
    alice.sends("MODE #chat +o eve", "CS DOWN #chat")
    eve.sends("KICK #chat alice", "MODE #chat +ikl key 1", "MODE #chat +bb alice!*@* other!*@*").take()
    alice.take()
    return alice, eve


def test_recover(stage: Stage) -> None:
    """RECOVER: nothing keeps the founder out any more, and ranks are gone from those without access."""
    alice, eve = taken_over(stage)
    alice.sends("JOIN #chat")
    assert alice.take()[0].split(" ")[1] == "474"
    assert asks(eve, "RECOVER #chat") == ["You need the flag recover on #chat."]
    alice.sends("CS RECOVER #chat")
    assert chanserv(alice, "NOTICE alice :JOIN #chat now.") in alice.take()
    eve.sees(chanserv(alice, "MODE #chat -obikl eve alice!*@* *"))
    alice.sends("JOIN #chat")
    assert chanserv(alice, "MODE #chat +qo alice alice") in alice.take()
    alice.sends("CS DOWN #chat").take()
    assert asks(alice, "RECOVER #chat") == ["#chat is yours again."]
    for node in stage.nodes:
        check(node.network)


def test_unban(stage: Stage) -> None:
    """UNBAN lifts the bans that match oneself, or somebody."""
    alice, eve = taken_over(stage)
    assert asks(eve, "UNBAN #chat") == ["You need the flag kick or recover on #chat."]
    assert asks(alice, "UNBAN #chat") == ["No ban in #chat matches alice any more."]
    assert asks(alice, "UNBAN #chat") == ["No ban in #chat matches alice."]
    stage.connect("other")
    assert asks(alice, "UNBAN #chat other") == ["No ban in #chat matches other any more."]
    assert asks(alice, "UNBAN #chat nobody") == ["There is nobody here with the name nobody."]
    assert stage.server.network.channels["#chat"].lists["b"] == {}


def test_clear(stage: Stage) -> None:
    """CLEAR takes everything of a kind away."""
    alice, eve = taken_over(stage)
    assert asks(eve, "CLEAR #chat BANS") == ["You need the flag recover on #chat."]
    eve.take()
    alice.sends("CS CLEAR #chat BANS", "CS CLEAR #chat MODES", "CS CLEAR #chat RANKS")
    eve.sees(
        chanserv(alice, "MODE #chat -bb alice!*@* other!*@*"), chanserv(alice, "MODE #chat -ntikl *"),
        chanserv(alice, "MODE #chat -o eve"),
    )  # fmt: skip
    assert asks(alice, "CLEAR #chat BANS") == ["There is nothing to clear."]
    assert asks(alice, "CLEAR #chat FROB")[0].startswith("What can be cleared")
    bob = person(stage, "bob")
    asks(alice, "VOP #chat ADD bob")
    bob.sends("JOIN #chat").take()
    eve.take()
    alice.take()
    alice.sends("CS CLEAR #chat USERS")
    eve.sees(chanserv(alice, "KICK #chat eve :alice clears the channel"))
    assert "#chat" in bob.session.user.channels
    for node in stage.nodes:
        check(node.network)


def test_kick(stage: Stage) -> None:
    """KICK by access; nobody is put out by who has a lower rank."""
    alice, bob, eve = founded(stage), person(stage, "bob"), stage.connect("eve")
    asks(alice, "HOP #chat ADD bob")
    eve.sends("JOIN #chat").take()
    assert asks(bob, "KICK #chat alice") == ["alice has a higher rank than you in #chat."]
    assert asks(bob, "KICK #chat nobody") == ["nobody is not in #chat."]
    bob.sends("CS KICK #chat eve be kind")
    eve.sees(chanserv(bob, "KICK #chat eve :bob: be kind"))
