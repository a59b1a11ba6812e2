"""User mode B, WHO, WHOIS and the tag bot.  Quotes are from IRCv3 bot-mode."""

from __future__ import annotations

import pytest
from company import meeting

from chatd.testing import Stage
from chatd.wire.message import parse


def test_the_token(stage: Stage) -> None:
    """"Servers publishing the `BOT` ISUPPORT token let clients mark themselves as bots by setting a user mode. The
    value of the `BOT` token is the mode character which is used to enable bot mode and is also the flag used in `WHO`
    responses of bots".
    """
    bot = stage.connect("robodan")
    (letter,) = [word[4:] for word in " ".join(bot.node.isupport()).split(" ") if word.startswith("BOT=")]
    bot.sends(f"MODE robodan +{letter}", "WHO robodan")
    told, shown, _ = bot.take()
    assert told == f":{bot.session.user.source} MODE robodan :+{letter}"
    assert shown.split(" ")[8] == f"H{letter}"


def test_whois_and_who(stage: Stage) -> None:
    """"When a client is marked as a bot, they are given a special numeric as part of their `WHOIS` response, it is
    indicated in their `WHO` flags"; ":<server> 335 <nick> <target> :<message>"; "the character used as the value of the
    ISUPPORT `BOT` token is returned in the flags (alongside `H|G`)."
    """
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


@pytest.mark.parametrize(
    "line",
    [
        "PRIVMSG #a :hi", "NOTICE #a :hi", "PRIVMSG alice :hi", "@+x=1 TAGMSG #a", "MODE #a +m", "TOPIC #a :x",
        "NICK robo", "PART #a :bye", "KICK #a alice", "JOIN #b", "AWAY :lunch", "SETNAME :Robert", "INVITE carol #a",
        "UMODE -x", "RENAME #a #c", "QUIT",
    ],
)  # fmt: skip
def test_the_tag(stage: Stage, line: str) -> None:
    """"This tag SHOULD be added by the server to all commands sent by a bot (e.g. `PRIVMSG`, `JOIN`, `MODE`, `NOTICE`,
    and all others)."; "Servers MUST NOT send this tag with a value".
    """
    robodan, alice = meeting(
        stage, robodan="message-tags",
        alice="message-tags away-notify setname chghost invite-notify draft/channel-rename",
    )  # fmt: skip
    stage.connect("carol")
    alice.sends("JOIN #b")
    robodan.sends("MODE robodan +B", "MODE #a +o alice")
    alice.take()
    robodan.sends(line)
    (told,) = alice.take()
    tags, source, _, _ = parse(told)
    assert tags["bot"] == "" and "bot=" not in told.split(" ")[0] and (source or "").startswith("robodan!")


def test_who_is_shown_the_tag(stage: Stage) -> None:
    """"This tag MUST only be sent to users who have requested the `message-tags` capability."; a bot's echo has it."""
    robodan, bob, carol = meeting(
        stage, robodan="message-tags echo-message", bob="", carol="server-time account-tag batch labeled-response"
    )
    robodan.sends("MODE robodan +B").take()
    robodan.sends("PRIVMSG #a :hi", "NICK robo")
    echo, _ = robodan.take()
    assert parse(echo)[0].keys() == {"msgid", "bot"}
    assert not [line for line in bob.take() if line.startswith("@")]
    assert [parse(line)[0].keys() for line in carol.take()] == [{"time"}, {"time"}]


def test_only_while_the_mode_is_set(stage: Stage) -> None:
    """Who is no bot any more is not marked as one, and who never was is not either."""
    alice, bob = stage.connect("alice", caps="message-tags"), stage.connect("bob")
    bob.sends("PRIVMSG alice :1", "MODE bob +B", "PRIVMSG alice :2", "MODE bob -B", "PRIVMSG alice :3")
    assert [";bot " in line for line in alice.take()] == [False, True, False]


def test_numerics_caused_by_a_bot(stage: Stage) -> None:
    """"The tag SHOULD also be added by the ircd to all numerics directly caused by the bot."""
    alice, bob = stage.connect("alice", caps="message-tags"), stage.connect("bob")
    alice.sends("JOIN #a", "MODE #a +i").take()
    bob.sends("MODE bob +B", "KNOCK #a")
    (line,) = alice.take()
    assert line.startswith("@msgid=") and line.split(" ")[0].endswith(";bot") and " 710 " in line
