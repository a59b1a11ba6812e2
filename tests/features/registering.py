"""How people ask for an account, and what they are answered."""

from __future__ import annotations

from typing import Any

import msgspec

from chatd.testing import Client, Stage


def configure(stage: Stage, **sections: dict[str, Any]) -> None:
    """Change settings on every node."""
    for node in stage.nodes:
        changed = {name: msgspec.structs.replace(getattr(node.config, name), **new) for name, new in sections.items()}
        node.reconfigure(msgspec.structs.replace(node.config, **changed), {})
    stage.settle()


def asks(client: Client, line: str) -> list[str]:
    """What comes of a line, without the server's name."""
    client.take()
    client.sends(line)
    return [each.removeprefix(f":{client.node.name} ") for each in client.take()]


def value(client: Client) -> list[str]:
    """The keys in the capability's value."""
    words = " ".join(line.split(" :")[1] for line in client.sends("CAP LS 302").take()).split(" ")
    (shown,) = [word for word in words if word.startswith("draft/account-registration")]
    return shown.partition("=")[2].split(",")


def newcomer(stage: Stage, nick: str, **peer: Any) -> Client:
    """A connection that has chosen a nickname, and is not registered."""
    client = stage.open(**peer).sends(f"NICK {nick}")
    client.sees()
    return client
