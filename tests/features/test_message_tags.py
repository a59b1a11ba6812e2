"""Client-only tags, TAGMSG, budgets and CLIENTTAGDENY.  Quotes are from IRCv3 message-tags."""

from __future__ import annotations

import pytest
from company import meeting
from msgspec.structs import replace

from chatd.config import Config, Tags
from chatd.testing import Stage


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
    """"Client-only tags MUST be relayed on `PRIVMSG`, `NOTICE` and `TAGMSG` messages": "servers MUST attach as-is";
    "Tags without the client-only prefix MUST be removed by the server before being relayed with any message to another
    client."; "Servers MUST NOT deliver `TAGMSG` to clients that haven't negotiated the message tags capability."
    """
    alice, bob, carol, dave = meeting(
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
    """"Any server-sent tags attached to messages MUST be included before client-only tags to prevent them from being
    pushed outside of the byte limit."
    """
    alice, bob = meeting(stage, alice="message-tags", bob="message-tags server-time account-tag")
    alice.sends("MODE alice +B", "@+a=1 PRIVMSG #a :hi")
    (line,) = bob.take()
    assert list(split(line)[0]) == ["time", "msgid", "bot", "+a"]


def test_the_last_of_several_counts(stage: Stage) -> None:
    """"Individual tag keys MUST only be used a maximum of once per message. Implementations receiving messages with
    more than one occurrence of a tag key name SHOULD disregard all but the final occurrence."; "Implementations MUST
    treat tag key names as case-sensitive opaque identifiers and MUST NOT perform any validation that would reject the
    message if an invalid tag key name is used."; "Full tag names, including any vendor prefixes MUST be treated as an
    opaque identifier."
    """
    alice, bob = meeting(stage, alice="message-tags", bob="message-tags")
    alice.sends("@+a=1;+a=2;+A=3;+é!=4;=5;;+;+X.example/a=6;+x.example/A=7 TAGMSG #a")
    tags, _ = split(bob.take()[0])
    del tags["msgid"]
    assert tags == {"+a": "2", "+A": "3", "+é!": "4", "+X.example/a": "6", "+x.example/A": "7"}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("test\\", "test"),
        (r"\b", "b"),
        (r"\r\n\s\:\\", r"\r\n\s\:\\"),
        (r"raw+:=,escaped\:\s\\", r"raw+:=,escaped\:\s\\"),
        ("grüße", "grüße"),
        ("", ""),
    ],
)
def test_escaping(stage: Stage, sent: str, told: str) -> None:
    r""""If a lone `\` exists at the end of an escaped value (with no escape character following it), then there SHOULD
    be no output character."; "If a `\` exists with no valid escape character (for example, `\b`), then the invalid
    backslash SHOULD be dropped."; "MUST NOT convert values from missing to empty".
    """
    alice, bob = meeting(stage, alice="message-tags", bob="message-tags")
    alice.sends(f"@+a={sent} TAGMSG #a")
    (line,) = bob.take()
    assert split(line)[0]["+a"] == told and "+a=;" not in line and "+a= " not in line


def test_values_that_are_not_utf8(stage: Stage) -> None:
    """"Tag values MUST be encoded as UTF8."; the server "SHOULD NOT substitute replacement bytes in place of invalid
    data": the message is refused, as UTF8ONLY announces.
    """
    alice, bob = meeting(stage, alice="message-tags", bob="message-tags")
    alice.sends_bytes(b"@+a=\xe4 PRIVMSG #a :hi\r\n")
    alice.sees(f":{alice.node.name} FAIL PRIVMSG INVALID_UTF8 :Message rejected, it is not valid UTF-8")
    bob.sees()


def test_a_tag_without_meaning(stage: Stage) -> None:
    """"The server removes the tag before relaying the message"."""
    alice, bob = meeting(stage, alice="message-tags", bob="message-tags")
    alice.sends("@unknown-tag TAGMSG #a")
    tags, rest = split(bob.take()[0])
    assert (tags.keys(), rest) == ({"msgid"}, f":{alice.session.user.source} TAGMSG #a")


def test_nothing_from_who_did_not_negotiate(stage: Stage) -> None:
    """"This capability enables the use of client-only tags and the `TAGMSG` command"."""
    alice, bob = meeting(stage, alice="", bob="message-tags")
    alice.sends("@+a=1 TAGMSG #a", "@+a=1 PRIVMSG #a :hi")
    tags, rest = split(bob.take()[0])
    assert (tags.keys(), rest) == ({"msgid"}, f":{alice.session.user.source} PRIVMSG #a :hi")


