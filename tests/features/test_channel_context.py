"""The client-only tag +channel-context.  See IRCv3 channel-context."""

from __future__ import annotations

import pytest
from tagging import heard, pair

from chatd.testing import Stage


@pytest.mark.parametrize("verb", ["PRIVMSG", "NOTICE"])
def test_relayed(stage: Stage, verb: str) -> None:
    """"The channel-context tag is sent by a client with the client-only prefix `+`. The value MUST be a valid channel
    name." "This tag MUST be attached to PRIVMSG and NOTICE messages to users only."
    """
    alice, bob = pair(stage)
    alice.sends(f"@+channel-context=#a {verb} bob :I'm helping.")
    assert heard(bob) == [f"+channel-context=#a {verb} bob :I'm helping."]


@pytest.mark.parametrize("line", ["+channel-context=#a PRIVMSG #a :hi", "+channel-context=a TAGMSG bob"])
def test_what_clients_must_not_send(stage: Stage, line: str) -> None:
    """"Clients MUST ignore this tag if it is not attached to a private PRIVMSG or NOTICE message or if its value is not
    a valid channel name": so the server need not look, and relays it as any client-only tag.
    """
    alice, bob = pair(stage)
    alice.sends(f"@{line}")
    assert heard(bob) == [line]
