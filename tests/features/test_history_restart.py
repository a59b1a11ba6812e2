"""What may be read of channels after a restart: IRCv3 chathistory, and docs/history.md."""

from __future__ import annotations

import pytest
from chanserv import founded, restarted
from logins import log_in

from chatd.config import Config, History
from chatd.testing import Client, Stage

CAPS = "draft/chathistory batch server-time message-tags"


def texts(client: Client, channel: str) -> list[str]:
    """The messages that one reads."""
    client.take()
    client.sends(f"CHATHISTORY LATEST {channel} * 50")
    return [line.rpartition(" :")[2] for line in client.take() if " PRIVMSG " in line]


def after_restart(stage: Stage) -> Stage:
    """The same servers with the same stores and logs."""
    again = restarted(stage)
    for before, history in zip(stage.histories, again.histories, strict=True):
        history.logs = before.logs
    again.settle()
    return again


def renamed_over_others(stage: Stage, founder: Client) -> None:
    """#old is renamed to #new, which was the name of a channel of others while #old was there already."""
    founder.sends("PRIVMSG #old :ours, before")
    stage.passes(1)
    other = stage.connect("other")
    other.sends("JOIN #new", "PRIVMSG #new :of others", "PART #new")
    stage.passes(1)
    founder.sends("RENAME #old #new")
    stage.passes(1)
    founder.sends("PRIVMSG #new :ours, after")
    stage.passes(1)


@pytest.fixture
def readable(nodes: int) -> Stage:
    """A stage whose channels are read by all members, however late they came."""
    return Stage(Config(history=History(access="members")), nodes=nodes)


def test_a_registered_channel_that_was_renamed(readable: Stage) -> None:
    """"In no case anything from before the channel was made: a channel that has ended, and another one of the same
    name, have nothing to do with each other, while registered channels last. A renamed channel is read back through its
    former names, over a restart as well".
    """
    renamed_over_others(readable, founded(readable, channel="#old"))
    again = after_restart(readable)
    bob = again.connect("bob", caps=CAPS)
    bob.sends("JOIN #new")
    assert texts(bob, "#new") == ["ours, before", "ours, after"]
    bob.sends("JOIN #old")
    assert texts(bob, "#old") == []


def test_a_registration_written_down_without_logs(readable: Stage) -> None:
    """Where it is not known what a channel was called before, nothing is read from before it had its name."""
    renamed_over_others(readable, founded(readable, channel="#old"))
    for row in readable.shelf.channels.values():
        del row.document["logs"]
    again = after_restart(readable)
    bob = again.connect("bob", caps=CAPS)
    bob.sends("JOIN #new")
    assert texts(bob, "#new") == ["ours, after"]


def test_a_channel_of_who_stays(stage: Stage) -> None:
    """Who stays over a restart reads what was said since the JOIN, and nothing that others said under the new name."""
    stage.registers("alice")
    alice = log_in(stage, "alice", caps=CAPS)
    alice.sends("PERSISTENCE SET ON", "JOIN #old")
    renamed_over_others(stage, alice)
    again = after_restart(stage)
    alice = log_in(again, "alice", caps=CAPS)
    assert texts(alice, "#new") == ["ours, before", "ours, after"]
