"""RELAYMSG: draft/relaymsg as in IRCv3 pull request 417, with Ergo's codes of failure."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Client, Stage

CAPS = "message-tags echo-message draft/relaymsg"


@pytest.fixture
def room(stage: Stage) -> tuple[Client, Client, Client]:
    """Alice, the operator of #a, and Bob know of relaying, Carol only of tags."""
    clients = stage.connect("alice", caps=CAPS), stage.connect("bob", caps=CAPS), stage.connect("carol")
    clients[2].sends("CAP REQ :message-tags")
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients


def failure(client: Client, line: str) -> str:
    """The code of the standard reply that a line is answered with."""
    client.take()
    (answer,) = client.sends(line).take()
    assert answer.startswith(f":{client.node.name} FAIL RELAYMSG ")
    return answer.split(" ")[3]


def tags_and_rest(line: str) -> tuple[dict[str, str], str]:
    """The tags of a line, but for the msgid, and the line without them."""
    tags, _, rest = line.partition(" ")
    found = dict(tag.partition("=")[::2] for tag in tags[1:].split(";"))
    assert found.pop("msgid")
    return found, rest


def test_relaying(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"Upon receiving this command, the IRCd will translate the message to a `PRIVMSG`: ``` @draft/relaymsg=<botnick>
    :spoofednick!<ident>@<host> PRIVMSG <channel> :<message> ```". "The capability also lets clients receive the
    `draft/relaymsg` message tag, which is set to the nick of the sender."
    """
    alice, bob, carol = room
    alice.sends("@+draft/reply=x RELAYMSG #A smt/discord :hi there")
    host = alice.session.user.host
    body = f":smt/discord!relay@{host} PRIVMSG #a :hi there"
    for client in (alice, bob):
        assert [tags_and_rest(line) for line in client.take()] == [
            ({"draft/relaymsg": "alice", "+draft/reply": "x"}, body)
        ]
    assert [tags_and_rest(line) for line in carol.take()] == [({"+draft/reply": "x"}, body)]
    assert stage.history.logs["#a"][-1].endswith(f" {body}\r\n")


def test_tag_without_message_tags(room: tuple[Client, Client, Client]) -> None:
    """"The `draft/relaymsg` capability lets clients use the `RELAYMSG` command and receive `draft/relaymsg` tags":
    without message-tags as well.
    """
    alice, bob, _ = room
    bob.sends("CAP REQ :-message-tags").take()
    alice.sends("RELAYMSG #a smt/discord hi")
    bob.sees(f"@draft/relaymsg=alice :smt/discord!relay@{alice.session.user.host} PRIVMSG #a :hi")


def test_nothing_of_the_relayer_but_its_name(stage: Stage) -> None:
    """"The `ident` and `host` fields are defined by the server implementation": the account, the bot tag and the like
    are those of the bridge, not of who is quoted.
    """
    alice, bob = stage.connect("alice"), stage.connect("bob", caps="message-tags account-tag draft/oper-tag")
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.sends("MODE alice +B", "PRIVMSG #a x")
    assert "bot" in bob.take()[-1].split(" ")[0]
    alice.sends("RELAYMSG #a smt/discord hi")
    (line,) = bob.take()
    assert tags_and_rest(line)[0] == {}


def test_echo_and_label(stage: Stage) -> None:
    """With echo-message the relayer sees it, with the label; without it nothing."""
    caps = "batch labeled-response echo-message"
    alice, bob = stage.connect("alice", caps=caps), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.take()
    alice.sends("@label=x RELAYMSG #a smt/discord hi")
    alice.sees(f"@label=x :smt/discord!relay@{alice.session.user.host} PRIVMSG #a :hi")
    alice.sends("CAP REQ -echo-message").take()
    alice.sends("RELAYMSG #a smt/discord hi")
    alice.sees()


@pytest.mark.parametrize(
    "name",
    ["regular_nick", "in!valid/x", "a@b/x", "#a/x", "a,b/x", "a:b/x", "$a/x", "a*/x", "~a/x", "a'b/x", 'a"b/x',
     "a+b/x", "a%b/x", "a&b/x", "a?b/x", "a.b/x", "a\u00a0b/x", "a\tb/x", f"/{'y' * 64}"],
)
def test_invalid_names(room: tuple[Client, Client, Client], name: str) -> None:
    """"with `draft/relaymsg=/` the spoofed nickname MUST include the character `"/"`". "Servers MUST also sanitize or
    reject nicks that contain reserved IRC characters, including `!+%@&#$:'"?*,.` and whitespace. This is to avoid
    sending invalid messages to clients."
    """
    alice, bob, _ = room
    assert failure(alice, f"RELAYMSG #a {name} :hi") == "INVALID_NICK"
    assert bob.take() == []


def test_names_need_not_be_nicknames(room: tuple[Client, Client, Client]) -> None:
    """"Spoofed nicks do not necessarily need to be valid IRC nicks; implementations may choose to accept UTF-8 text,
    for example."
    """
    alice, bob, _ = room
    alice.sends("RELAYMSG #a caf\u00e9/9 hi")
    assert tags_and_rest(bob.take()[0])[1] == f":caf\u00e9/9!relay@{alice.session.user.host} PRIVMSG #a :hi"


def test_who_may(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"servers should take steps to verify that the caller is authorized to use `RELAYMSG`": "Restricting `RELAYMSG` to
    IRC operators, channel operators, or other approved users"; "Checking that the sender is in the target channel".
    """
    alice, bob, _ = room
    eve = stage.connect("eve")
    assert failure(bob, "RELAYMSG #a smt/discord :hi") == "PRIVS_NEEDED"
    assert failure(eve, "RELAYMSG #a smt/discord :hi") == "PRIVS_NEEDED"
    alice.sends("MODE #a +so bob").take()
    for name in ("#a", "#nowhere"):
        assert eve.sends(f"RELAYMSG {name} smt/discord :hi").take() == [
            f":{eve.node.name} 403 eve {name} :No such channel"
        ]
    bob.take()
    bob.sends("RELAYMSG #a smt/discord :hi")
    assert tags_and_rest(alice.take()[0])[0] == {"draft/relaymsg": "bob"}


def test_privilege(staffed: Stage) -> None:
    """Server operators with the privilege relay may wherever they may speak, channel operators only if configured."""
    config = staffed.server.config
    stage = Stage(replace(config, channels=replace(config.channels, relay=False)), nodes=len(staffed.nodes))
    alice, root = stage.connect("alice"), stage.connect("root")
    root.sends("OPER root secret")
    for client in (alice, root):
        client.sends("JOIN #a")
    assert failure(alice, "RELAYMSG #a smt/discord :hi") == "PRIVS_NEEDED"
    root.sends("RELAYMSG #a smt/discord :hi")
    alice.sees(f":smt/discord!relay@{root.session.user.host} PRIVMSG #a :hi")


def test_blank_messages(room: tuple[Client, Client, Client]) -> None:
    """Nothing is relayed where nothing is said."""
    alice, _, _ = room
    for text in ("", "  "):
        assert failure(alice, f"RELAYMSG #a smt/discord :{text}") == "BLANK_MSG"
    alice.sends("RELAYMSG #a smt/discord")
    alice.sees(f":{alice.node.name} 461 alice RELAYMSG :Not enough parameters")


@pytest.mark.parametrize("mask", ["*/discord!*@*", "m:smt/*!*@*", "SMT/D*!relay@*"])
def test_bans_of_quoted_people(room: tuple[Client, Client, Client], mask: str) -> None:
    """The channel can keep out, or mute, whom a bridge quotes."""
    alice, bob, _ = room
    alice.sends(f"MODE #a +b {mask}")
    assert failure(alice, "RELAYMSG #a smt/discord :hi") == "BANNED"
    alice.sends("MODE #a +e smt/*!*@*", "RELAYMSG #a smt/discord :hi")
    assert bob.take()[-1].endswith(" PRIVMSG #a :hi")


def test_modes_of_the_channel_hold(room: tuple[Client, Client, Client]) -> None:
    """What nobody may say nobody may relay."""
    alice, bob, _ = room
    alice.sends("MODE #a +c").take()
    bob.take()
    alice.sends("RELAYMSG #a smt/discord :\x02bold")
    alice.sees(f":{alice.node.name} 404 alice #a :Cannot send to channel")
    bob.sees()


def test_relayed_messages_can_be_taken_back(room: tuple[Client, Client, Client]) -> None:
    """By the bridge, whose message it is."""
    alice, bob, _ = room
    bob.sends("CAP REQ draft/message-redaction").take()
    alice.sends("CAP REQ draft/message-redaction", "RELAYMSG #a smt/discord :hi")
    msgid = bob.take()[0].partition("msgid=")[2].partition(" ")[0].partition(";")[0]
    alice.sends(f"REDACT #a {msgid}")
    assert bob.take()[0].endswith(f" REDACT #a {msgid}")


def test_capability_value(stage: Stage) -> None:
    """"If this capability has a value, the given characters are 'nickname separators'. These characters aren't allowed
    in normal nicknames, and if given one MUST be present in spoofed nicknames."
    """
    client = stage.open()
    assert "draft/relaymsg=/" in " ".join(client.sends("CAP LS 302").take()).replace(":", " ").split(" ")
    client.take()
    client.sends("NICK a/b")
    client.sees(f":{client.node.name} 432 * a/b :Erroneus nickname")
    assert Config().channels.relay
