"""Metadata of accounts is saved by the node where it was changed; it outlives connections and restarts."""

from __future__ import annotations

from chatd.context import Node
from chatd.core.catalog import observes
from chatd.core.events import (
    AccountChanged,
    AccountDeleted,
    AccountRenamed,
    Event,
    MetadataChanged,
    SessionAttached,
    UserArrived,
)


@observes(UserArrived)
def keep_early(node: Node, event: UserArrived) -> None:
    """Somebody has set it before registration."""
    if event.metadata:
        keep(node, event, event.account)


@observes(SessionAttached)
def keep_what_came_along(node: Node, event: SessionAttached) -> None:
    """A connection has set it before it joined its user."""
    if event.changes:
        keep(node, event, event.account)


@observes(AccountChanged)
def keep_taken(node: Node, event: AccountChanged) -> None:
    """Somebody had set it before without the account, which had none."""
    if event.taken:
        keep(node, event, event.account)


@observes(MetadataChanged)
def keep_changed(node: Node, event: MetadataChanged) -> None:
    """Somebody has set it who is logged in."""
    user = node.network.users.get(event.uid)
    if user is not None:
        keep(node, event, user.account)


@observes(AccountRenamed)
def keep_renamed(node: Node, event: AccountRenamed) -> None:
    """What was not saved yet is not to be found under the old name."""
    if event.origin.node == node.name:
        node.presence.renamed(node.network.fold(event.old), node.network.fold(event.account))
    keep(node, event, event.account)


@observes(AccountDeleted)
def keep_no_longer(node: Node, event: AccountDeleted) -> None:
    """Nothing stays behind of who is gone."""
    if event.origin.node == node.name:
        node.presence.forget(node.network.fold(event.account))


def keep(node: Node, event: Event, account: str | None) -> None:
    """Have it saved, on one node."""
    if account is not None and event.origin.node == node.name:
        node.presence.save_metadata(node.network.fold(account))
