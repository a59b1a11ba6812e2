"""SET, and what settings and access forbid to those who have a rank."""

from __future__ import annotations

import pytest
from chanserv import asks, founded, person, registration, restarted

from chatd.channels.settings import SETTINGS
from chatd.testing import Stage


def refusal(client, channel: str, text: str) -> str:
    return f":{client.node.name} 482 {client.session.shown_nick} {channel} :{text}"


def test_set(stage: Stage) -> None:
    """SET shows and changes settings, for those with the flag set, and they are kept."""
    alice, bob = founded(stage), person(stage, "bob")
    assert asks(alice, "SET #chat") == [f"{name}: not set ({row.summary})" for name, row in SETTINGS.items()]
    assert asks(alice, "SET #chat Description Roses and thyme") == ["description of #chat is Roses and thyme now."]
    assert "Description: Roses and thyme" in asks(bob, "INFO #chat")
    assert asks(bob, "SET #chat description mine") == ["You need the flag set on #chat."]
    assert asks(bob, "SET #chat")[0].startswith("The settings of #chat are shown to those")
    assert asks(alice, "SET #chat colour red")[0].startswith("There is no setting colour.")
    assert asks(alice, "SET #chat topiclock perhaps") == ["That is either on or off."]
    assert asks(alice, "SET #chat noexpire on") == ["That is for server operators with the privilege channels."]
    assert registration(restarted(stage)).settings == {"description": "Roses and thyme"}
    assert asks(alice, "SET #chat description -") == ["description of #chat is not set now."]
    assert registration(stage).settings == {}


def test_entry_message(stage: Stage) -> None:
    """Who joins is told."""
    alice, bob = founded(stage), stage.connect("bob")
    asks(alice, "SET #chat entrymsg Be kind")
    bob.sends("JOIN #chat")
    assert bob.take()[-1] == f":ChanServ!services@{bob.node.name} NOTICE bob :[#chat] Be kind"
    alice.sends("JOIN #chat")
    assert alice.take()[-1].endswith(" JOIN #chat")


def test_topic_lock(stage: Stage) -> None:
    """With topiclock only those with the flag topic change the topic."""
    alice, bob = founded(stage), person(stage, "bob")
    bob.sends("JOIN #chat")
    asks(alice, "SET #chat topiclock on")
    alice.sends("MODE #chat +o bob")
    bob.take()
    bob.sends("TOPIC #chat :mine")
    bob.sees(refusal(bob, "#chat", "The topic is locked; changing it needs the flag topic"))
    asks(alice, "FLAGS #chat bob topic")
    bob.take()
    bob.sends("TOPIC #chat :mine")
    bob.sees(f":{bob.session.user.source} TOPIC #chat :mine")


def test_secure(stage: Stage) -> None:
    """With secure, a rank is given to those whose flags allow it."""
    alice, bob = founded(stage), person(stage, "bob")
    bob.sends("JOIN #chat")
    asks(alice, "SET #chat secure on")
    alice.sends("MODE #chat +o bob")
    alice.sees(refusal(alice, "#chat", "bob has not got the flag op"))
    asks(alice, "FLAGS #chat bob op")
    bob.take()
    alice.sends("MODE #chat +o bob")
    bob.sees(f":{alice.session.user.source} MODE #chat +o bob")
    alice.sends("MODE #chat -q+q alice alice")
    assert alice.take() != []


@pytest.mark.parametrize(("given", "kept"), [("+nt-i", "+nt-i"), ("nt", "+nt"), ("-s+s", "+s"), ("-im", "-im")])
def test_mode_lock_as_it_is_kept(given: str, kept: str) -> None:
    """Letters once each, those that are on first."""
    alice = founded(Stage())
    assert asks(alice, f"SET #chat modelock {given}") == [f"modelock of #chat is {kept} now."]


@pytest.mark.parametrize("given", ["+k", "+b", "+o", "+P", "+Z", "n t"])
def test_what_cannot_be_locked(given: str) -> None:
    """Only modes without a parameter."""
    assert "cannot be locked" in asks(founded(Stage()), f"SET #chat modelock {given}")[0]


def test_mode_lock(stage: Stage) -> None:
    """What modelock names stays as it is; it is set so at once."""
    alice, bob = founded(stage), stage.connect("bob")
    bob.sends("JOIN #chat").take()
    alice.take()
    alice.sends("CS SET #chat modelock +m-t").take()
    bob.sees(f":ChanServ!services@{alice.node.name} MODE #chat +m-t")
    alice.sends("MODE #chat -m+t", "MODE #chat +m-t", "MODE #chat +s")
    alice.sees(
        refusal(alice, "#chat", "Mode m is locked"), refusal(alice, "#chat", "Mode t is locked"),
        f":{alice.session.user.source} MODE #chat +s",
    )  # fmt: skip


