"""The tag time.  Quotes are from IRCv3 server-time."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from chatd.testing import Client, Stage

SYNTAX = re.compile(r"@time=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)(;\S+)? ")


def times(client: Client) -> list[str]:
    """The time of every line since the last look, all of which have one."""
    found = [SYNTAX.match(line) for line in client.take()]
    assert found and None not in found
    return [match[1] for match in found if match is not None]


def test_on_every_line(stage: Stage) -> None:
    """"YYYY-MM-DDThh:mm:ss.sssZ": "a calendar date and time of day in UTC using extended format, as specified by ISO
    8601:2004(E) 4.3.2. Precision of the time is one millisecond."; and the same for all who are told.
    """
    alice, bob = (stage.connect(nick, caps="server-time echo-message") for nick in ("alice", "bob"))
    for client in (alice, bob):
        client.sends("JOIN #a", "WHO #a", "PING x", "NOTHING", "AWAY :x", "AWAY")
        times(client)
    alice.take(), bob.take()
    alice.sends("PRIVMSG #a :one", "NICK al", "TOPIC #a :x", "MODE #a +m")
    told, shown = times(alice), times(bob)
    assert told == shown and len(told) == 4
    now = datetime.fromtimestamp(stage.now_s, UTC)
    assert abs((datetime.fromisoformat(told[0]) - now).total_seconds()) < 1


def test_not_before_it_was_acknowledged(stage: Stage) -> None:
    """"Servers MAY include the timestamp in messages when they see fit but MUST NOT do so before acknowledging the
    client capability using `CAP ACK`."; "Servers offering this capability for all messages SHOULD also offer the
    `echo-message` capability to allow clients to keep a consistent chronology of events."
    """
    client = stage.open()
    offered = client.sends("CAP LS 302").take()
    assert {"server-time", "echo-message"} <= set(" ".join(offered).replace(":", " ").split(" "))
    client.sends("CAP REQ :server-time no-such-thing", "CAP REQ server-time")
    refused, acknowledged = client.take()
    assert not any(line.startswith("@") for line in (*offered, refused, acknowledged))
    assert " ACK " in acknowledged
    times(client.sends("PING x"))
