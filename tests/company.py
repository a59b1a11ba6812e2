"""People who share a channel, and how they are shown."""

from __future__ import annotations

from chatd.testing import Client, Stage

HOST = "f1e2048ff0.43086950d3.bdc88cbe8b.users.chatd"


def src(nick: str) -> str:
    return f":{nick}!~{nick}@{HOST}"


def name(client: Client) -> str:
    return client.node.name


def together(stage: Stage, *nicks: str, channel: str = "#chat") -> list[Client]:
    """Clients that share a channel, the first its operator, with nothing left to read."""
    clients = [stage.connect(nick) for nick in nicks]
    for client in clients:
        client.sends(f"JOIN {channel}")
    for client in clients:
        client.take()
    return clients


def meeting(stage: Stage, **caps: str) -> list[Client]:
    """Clients in #a with these capabilities, the first its operator, with nothing left to read."""
    clients = [stage.connect(nick, caps=wanted) for nick, wanted in caps.items()]
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients
