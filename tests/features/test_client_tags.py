"""+typing, +reply, +draft/react, +draft/unreact, +channel-context.  See the client tags of IRCv3."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config, Tags
from chatd.testing import Client, Stage


def pair(stage: Stage) -> tuple[Client, Client]:
    """Two clients in #a with message-tags and nothing left to read."""
    alice, bob = (stage.connect(nick, caps="message-tags") for nick in ("alice", "bob"))
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.take(), bob.take()
    return alice, bob


def heard(client: Client) -> list[str]:
    """What a client was sent, without ids and sources."""
    lines = []
    for line in client.take():
        tags, _, rest = line.partition(" ")
        kept = ";".join(tag for tag in tags[1:].split(";") if not tag.startswith("msgid="))
        lines.append(f"{kept} {rest.split(' ', 1)[1]}")
    return lines


def test_typing_is_limited_in_rate(stage: Stage) -> None:
    """Typing notifications are not sent within 3 seconds of another one for a given target: what comes much sooner is
    dropped, but a change of state is not, nor is another target."""
    alice, bob = pair(stage)
    alice.sends(
        "@+typing=active TAGMSG #a",
        "@+typing=active TAGMSG #A",
        "@+typing=active TAGMSG bob",
        "@+typing=done TAGMSG #a",
    )
    assert heard(bob) == ["+typing=active TAGMSG #a", "+typing=active TAGMSG bob", "+typing=done TAGMSG #a"]
    stage.passes(3)
    alice.sends("@+typing=active TAGMSG #a", "@+typing=active TAGMSG #a")
    assert heard(bob) == ["+typing=active TAGMSG #a"]
    alice.sees()


def test_what_stands_beside_typing_is_relayed(stage: Stage) -> None:
    """Only the tag is limited; other tags, and messages, are not."""
    alice, bob = pair(stage)
    alice.sends(*["@+typing=active;+x=1 TAGMSG #a"] * 2, *["@+typing=active PRIVMSG #a :hi"] * 2)
    assert heard(bob) == ["+typing=active;+x=1 TAGMSG #a", "+x=1 TAGMSG #a", *["+typing=active PRIVMSG #a :hi"] * 2]


def test_unknown_states_count_as_one(stage: Stage) -> None:
    """Invented states are no way around the limit, nor are many targets a way to use memory."""
    alice, bob = pair(stage)
    alice.sends(*[f"@+typing={number} TAGMSG #a" for number in range(5)])
    assert heard(bob) == ["+typing=0 TAGMSG #a"]
    for _ in range(4):
        alice.sends(*[f"@+typing=active TAGMSG nobody{number}" for number in range(50)])
        stage.passes(3)
    pace = alice.session.typing_pace
    assert pace is not None and len(pace._sent_ms) <= 100


def test_typing_without_a_limit() -> None:
    """tags.typing_interval_s = 0 relays everything."""
    stage = Stage(replace(Config(), tags=Tags(typing_interval_s=0)))
    alice, bob = pair(stage)
    alice.sends(*["@+typing=active TAGMSG #a"] * 3)
    assert heard(bob) == ["+typing=active TAGMSG #a"] * 3


@pytest.mark.parametrize(
    "line",
    [
        "+reply=123 PRIVMSG #a :Hello to you!",
        "+reply=123;+draft/react=👋 TAGMSG #a",
        r"+reply=123;+draft/unreact=:) TAGMSG #a",
        "+channel-context=#a NOTICE bob :I'm helping.",
    ],
)
def test_relayed(stage: Stage, line: str) -> None:
    """A client sends a reaction reply to this message and the server sends it on with an id of its own."""
    alice, bob = pair(stage)
    alice.sends(f"@{line}")
    assert bob.lines[0].startswith("@msgid=")
    assert heard(bob) == [line]


def test_reactions_are_kept() -> None:
    """Reactions (in conjunction with +reply) and replies go into the history, typing and the rest does not."""
    stage = Stage()
    alice, _ = pair(stage)
    stage.history.logs.clear()
    alice.sends(
        "@+reply=1 PRIVMSG #a :yes", "@+typing=active TAGMSG #a", "@+reply=1;+draft/react=x TAGMSG #a",
        "@+reply=1;+draft/unreact=x TAGMSG #a", "@+draft/react=x TAGMSG #a", "@+reply=1;+draft/react=x TAGMSG bob",
        "@+reply=1;+draft/react=x TAGMSG @#a",
    )  # fmt: skip
    kept = {log: [";".join(line.split(" ")[0].split(";")[2:]) + " " + line.split(" ", 2)[2] for line in lines]
            for log, lines in stage.history.logs.items()}  # fmt: skip
    assert kept == {
        "#a": [
            "+reply=1 PRIVMSG #a :yes\r\n", "+reply=1;+draft/react=x TAGMSG #a\r\n",
            "+reply=1;+draft/unreact=x TAGMSG #a\r\n", "+reply=1;+draft/react=x TAGMSG @#a\r\n",
        ],
        "~alice ~bob": ["+reply=1;+draft/react=x TAGMSG bob\r\n"],
    }  # fmt: skip
