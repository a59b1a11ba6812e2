"""draft/whoami: clients that ask for it are told their own source in the greeting."""

from __future__ import annotations

from chatd.testing import Stage


def test_source_in_the_greeting(stage: Stage) -> None:
    """A SETNAME of one's own comes after 005 and before LUSERS, also without setname."""
    alice = stage.open().sends("CAP REQ :draft/whoami", "NICK alice", "USER alice 0 * :Alice Liddell", "CAP END")
    lines = alice.take()
    source = alice.session.context.user.source
    verbs = [line.split(" ")[1] for line in lines]
    at = lines.index(f":{source} SETNAME :Alice Liddell")
    assert verbs[at - 1] == "005"
    assert verbs[at + 1] == "251"
    assert verbs.count("SETNAME") == 1


def test_nothing_for_others(stage: Stage) -> None:
    """Who did not ask is told nothing of it."""
    alice = stage.open().sends("NICK alice", "USER alice 0 * :Alice Liddell")
    assert not any(" SETNAME " in line for line in alice.take())