def test_renaming_needs_a_flag(stage: Stage) -> None:
    """Channel rename keeping registration, access, history and metadata; for those with the flag set."""
    alice, bob = founded(stage), person(stage, "bob")
    asks(alice, "AOP #chat ADD bob")
    bob.sends("JOIN #chat").take()
    alice.sends("INVITE bob #other", "MODE #chat +i", "CS INVITE #chat carol", "TOPIC #chat :roses").take()
    bob.take()
    bob.sends("RENAME #chat #talk")
    bob.sees(refusal(bob, "#chat", "Renaming a registered channel needs the flag set"))
    alice.sends("CAP REQ :draft/channel-rename", "RENAME #chat #talk").take()
    assert [kept.folded for kept in stage.kept_channels.load()] == ["#talk"]
    again = restarted(stage)
    assert registration(again, "#talk").founder == "alice" and "bob" in registration(again, "#talk").access
    assert again.server.network.channels["#talk"].topic == "roses"
    bob.take()
    assert asks(bob, "INFO #chat") == ["#chat is not registered."]
    bob.sends("PART #talk", "JOIN #chat").take()
    assert asks(bob, "REGISTER #chat") == ["#chat is registered, and you are its founder."]


def test_renamed_while_the_database_is_gone(stage: Stage) -> None:
    """A new name is kept once it can be."""
    alice = founded(stage)
    stage.shelf.is_gone = True
    alice.sends("RENAME #chat #talk")
    stage.passes(61)
    alice.sends("RENAME #talk #speak", "TOPIC #speak :roses")
    stage.shelf.is_gone = False
    stage.passes(6)
    (kept,) = stage.kept_channels.load()
    assert (kept.folded, kept.name, kept.document["topic"]["text"]) == ("#speak", "#speak", "roses")


def test_topic_by_access(stage: Stage) -> None:
    """TOPIC of ChanServ needs the flag, and no rank."""
    alice, bob = founded(stage), person(stage, "bob")
    assert asks(bob, "TOPIC #chat mine") == ["You need the flag topic on #chat."]
    asks(alice, "FLAGS #chat bob topic")
    alice.take()
    bob.sends("CS TOPIC #chat roses and thyme")
    alice.sees(f":{bob.session.user.source} TOPIC #chat :roses and thyme")
    assert stage.kept_channels.load()[0].document["topic"]["text"] == "roses and thyme"
    assert asks(bob, "TOPIC #chat")[-1] == "The topic of #chat is unset now."


def test_a_name_that_is_free_and_still_kept(stage: Stage) -> None:
    """Whoever registers the old name before the new one is written down is asked to wait, and gets nothing of it."""
    alice, bob = founded(stage), person(stage, "bob")
    stage.shelf.is_gone = True
    alice.sends("RENAME #chat #talk").take()
    stage.shelf.is_gone = False
    for client in (bob, alice):
        client.sends("JOIN #chat")
    node = alice.node
    assert node.channel_saver.has_still("#chat") and not node.channel_saver.has_still("#talk")
    alice.take()
    bob.sends("MODE #chat +o alice")
    assert asks(alice, "REGISTER #chat") == ["That cannot be done just now; please try again in a few minutes."]
    stage.passes(6)
    assert asks(alice, "REGISTER #chat") == ["#chat is registered, and you are its founder."]
    assert sorted(kept.folded for kept in stage.kept_channels.load()) == ["#chat", "#talk"]


def test_dropping_what_is_kept_under_another_name(stage: Stage) -> None:
    """Nothing of a channel stays behind under the name it had before."""
    alice = founded(stage)
    stage.shelf.is_gone = True
    alice.sends("RENAME #chat #talk").take()
    stage.shelf.is_gone = False
    later = ["That cannot be done just now; please try again in a few minutes."]
    assert asks(alice, "DROP #talk") == asks(alice, "SUCCESSOR #talk") == later
    stage.passes(6)
    code = asks(alice, "DROP #talk")[1].rpartition(" ")[2]
    assert asks(alice, f"DROP #talk {code}") == ["#talk is not registered any more."]
    assert stage.kept_channels.load() == []
