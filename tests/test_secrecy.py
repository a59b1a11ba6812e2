"""To an outsider a secret channel is as if there were none, whatever is asked.  See RFC 2811, 4.2.6."""

from __future__ import annotations

import re

import pytest

from chatd.config import Config, Connections
from chatd.testing import Client, Stage

CAPS = (
    "message-tags batch draft/chathistory draft/message-redaction draft/read-marker draft/metadata-2 draft/multiline "
    "draft/channel-rename draft/search"
)
ASKED = [
    "PART {}", "PART {} :bye", "TOPIC {}", "TOPIC {} :roses", "NAMES {}", "LIST {}", "LIST *", "LIST >0", "LIST",
    "WHO {}", "WHO {} %tcn,1", "WHO * %tcn,1", "WHOIS alice", "INVITE bob {}", "INVITE nobody {}", "INVITE alice {}",
    "KICK {} alice", "KICK {} nobody :x", "KICK {},{} alice,bob", "KNOCK {}", "KNOCK {} :please",
    "MODE {}", "MODE {} b", "MODE {} +b", "MODE {} e", "MODE {} I", "MODE {} +o bob", "MODE {} +k x", "MODE {} -s",
    "PRIVMSG {} :hello", "PRIVMSG {} :\x01VERSION\x01", "PRIVMSG {},{} :hello", "PRIVMSG @{} :hello",
    "NOTICE {} :hello", "NOTICE +{} :hello", "@+typing=active TAGMSG {}", "@+draft/react=x TAGMSG @{}",
    "CHATHISTORY LATEST {} * 10", "CHATHISTORY BEFORE {} timestamp=2023-11-14T22:13:20.000Z 10",
    "CHATHISTORY AROUND {} msgid=abc 10",
    "CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 10",
    "SEARCH in={}", "SEARCH in={};text=roses", "SEARCH text=roses", "REDACT {} abc", "REDACT {} abc :x", "MARKREAD {}",
    "UNREAD {}", "UNREAD", "MENTIONS",
    "METADATA {} LIST", "METADATA {} GET url", "METADATA {} SET url :x", "METADATA {} CLEAR", "METADATA {} SYNC",
    "RENAME {} #other", "RELAYMSG {} x/y :hello", "SAJOIN alice {}", "SAPART alice {}", "SAKICK {} alice",
    "SAMODE {} +o bob", "SATOPIC {} :x", "ROTATE {}",
    "CS INFO {}", "CS FLAGS {}", "CS REGISTER {}", "CS OP {}", "CS INVITE {}", "CS UNBAN {}", "CS DROP {}",
    "CS ACCESS {} LIST", "CS INVITELINK {} LIST", "CS LIST *", "NS INFO alice",
]  # fmt: skip
ENTERS = {"JOIN"}
"""What makes a channel where there is none cannot answer alike."""
MODES = ["+s", "+si", "+sk key", "+sl 1", "+sm", "+sb *!*@*", "+sRM", "+sCc", "+sp-n"]


def answers(client: Client, line: str, name: str) -> list[str]:
    """What the client is told, with a place for the channel's name, and without what differs from moment to moment."""
    client.stage.passes(5)
    client.take()
    client.sends(line.format(*[name] * line.count("{}")))
    return [re.sub(r"@[^ ]+ |BATCH [+-][^ ]+", "", told).replace(name, "<name>") for told in client.take()]


@pytest.mark.parametrize("modes", MODES)
def test_every_answer_is_that_for_no_channel(nodes: int, modes: str) -> None:
    """In spite of modes, bans and what was said there."""
    stage = Stage(Config(connections=Connections(ping_interval_s=0)), nodes=nodes)
    alice, bob = stage.connect("alice"), stage.connect("bob", caps=CAPS)
    alice.sends("JOIN #secret", "TOPIC #secret :roses", "PRIVMSG #secret :roses", f"MODE #secret {modes}")
    speaks = "-n" in modes
    for line in ASKED:
        if speaks and line.split(" ")[0] in ("PRIVMSG", "@+typing=active", "@+draft/react=x"):
            continue  # without +n everybody speaks
        if "{}" not in line:
            assert not any("#secret" in told for told in answers(bob, line, "<name>")), line
            continue
        expected = answers(bob, line, "#nothing")
        assert answers(bob, line, "#secret") == expected, line
        assert answers(bob, line, "#SECRET") == expected, line
    assert stage.server.network.channel("#secret").topic == "roses"


def test_every_command_about_channels_is_asked(stage: Stage) -> None:
    """A new one has to stand in the table."""
    about = {verb for verb, command in stage.catalog.commands.items() if "channel" in command.usage}
    asked = {line.split(" ")[1 if line[0] == "@" else 0] for line in ASKED}
    assert about - asked == ENTERS


@pytest.mark.parametrize("line", ["LIST", "LIST #club", "NAMES #club", "WHO #club", "WHOIS alice", "WHO alice"])
def test_a_private_channel_is_in_no_list(stage: Stage, line: str) -> None:
    """With +p there is no way of getting this channel's name from the server without being a member."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #club", "MODE #club +p")
    told = answers(bob, line, "#club")
    assert not any("<name>" in reply and reply.split(" ")[1] not in ("315", "366") for reply in told)


def test_members_and_operators_know_of_it(staffed: Stage) -> None:
    """Members are answered as ever, and operators who have something to do there."""
    alice, bob = staffed.connect("alice"), staffed.connect("bob")
    alice.sends("JOIN #secret", "MODE #secret +s").take()
    bob.sends("OPER root secret").take()
    assert answers(alice, "MODE {}", "#secret")[0].endswith("324 alice <name> +nst")
    assert answers(bob, "MODE {}", "#secret")[0].endswith("324 bob <name> +nst")
    assert answers(bob, "TOPIC {} :x", "#secret")[0].endswith("442 bob <name> :You're not on that channel")
