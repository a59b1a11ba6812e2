"""REDACT by operators of the server, and for as long as the configuration says."""

from __future__ import annotations

import pytest
from speaking import bare, forget, say
from takingback import CAPS, failure

from chatd.config import Config, History
from chatd.testing import Stage


def test_server_operators(staffed: Stage) -> None:
    """With the privilege override every message can be taken back, from outside as well."""
    root, alice = staffed.connect("root", caps=CAPS), staffed.connect("alice", caps=CAPS)
    root.sends("OPER root secret").take()
    alice.sends("JOIN #a").take()
    msgid = say(alice, "PRIVMSG #a :x")
    root.sends(f"REDACT #a {msgid}")
    assert bare(alice.take()) == [f":{root.session.user.source} REDACT #a {msgid}"]


@pytest.mark.parametrize("remembered", [True, False])
def test_too_late(remembered: bool) -> None:
    """"`FAIL REDACT REDACT_WINDOW_EXPIRED <target> <target-msgid> <window> :You can no longer edit this message`"."""
    stage = Stage(Config(history=History(redact_own_s=60, redact_others_s=120)))
    alice, bob = stage.connect("alice", caps=CAPS), stage.connect("bob", caps=CAPS)
    alice.sends("JOIN #a")
    bob.sends("JOIN #a")
    stage.passes(1)
    first, second, third = (say(bob, f"PRIVMSG {target} :x") for target in ("#a", "#a", "alice"))
    stage.passes(61)
    if not remembered:
        forget(stage)
    late = "60 :You can no longer delete this message"
    assert failure(bob, f"REDACT #a {first}") == f"REDACT_WINDOW_EXPIRED #a {first} {late}"
    assert failure(bob, f"REDACT alice {third}") == f"REDACT_WINDOW_EXPIRED alice {third} {late}"
    bob.take()
    alice.sends(f"REDACT #a {first}")
    assert len(bob.take()) == 1
    stage.passes(60)
    assert failure(alice, f"REDACT #a {second}").startswith(f"REDACT_WINDOW_EXPIRED #a {second} 120 :")