def test_tagmsg_keeps_to_the_modes(stage: Stage) -> None:
    """"This message MUST be delivered to targets in the same way as `PRIVMSG` and `NOTICE` messages. This means for
    example, honouring channel membership, modes".
    """
    alice, bob, carol = meeting(stage, alice="message-tags", bob="message-tags", carol="message-tags")
    alice.sends("MODE #a +mv carol")
    for client in (alice, bob, carol):
        client.take()
    bob.sends("@+a=1 TAGMSG #a")
    bob.sees(f":{bob.node.name} 404 bob #a :Cannot send to channel")
    carol.sends("@+a=1 TAGMSG @#a")
    assert split(alice.take()[0])[1] == f":{carol.session.user.source} TAGMSG @#a"
    bob.sees()


def test_budget_of_the_client(stage: Stage) -> None:
    """"Clients MUST NOT send messages with tag data exceeding 4094 bytes, this includes tags with or without the
    client-only prefix."; "Servers MUST reply with the `ERR_INPUTTOOLONG` (`417`) error numeric if a client sends a
    message with more tag data than the allowed limit. Servers MUST NOT truncate tags and MUST always reject lines that
    exceed this limit."; "The size limit for the rest of the message remains unchanged at 512 bytes."
    """
    alice, bob = meeting(stage, alice="message-tags", bob="message-tags server-time account-tag")
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


def test_what_the_server_adds(staffed: Stage) -> None:
    """"Servers MUST NOT add tag data exceeding 4094 bytes to messages.": with all that there is to add."""
    caps = "server-time account-tag batch labeled-response echo-message message-tags draft/oper-tag draft/relaymsg"
    (alice,) = meeting(staffed, alice=caps)
    staffed.logs_in(alice, "a" * 30)
    alice.sends("OPER root secret", "MODE alice +B").take()
    value = "a" * (4094 - len(f"label={'x' * 64};+baz="))
    alice.sends(f"@label={'x' * 64};+baz={value} PRIVMSG #a,bob :hi")
    added = [
        [f"{key}={text}" for key, text in split(line)[0].items() if key != "+baz"] for line in alice.take()
    ]
    assert {"label", "batch", "time", "account", "bot", "draft/oper", "msgid"} <= {
        tag.partition("=")[0] for tags in added for tag in tags
    }
    assert max(len(";".join(tags)) for tags in added) <= 4094


@pytest.mark.parametrize("caps", ["batch labeled-response", "server-time", "account-tag", ""])
def test_the_full_format_for_everybody(stage: Stage, caps: str) -> None:
    """"Clients and servers that negotiate a capability that uses tags MUST support the full tag format above."; of
    others tags are taken as well, and mean nothing.
    """
    alice, bob = meeting(stage, alice=caps, bob="message-tags")
    alice.sends(r"@+x=1;example.com/y;label=7;+example.com/z=\s\:;draft/w= PRIVMSG #a :hi")
    assert alice.take() == [f"@label=7 :{alice.node.name} ACK"] * ("labeled" in caps)
    (line,) = bob.take()
    assert split(line)[0].keys() == {"msgid"}


def test_empty_values(stage: Stage) -> None:
    """"Implementations MUST interpret empty tag values (e.g. `foo=`) as equivalent to missing tag values (e.g. `foo`).
    """
    alice, bob = meeting(stage, alice="message-tags batch labeled-response", bob="message-tags")
    for sent in ("+foo", "+foo="):
        alice.sends(f"@{sent} TAGMSG #a")
        assert ";+foo :" in bob.take()[0].replace(" :", " :", 1).replace(" ", " ")
    for label in ("label", "label="):
        alice.sends(f"@{label} PING x")
        alice.sees(f":{alice.node.name} PONG {alice.node.name} :x")


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
    """"Servers MAY apply moderation to client-only tags using existing or newly specified modes or configuration.";
    "Servers SHOULD use this token to communicate to clients that certain client-only tags are blocked and will be
    silently ignored."; "Note that blocking tags will not necessarily block the message that the tag is attached to.";
    "An empty or missing `CLIENTTAGDENY` matches the default case and indicates that all client-only tags are allowed."
    """
    stage = Stage(denying(*denied))
    alice, bob = meeting(stage, alice="message-tags", bob="message-tags")
    announced = [token for token in " ".join(alice.node.isupport()).split(" ") if token.startswith("CLIENTTAGDENY")]
    assert announced == [f"CLIENTTAGDENY={','.join(denied)}"] * bool(denied)
    alice.sends("@+foo=1;+example/bar=2;+other=3 PRIVMSG #a :hi")
    alice.sees()
    tags, _ = split(bob.take()[0])
    assert list(tags)[1:] == kept
    alice.sends("@+foo=1;+example/bar=2;+other=3 TAGMSG #a")
    alice.sees()
    assert [list(split(line)[0])[1:] for line in bob.take()] == [kept] * bool(kept)
