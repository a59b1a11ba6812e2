"""Pages of CHATHISTORY, as clients ask for them and read them."""

from __future__ import annotations

import re

from chatd.testing import Client

BASIC = "draft/chathistory batch server-time message-tags"
EVERYTHING = f"{BASIC} draft/event-playback extended-join account-tag draft/multiline draft/channel-rename"


def asks(client: Client, line: str) -> list[str]:
    """The lines inside the batch that answers a question, without their batch tag."""
    client.take()
    client.sends(f"CHATHISTORY {line}")
    first, *lines, last = client.take()
    head = rf"@time=\S+ :{re.escape(client.node.name)} BATCH"
    opened = re.fullmatch(rf"{head} \+(\d+) (chathistory \S+|draft/chathistory-targets)", first)
    assert opened, first
    assert last.endswith(f" BATCH -{opened[1]}")
    assert all(f"batch={opened[1]}" in line.split(" ")[0] or "@batch=" in line for line in lines)
    return [re.sub(rf"(?<=@)batch={opened[1]};?", "", line).removeprefix("@ ") for line in lines]


def texts(client: Client, line: str) -> list[str]:
    """The last parameters of the answer."""
    return [line.rpartition(" :")[2] for line in asks(client, line)]


def tags(line: str) -> dict[str, str]:
    """The tags of a line."""
    pairs = [tag.partition("=") for tag in line[1:].split(" ")[0].split(";")] if line[0] == "@" else []
    return {key: value for key, _, value in pairs}


PAST, FUTURE = "timestamp=1990-01-01T00:00:00.000Z", "timestamp=2990-01-01T00:00:00.000Z"
