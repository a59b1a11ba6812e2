"""People who have subscribed to metadata, and how they see what they are told."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from chatd.testing import Client, Stage

SECOND = "batch draft/metadata-2"
THIRD = "batch draft/metadata-3"
DRAFTS = pytest.mark.parametrize("caps", [SECOND, THIRD])


def server(client: Client) -> str:
    """The name of the client's server, as a source."""
    return f":{client.node.name}"


def plain(client: Client) -> list[str]:
    """What a client was told, with its batches as indentation and without its server's name."""
    lines = []
    for line in client.take():
        line = re.sub(r"^@batch=\d+ ", "  ", line).replace(f"{server(client)} ", "")
        line = re.sub(r"BATCH \+\d+ ?", "BATCH ", line)
        if not re.fullmatch(r"BATCH -\d+", line):
            lines.append(line)
    return lines


def answer(client: Client, *lines: str) -> list[str]:
    """What a client is told when it sends these."""
    client.take()
    client.sends(*lines)
    return plain(client)


def source(client: Client) -> str:
    """The client as others see it."""
    return f":{client.session.user.source}"


def with_metadata(stage: Stage, **settings: object) -> Stage:
    """The same number of nodes, with other settings."""
    config = stage.server.config
    return Stage(replace(config, metadata=replace(config.metadata, **settings)), nodes=len(stage.nodes))
