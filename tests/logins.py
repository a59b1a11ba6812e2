"""Connections that have logged in, as the log-in desk leaves them."""

from __future__ import annotations

from chatd.core.events import AccountRenamed
from chatd.testing import Client, Stage


def log_in(stage: Stage, nick: str, account: str = "alice", caps: str = "", before: str = "", **peer) -> Client:
    """A client that has logged in to an account and asks for a nickname; its welcome is still to be read.

    ``before`` is a line it sends before it registers.
    """
    client = stage.open(**peer)
    client.sends(f"CAP REQ :{caps or 'cap-notify'}")
    client.session.account = account
    if before:
        client.sends(before)
    client.take()
    client.sends(f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")
    return client


def several(stage: Stage, *caps: str, nick: str = "alice", **peer) -> list[Client]:
    """Connections of one user, each with these capabilities; there is nothing left to read."""
    clients = [log_in(stage, nick, caps=wanted, **peer) for wanted in caps]
    for client in clients:
        assert client.session.user is stage_user(client, nick)
    for client in clients:
        client.take()
    return clients


def stage_user(client: Client, nick: str):
    """The user of a nickname, as the client's node knows it."""
    return client.node.network.user(nick)


def renames(stage: Stage, old: str, new: str) -> None:
    """An account gets another name, as NickServ RENAME does it."""
    node = stage.server
    found = stage.accounts.find(node.network.fold(old))
    stage.accounts.rename(found.account_id, new, node.network.fold(new), node.now_ms())
    node.emit(AccountRenamed(node.origin, old, new))
    stage.settle()
