"""User mode B, WHO, WHOIS and the tag bot.  See IRCv3 bot-mode."""

from __future__ import annotations

from chatd.testing import Stage


def test_whois_and_who(stage: Stage) -> None:
    """They are given a special numeric as part of their WHOIS response, and it is indicated in their WHO flags."""
    alice, robodan = stage.connect("alice"), stage.connect("robodan")
    robodan.sends("MODE robodan +B")
    robodan.sees(f":{robodan.session.user.source} MODE robodan :+B")
    server = f":{alice.node.name}"
    alice.sends("WHOIS robodan")
    assert f"{server} 335 alice robodan :is a bot" in alice.take()
    alice.sends("WHO robodan", "WHO robodan %f")
    lines = alice.take()
    assert lines[0].split(" ")[8] == "HB"
    assert lines[2] == f"{server} 354 alice HB"
    robodan.sends("MODE robodan -B")
    alice.sends("WHOIS robodan")
    assert not [line for line in alice.take() if " 335 " in line]


def test_the_tag(stage: Stage) -> None:
    """The tag SHOULD be added to all commands sent by a bot; it MUST only be sent to users who have requested
    message-tags, and without a value."""
    alice, bob, carol = (
        stage.connect("alice", caps="message-tags"), stage.connect("bob"), stage.connect("carol", caps="server-time"),
    )  # fmt: skip
    robodan = stage.connect("robodan", caps="message-tags echo-message")
    for client in (alice, bob, carol):
        client.sends("JOIN #a")
    robodan.sends("MODE robodan +B", "JOIN #a")
    for client in (alice, bob, carol, robodan):
        client.take()
    robodan.sends(
        "PRIVMSG #a :hi", "@+x=1 TAGMSG #a", "TOPIC #a :x", "MODE #a +t", "NICK robo", "PART #a", "NOTICE alice :bye"
    )
    lines = alice.take()
    assert [line.split(" ")[2] for line in lines] == ["PRIVMSG", "TAGMSG", "NICK", "PART", "NOTICE"]
    for line in lines:
        tags = dict(tag.partition("=")[::2] for tag in line[1:].split(" ")[0].split(";"))
        assert tags.pop("bot") == "" and "bot=" not in line
        assert tags.keys() - {"+x"} == {"msgid"}
    assert all(line.startswith("@msgid=") and ";bot " in line for line in robodan.take() if " PRIVMSG " in line)
    assert not [line for line in bob.take() if line.startswith("@")]
    assert not [line for line in carol.take() if "bot" in line.split(" ")[0]]


def test_only_while_the_mode_is_set(stage: Stage) -> None:
    """Who is no bot any more is not marked as one, and who never was is not either."""
    alice, bob = stage.connect("alice", caps="message-tags"), stage.connect("bob")
    bob.sends("PRIVMSG alice :1", "MODE bob +B", "PRIVMSG alice :2", "MODE bob -B", "PRIVMSG alice :3")
    assert [";bot " in line for line in alice.take()] == [False, True, False]


def test_numerics_caused_by_a_bot(stage: Stage) -> None:
    """The tag SHOULD also be added by the ircd to all numerics directly caused by the bot."""
    alice, bob = stage.connect("alice", caps="message-tags"), stage.connect("bob")
    alice.sends("JOIN #a", "MODE #a +i").take()
    bob.sends("MODE bob +B", "KNOCK #a")
    (line,) = alice.take()
    assert line.startswith("@msgid=") and line.split(" ")[0].endswith(";bot") and " 710 " in line
