"""What CHATHISTORY has besides messages, with draft/event-playback.  Quotes are from IRCv3 chathistory."""

from __future__ import annotations

import re

from pages import BASIC, EVERYTHING, asks, texts

from chatd.testing import Stage


def test_events_only_with_event_playback(stage: Stage) -> None:
    """"If the client has not negotiated the `draft/event-playback` capability, the server MUST NOT send any lines other
    than `PRIVMSG` and `NOTICE` in the reply batch, unless allowed by a capability negotiated by the client. If the
    client has negotiated `draft/event-playback`, the server SHOULD send additional lines relevant to the chat history,
    including but not limited to `TAGMSG`, `JOIN`, `PART`, `QUIT`, `MODE`, `TOPIC`, and `NICK`."
    """
    plain, full = stage.connect("plain", caps=BASIC), stage.connect("full", caps=EVERYTHING)
    plain.sends("JOIN #a")
    full.sends("JOIN #a", "NICK fully", "NICK full", "PRIVMSG #a :1")
    plain.sends("TOPIC #a :x", "NOTICE #a :2", "MODE #a +v full", "@+draft/react=y;+reply=1 TAGMSG #a")
    other = stage.connect("other")
    other.sends("JOIN #a", "PART #a :bye", "JOIN #a")
    plain.sends("KICK #a other :out")
    other.sends("JOIN #a", "QUIT :gone")
    verbs = [re.sub(r"^(@\S+ )?(:\S+ )?", "", line).split(" ")[0] for line in asks(full, "LATEST #a * 100")]
    expected = "JOIN NICK NICK PRIVMSG TOPIC NOTICE MODE TAGMSG JOIN PART JOIN KICK JOIN QUIT"
    assert " ".join(verbs) == expected
    assert texts(plain, "LATEST #a * 100") == ["1", "2"]
    full.sends("CAP REQ :-message-tags")
    assert "TAGMSG" not in " ".join(asks(full, "LATEST #a * 100"))


def test_join_in_both_forms(stage: Stage) -> None:
    """"receiving and correctly processing lines that would normally produce a local state change (such as `JOIN` or
    `MODE`) in its history batches": a JOIN has account and real name for those who negotiated extended-join.
    """
    alice = stage.connect("alice", caps=f"{BASIC} draft/event-playback")
    alice.sends("JOIN #a")
    host = alice.session.user.host
    assert [line.split(" ", 1)[1] for line in asks(alice, "LATEST #a * 5")] == [f":alice!~alice@{host} JOIN #a"]
    alice.sends("CAP REQ extended-join")
    assert [line.split(" ", 1)[1] for line in asks(alice, "LATEST #a * 5")] == [
        f":alice!~alice@{host} JOIN #a * :alice"
    ]
