"""The client-only tags +draft/react and +draft/unreact.  See IRCv3 react."""

from __future__ import annotations

import pytest
from tagging import heard, pair

from chatd.testing import Stage


@pytest.mark.parametrize("tag", ["+draft/react", "+draft/unreact"])
@pytest.mark.parametrize("value", ["lol", ":)", "\U0001f44b", r"a\sb\:c", "", "x" * 400])
@pytest.mark.parametrize("message", ["TAGMSG #a", "PRIVMSG #a :lol"])
def test_relayed(stage: Stage, tag: str, value: str, message: str) -> None:
    """"The react tag is sent by a client with the client-only prefix `+`. The value has no restrictions." "The unreact
    tag is sent by a client with the client-only prefix `+`. The value has no restrictions." "These tags MAY be attached
    to an empty message."
    """
    alice, bob = pair(stage)
    sent = f"+reply=123;{tag}" + (f"={value}" if value else "")
    alice.sends(f"@{sent} {message}")
    assert bob.lines[0].startswith("@msgid=")
    assert heard(bob) == [f"{sent} {message}"]


@pytest.mark.parametrize("tags", ["+draft/react=x", "+reply=1;+draft/react=x;+draft/unreact=x"])
def test_what_clients_must_not_send(stage: Stage, tags: str) -> None:
    """"this tag MUST be used in conjunction with the `+reply` client tag"; "The `+draft/react` and `+draft/unreact`
    tags MUST NOT both be attached to a single message": that is for clients to see to, as all client-only tags; the
    server relays what it is sent.
    """
    alice, bob = pair(stage)
    alice.sends(f"@{tags} TAGMSG #a")
    assert heard(bob) == [f"{tags} TAGMSG #a"]


def test_reactions_are_kept() -> None:
    """What is said by tags goes into the history: "If the client has negotiated `draft/event-playback`, the server
    SHOULD send additional lines relevant to the chat history, including but not limited to `TAGMSG`" (chathistory);
    that somebody types, and where, does not.
    """
    stage = Stage()
    alice, _ = pair(stage)
    stage.history.logs.clear()
    alice.sends(
        "@+reply=1 PRIVMSG #a :yes", "@+typing=active TAGMSG #a", "@+typing=active;+channel-context=#a TAGMSG bob",
        "@+reply=1;+draft/react=x TAGMSG #a",
        "@+reply=1;+draft/unreact=x TAGMSG #a", "@+draft/react=x TAGMSG #a",
        "@+reply=1;+x=y TAGMSG #a", "@+reply=1;+draft/react=x TAGMSG bob", "@+reply=1;+draft/react=x TAGMSG @#a",
    )  # fmt: skip
    kept = {log: [";".join(line.split(" ")[0].split(";")[2:]) + " " + line.split(" ", 2)[2] for line in lines]
            for log, lines in stage.history.logs.items()}  # fmt: skip
    assert kept == {
        "#a": [
            "+reply=1 PRIVMSG #a :yes\r\n", "+reply=1;+draft/react=x TAGMSG #a\r\n",
            "+reply=1;+draft/unreact=x TAGMSG #a\r\n", "+draft/react=x TAGMSG #a\r\n", "+reply=1;+x=y TAGMSG #a\r\n",
            "+reply=1;+draft/react=x TAGMSG @#a\r\n",
        ],
        "~alice ~bob": ["+reply=1;+draft/react=x TAGMSG bob\r\n"],
    }  # fmt: skip
