"""What is not UTF-8.  Quotes are from IRCv3 utf8-only."""

from __future__ import annotations

import pytest
from company import meeting

from chatd.testing import Stage


@pytest.mark.parametrize(
    "line",
    [
        "PRIVMSG #a :{}", "NOTICE #a :{}", "TOPIC #a :{}", "SETNAME :{}", "AWAY :{}", "PART #a :{}", "KICK #a bob :{}",
        "@+x={} PRIVMSG #a :x", "@+x={} TAGMSG #a", "QUIT :{}",
    ],
)  # fmt: skip
def test_nothing_else_is_relayed(stage: Stage, line: str) -> None:
    """"Servers publishing this token MUST NOT relay content (such as `PRIVMSG` or `NOTICE` message data, channel
    topics, or realnames) containing non-UTF-8 data to clients"; "FAIL PRIVMSG INVALID_UTF8".
    """
    alice, bob = (stage.connect(nick, caps="message-tags away-notify setname") for nick in ("alice", "bob"))
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.take(), bob.take()
    assert "UTF8ONLY" in " ".join(alice.node.isupport()).split(" ")
    head, tail = line.encode().split(b"{}")
    alice.sends_bytes(head + "gr\u00fc\u00dfe".encode("latin-1") + tail + b"\r\n")
    verb = next(word for word in line.split(" ") if word.isupper())
    alice.sees(f":{alice.node.name} FAIL {verb} INVALID_UTF8 :Message rejected, it is not valid UTF-8")
    bob.sees()


def test_before_registration(stage: Stage) -> None:
    """"When sent with the `FAIL` command, it indicates that the client's message was rejected because it contained
    invalid UTF-8 data.": before registration too, as in "FAIL USER INVALID_UTF8".
    """
    client = stage.open().sends_bytes(b"USER alice 0 * :\xe4\r\n")
    client.sees(f":{client.node.name} FAIL USER INVALID_UTF8 :Message rejected, it is not valid UTF-8")


@pytest.mark.parametrize(
    "line", ["PRIVMSG #a :{}", "TOPIC #a :{}", "AWAY :{}", "PART #a :{}", "KICK #a bob :{}", "QUIT :{}"]
)
def test_what_is_cut(stage: Stage, line: str) -> None:
    """"Implementations must ensure that if they truncate messages to meet a length limit, they do not do so in the
    middle of a UTF-8-encoded codepoint."
    """
    for letters in ("\u00fc", "x\u00fc", "xx\U0001f642", "xxx\U0001f642"):
        alice, bob = meeting(stage, alice="", bob="away-notify")
        room = 510 - len(line.format("").encode())
        shown = letters[0] * (len(letters) - 1) + letters[-1] * ((room - len(letters) + 1) // len(letters[-1].encode()))
        alice.sends(line.format(shown))
        (told,) = [each for each in bob.take() if each.startswith(":alice!")]
        kept = told.partition(" :")[2].removeprefix("Quit: ")
        assert 0 < len(kept) < len(shown) and shown.startswith(kept) and len(told.encode()) <= 510
        bob.sends("QUIT"), alice.sends("QUIT")
