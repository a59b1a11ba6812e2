"""The client-only tag +typing.  See IRCv3 typing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tagging import heard, pair

from chatd.config import Config, Tags
from chatd.testing import Stage


@pytest.mark.parametrize("state", ["active", "paused", "done"])
def test_states(stage: Stage, state: str) -> None:
    """"A typing notification is represented by a `TAGMSG` command sent with a `typing` tag using the client-only prefix
    `+` and possible values of `active`, `paused`, and `done`."
    """
    alice, bob = pair(stage)
    carol = stage.connect("carol").sends("JOIN #a")
    for client in (carol, alice, bob):
        client.take()
    alice.sends(f"@+typing={state} TAGMSG #a", f"@+typing={state} TAGMSG bob", f"@+typing={state} TAGMSG carol")
    assert heard(bob) == [f"+typing={state} TAGMSG #a", f"+typing={state} TAGMSG bob"]
    carol.sees()


def test_typing_is_limited_in_rate(stage: Stage) -> None:
    """"Input event handlers MUST be throttled so that any `typing` notification is not sent within 3 seconds of another
    one for a given target": what comes much sooner is dropped, but a change of state is not, nor is another target.
    """
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
