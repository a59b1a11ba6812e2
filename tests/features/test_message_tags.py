"""Client-only tags, TAGMSG, budgets, ids and CLIENTTAGDENY.  See IRCv3 message-tags and message-ids."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config, Tags
from chatd.testing import Client, Stage


def members(stage: Stage, **caps: str) -> list[Client]:
    """Clients in #a with these capabilities, the first its operator, with nothing left to read."""
    clients = [stage.connect(nick, caps=wanted) for nick, wanted in caps.items()]
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients


def split(line: str) -> tuple[dict[str, str], str]:
    """The tags of a line as written, and the rest of it."""
    if line[0] != "@":
        return {}, line
    tags, _, rest = line[1:].partition(" ")
    return {key: value for key, _, value in (tag.partition("=") for tag in tags.split(";"))}, rest


def denying(*names: str) -> Config:
    """A configuration with these names in tags.deny."""
    return replace(Config(), tags=Tags(deny=names))


@pytest.mark.parametrize("verb", ["PRIVMSG #a :hi", "NOTICE #a :hi", "TAGMSG #a", "PRIVMSG bob :hi", "TAGMSG bob"])
def test_relayed_as_they_are(stage: Stage, verb: str) -> None:
    """Client-only tags MUST be relayed on PRIVMSG, NOTICE and TAGMSG; tags without the prefix MUST be removed."""
    alice, bob, carol, dave = members(
        stage, alice="message-tags echo-message", bob="message-tags", carol="", dave="server-time echo-message"
    )
    alice.sends(rf"@+example.com/b=1;plain=2;+A=x\:\s\\;+empty=;+bare {verb}")
    (line,) = bob.take()
    tags, rest = split(line)
    assert rest == f":{alice.session.user.source} {verb}"
    msgid = tags.pop("msgid")
    assert tags == {"+example.com/b": "1", "+A": r"x\:\s\\", "+empty": "", "+bare": ""}
    assert "+empty=" not in line
    (echo,) = alice.take()
    assert split(echo) == ({**tags, "msgid": msgid}, rest)
    heard = "#a" in verb and not verb.startswith("TAGMSG")
    assert [split(line) for line in carol.take()] == [({}, rest)] * heard
    assert [(split(line)[0].keys(), split(line)[1]) for line in dave.take()] == [({"time"}, rest)] * heard


def test_the_servers_tags_come_first(stage: Stage) -> None:
    """Any server-sent tags attached to messages MUST be included before client-only tags."""
    alice, bob = members(stage, alice="message-tags", bob="message-tags server-time account-tag")
    alice.sends("MODE alice +B", "@+a=1 PRIVMSG #a :hi")
    (line,) = bob.take()
    assert list(split(line)[0]) == ["time", "msgid", "bot", "+a"]


def test_the_last_of_several_counts(stage: Stage) -> None:
    """Implementations SHOULD disregard all but the final occurrence; keys are case-sensitive and never validated."""
    alice, bob = members(stage, alice="message-tags", bob="message-tags")
    alice.sends("@+a=1;+a=2;+A=3;+é!=4;=5;;+ TAGMSG #a")
    tags, _ = split(bob.take()[0])
    del tags["msgid"]
    assert tags == {"+a": "2", "+A": "3", "+é!": "4"}


def test_bad_escapes(stage: Stage) -> None:
    r"""If a lone \ exists at the end, there SHOULD be no output character; an invalid one SHOULD be dropped."""
    alice, bob = members(stage, alice="message-tags", bob="message-tags")
    alice.sends("@+a=test\\;+b=\\b;+c=\\r\\n TAGMSG #a")
    tags, _ = split(bob.take()[0])
    assert (tags["+a"], tags["+b"], tags["+c"]) == ("test", "b", "\\r\\n")


def test_a_tag_without_meaning(stage: Stage) -> None:
    """The server removes the un-prefixed tag before relaying the message."""
    alice, bob = members(stage, alice="message-tags", bob="message-tags")
    alice.sends("@unknown-tag TAGMSG #a")
    tags, rest = split(bob.take()[0])
    assert (tags.keys(), rest) == ({"msgid"}, f":{alice.session.user.source} TAGMSG #a")


def test_nothing_from_who_did_not_negotiate(stage: Stage) -> None:
    """This capability enables the use of client-only tags and the TAGMSG command."""
    alice, bob = members(stage, alice="", bob="message-tags")
    alice.sends("@+a=1 TAGMSG #a", "@+a=1 PRIVMSG #a :hi")
    tags, rest = split(bob.take()[0])
    assert (tags.keys(), rest) == ({"msgid"}, f":{alice.session.user.source} PRIVMSG #a :hi")


