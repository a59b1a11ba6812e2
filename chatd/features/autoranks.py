"""Automatic ranks: what access gives is given on joining, on logging in, and when access changes."""

from __future__ import annotations

from chatd.channels.ranking import chanserv_on, give_ranks
from chatd.context import Node
from chatd.core.catalog import observes, renders
from chatd.core.events import AccessChanged, AccountChanged, ChannelRegistered, HeirsChanged, Joined
from chatd.delivery.outgoing import Outgoing


@renders(Joined, rank=1)
def show_ranks(event: Joined) -> list[Outgoing]:
    """Who enters has its ranks from the start; a MODE after the JOIN says so."""
    if not event.letters:
        return []
    nick = event.origin.source.partition("!")[0]
    by_service = event.by(chanserv_on(event.origin.node))
    body = f":{by_service.origin.source} MODE {event.channel} +{event.letters}{f' {nick}' * len(event.letters)}"
    return [Outgoing(by_service, body, extra=True, logged=False)]


@observes(AccountChanged)
def rank_account(node: Node, event: AccountChanged) -> None:
    """Who has logged in, in every channel."""
    if event.account and event.origin.node == node.name:
        for member in list(node.network.users[event.origin.uid].channels.values()):
            give_ranks(node, member.channel, [member])


@observes(ChannelRegistered)
def rank_founder(node: Node, event: ChannelRegistered) -> None:
    """Whoever is there with the founder's account."""
    rank_present(node, event, event.kept.folded)


@observes(HeirsChanged)
@observes(AccessChanged)
def rank_those_with_access(node: Node, event: HeirsChanged | AccessChanged) -> None:
    """Whoever is there and has more access now."""
    rank_present(node, event, event.folded)


def rank_present(node: Node, event: ChannelRegistered | HeirsChanged | AccessChanged, folded: str) -> None:
    """Look at everybody in a channel, on the node where it was done."""
    channel = node.network.channels.get(folded)
    if channel is not None and event.origin.node == node.name:
        give_ranks(node, channel, channel.members.values())
