"""The tag msgid.  Quotes are from IRCv3 message-ids."""

from __future__ import annotations

import pytest
from company import meeting
from registering import configure

from chatd.testing import Stage
from chatd.wire.message import parse


def msgid_of(line: str) -> str:
    """The id of a line that has one."""
    return parse(line)[0]["msgid"]


@pytest.mark.parametrize("caps", ["", "server-time account-tag batch labeled-response echo-message"])
def test_who_is_shown_ids(stage: Stage, caps: str) -> None:
    """"the `message-tags` capability MUST be negotiated for servers wishing to use this tag"."""
    alice, bob = meeting(stage, alice="message-tags", bob=caps)
    alice.sends("PRIVMSG #a :hi", "NOTICE bob :hi", "TOPIC #a :x", "NICK eve")
    lines = bob.take()
    assert len(lines) == 4 and not any("msgid" in parse(line)[0] for line in lines)


def test_one_knows_the_ids_of_ones_own(stage: Stage) -> None:
    """"Servers that provide message IDs SHOULD also provide the `echo-message` capability."""
    offered = " ".join(stage.open().sends("CAP LS 302").take())
    assert " message-tags" in offered and " echo-message" in offered


def test_what_is_sent_again(stage: Stage) -> None:
    """"if a message is re-transmitted as-is, for example with the `chathistory` batch type, the ID SHOULD be reused".
    """
    caps = "message-tags batch server-time draft/chathistory draft/event-playback"
    alice, bob = meeting(stage, alice=caps, bob=caps)
    alice.sends("PRIVMSG #a :one", "NOTICE #a :two", "TOPIC #a :three")
    shown = [msgid_of(line) for line in bob.take()]
    again = bob.sends("CHATHISTORY LATEST #a * 3").take()[1:-1]
    assert [msgid_of(line) for line in again] == shown and len(shown) == 3


def test_ids(stage: Stage) -> None:
    """"it SHOULD be attached to all `PRIVMSG` and `NOTICE` events"; "The tag value MUST be a unique ID chosen by the
    originating server. Uniqueness in this context means that any other message transmitted on the entire network at any
    time MUST NOT share the same value."; "message IDs MUST NOT start with a colon (`:`) and MUST NOT contain any of
    `SPACE`, `CR`, `LF`"; the sender's echo has the same.
    """
    alice, bob = meeting(stage, alice="message-tags echo-message", bob="message-tags")
    other = Stage().connect("dave", caps="message-tags echo-message")
    for number in range(50):
        alice.sends(f"PRIVMSG #a,bob :{number}", f"NOTICE #a :{number}")
        other.sends(f"PRIVMSG dave :{number}")
    heard = [msgid_of(line) for line in bob.take()]
    assert heard == [msgid_of(line) for line in alice.take()]
    elsewhere = {msgid_of(line) for line in other.take()}
    assert len(set(heard) | elsewhere) == 200
    assert all(msgid.isalnum() and msgid.isascii() for msgid in heard)


def test_ids_on_other_events(stage: Stage) -> None:
    """"Servers MAY attach this tag on any event.": here on all that users cause, the same for everybody."""
    alice, bob, carol = meeting(stage, alice="message-tags", bob="message-tags", carol="message-tags")
    alice.sends("TOPIC #a :x", "MODE #a +m", "NICK eve", "KICK #a carol")
    lines = [[msgid_of(line) for line in client.take()] for client in (alice, bob, carol)]
    assert lines[0] == lines[1] == lines[2] and len(set(lines[0])) == 4


def test_what_only_one_is_sent(staffed: Stage) -> None:
    """"it SHOULD be attached to all `PRIVMSG` and `NOTICE` events": also to what services and the server say to one
    connection, and to the echo of what a service was asked.
    """
    (alice,) = meeting(staffed, alice="message-tags echo-message")
    configure(staffed, history={"off": ("#quiet",)})
    alice.sends("REGISTER * * correct-horse", "OPER root secret").take()
    alice.sends(
        "PRIVMSG NickServ :HELP", "PRIVMSG NickServ :INFO", "JOIN #quiet", "UNKLINE x@y", "RESTART",
        "PRIVMSG ChanServ :REGISTER #a", "PRIVMSG ChanServ :SET #a entrymsg Be kind", "PART #a", "JOIN #a",
        "PRIVMSG #a :hi",
    )  # fmt: skip
    said = [parse(line) for line in alice.take()]
    said = [line for line in said if line[2] in ("PRIVMSG", "NOTICE")]
    texts = " ".join(params[-1] for *_, params in said)
    assert all(text in texts for text in ("HELP", "not kept", "UNKLINE:", "[#a] Be kind", "cannot restart", "hi"))
    ids = [tags["msgid"] for tags, *_ in said]
    assert len(set(ids)) == len(ids) and ids == sorted(ids)