def test_tagmsg_keeps_to_the_modes(stage: Stage) -> None:
    """TAGMSG MUST be delivered in the same way as PRIVMSG: honouring membership, modes, STATUSMSG prefixes."""
    alice, bob, carol = members(stage, alice="message-tags", bob="message-tags", carol="message-tags")
    alice.sends("MODE #a +mv carol")
    for client in (alice, bob, carol):
        client.take()
    bob.sends("@+a=1 TAGMSG #a")
    bob.sees(f":{bob.node.name} 404 bob #a :Cannot send to channel")
    carol.sends("@+a=1 TAGMSG @#a")
    assert split(alice.take()[0])[1] == f":{carol.session.user.source} TAGMSG @#a"
    bob.sees()


def test_budget_of_the_client(stage: Stage) -> None:
    """Clients MUST NOT send tag data exceeding 4094 bytes; servers MUST always reject lines that exceed this limit."""
    alice, bob = members(stage, alice="message-tags", bob="message-tags server-time account-tag")
    alice.sends("MODE alice +B").take()
    value = "a" * (4094 - len("foo=bar;+baz="))
    text = "b" * (510 - len("PRIVMSG #a :"))
    alice.sends(f"@foo=bar;+baz={value} PRIVMSG #a :{text}")
    alice.sees()
    (line,) = bob.take()
    assert split(line)[0]["+baz"] == value
    head = line.partition(" ")[0]
    assert len(head) + 1 <= 8191 and len(line) - len(head) - 1 == 510
    too_long = f":{alice.node.name} 417 alice :Input line was too long"
    alice.sends(f"@foo=bar;+baz={value}a TAGMSG #a", f"@foo=bar;+baz={value[2:]}é PRIVMSG #a :{text}")
    alice.sees(too_long)
    assert len(bob.take()) == 1
    alice.sends(f"@foo=bar;+baz={value[1:]}é PRIVMSG #a :x", f"@+a=1 PRIVMSG #a :{text}b")
    alice.sees(too_long, too_long)
    bob.sees()


def test_ids(stage: Stage) -> None:
    """A unique ID; it MUST NOT start with a colon and MUST NOT contain SPACE; the sender's echo has the same."""
    alice, bob = members(stage, alice="message-tags echo-message", bob="message-tags")
    other = Stage().connect("dave", caps="message-tags echo-message")
    for number in range(50):
        alice.sends(f"PRIVMSG #a,bob :{number}", f"NOTICE #a :{number}")
        other.sends(f"PRIVMSG dave :{number}")
    heard = [split(line)[0]["msgid"] for line in bob.take()]
    assert heard == [split(line)[0]["msgid"] for line in alice.take()]
    elsewhere = {split(line)[0]["msgid"] for line in other.take()}
    assert len(set(heard) | elsewhere) == 200
    assert all(msgid.isalnum() and msgid.isascii() for msgid in heard)


def test_ids_on_other_events(stage: Stage) -> None:
    """Servers MAY attach this tag on any event: here on all that users cause, the same for everybody."""
    alice, bob, carol = members(stage, alice="message-tags", bob="message-tags", carol="message-tags")
    alice.sends("TOPIC #a :x", "MODE #a +m", "NICK eve", "KICK #a carol")
    lines = [[split(line)[0]["msgid"] for line in client.take()] for client in (alice, bob, carol)]
    assert lines[0] == lines[1] == lines[2] and len(set(lines[0])) == 4


@pytest.mark.parametrize(
    ("denied", "kept"),
    [
        ((), ["+foo", "+example/bar", "+other"]),
        (("*",), []),
        (("*", "-foo", "-example/bar"), ["+foo", "+example/bar"]),
        (("foo", "example/bar"), ["+other"]),
    ],
)
def test_denied_tags(denied: tuple[str, ...], kept: list[str]) -> None:
    """Blocked tags will be silently ignored; blocking tags will not necessarily block the message."""
    stage = Stage(denying(*denied))
    alice, bob = members(stage, alice="message-tags", bob="message-tags")
    announced = [token for token in " ".join(alice.node.isupport()).split(" ") if token.startswith("CLIENTTAGDENY")]
    assert announced == [f"CLIENTTAGDENY={','.join(denied)}"] * bool(denied)
    alice.sends("@+foo=1;+example/bar=2;+other=3 PRIVMSG #a :hi")
    alice.sees()
    tags, _ = split(bob.take()[0])
    assert list(tags)[1:] == kept
    alice.sends("@+foo=1;+example/bar=2;+other=3 TAGMSG #a")
    alice.sees()
    assert [list(split(line)[0])[1:] for line in bob.take()] == [kept] * bool(kept)
