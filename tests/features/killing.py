"""A server that is killed before its stores have heard of anything."""

from __future__ import annotations

from chanserv import OPEN, founded, person, registration
from msgspec.structs import replace

from chatd.config import Operator
from chatd.testing import Client, Stage

CONFIG = replace(OPEN, operators=(Operator(name="root", account="alice", automatic=True),))
EARLY, LATE = "timestamp=2019-01-04T14:33:26.123Z", "timestamp=2020-06-30T23:59:59.419Z"


def says(client: Client, *lines: str) -> list[str]:
    """What a client is told of lines though no thread has done anything yet."""
    stage = client.stage
    for line in lines:
        client.session.receive(f"{line}\r\n".encode())
        while stage.soon:
            stage.soon.popleft()()
    return client.take()


def killed(stage: Stage) -> Stage:
    """The next start after a SIGKILL: nothing was saved any more, and nobody said to be leaving."""
    again = Stage(
        stage.server.config, accounts=stage.accounts, kept_channels=stage.kept_channels, journals=stage.journals,
        keeper=stage.server.keeper,
    )  # fmt: skip
    again.shelf, again.now_s = stage.shelf, stage.now_s
    return again


def chat() -> tuple[Client, Client]:
    """Alice, who founded #chat, and Bob, who is in it; all is saved."""
    stage = Stage(CONFIG)
    alice, bob = founded(stage), person(stage, "bob")
    bob.sends("JOIN #chat")
    stage.passes(3)
    alice.take(), bob.take()
    return alice, bob


def of_channel(stage: Stage, name: str = "#chat") -> object:
    """All that is kept of a channel."""
    channel = stage.server.network.channels[name]
    lists = {letter: list(lines) for letter, lines in channel.lists.items() if lines}
    made = registration(stage, name)
    return (
        channel.name, channel.topic, channel.topic_by, channel.topic_ms, dict(channel.modes), lists, channel.renamed_ms,
        made.founder, dict(made.invited), {key: link.uses_left for key, link in made.links.items()},
        dict(made.settings),
    )  # fmt: skip
