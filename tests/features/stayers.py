"""People who stay without a connection, and servers that start again with the same stores."""

from __future__ import annotations

from logins import log_in

from chatd.config import Config
from chatd.testing import Client, Stage

DAY_S = 86_400


def staying(stage: Stage, caps: str = "", nick: str = "alice") -> Client:
    """Alice, logged in and staying, in a channel that she runs."""
    if stage.accounts.find("alice") is None:
        stage.registers("alice")
    client = log_in(stage, nick, caps=caps)
    client.sends("PERSISTENCE SET ON", "JOIN #a")
    client.take()
    return client


def again(stage: Stage, nodes: int, config: Config | None = None) -> Stage:
    """The same servers after a restart, with the same stores, an hour later."""
    other = Stage(config, nodes=nodes, accounts=stage.accounts, kept_channels=stage.kept_channels)
    other.now_s = stage.now_s + 3600
    other.settle()
    return other


def status(client: Client, wish: str, effect: str) -> str:
    """What PERSISTENCE STATUS says."""
    return f":{client.node.name} PERSISTENCE STATUS {wish} {effect}"
