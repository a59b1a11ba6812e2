"""Automatic ranks: what the access list gives people in a channel, by a MODE of ChanServ."""

from __future__ import annotations

from collections.abc import Iterable

from chatd.context import Node
from chatd.core.channel import Channel
from chatd.core.events import Change, ModesChanged
from chatd.core.flags import automatic_ranks
from chatd.core.services import USERNAME
from chatd.core.user import Membership, Origin
from chatd.services.names import CHANSERV


def chanserv(node: Node) -> Origin:
    """Where an event comes from that ChanServ causes."""
    return chanserv_on(node.name)


def chanserv_on(node_name: str) -> Origin:
    """The same for a node of which only the name is known."""
    return Origin(f"{CHANSERV.name}!{USERNAME}@{node_name}", node=node_name)


def give_ranks(node: Node, channel: Channel, members: Iterable[Membership]) -> None:
    """Give members what their access gives them and they have not."""
    registration = channel.registered
    if registration is None:
        return
    changes = []
    for member in members:
        missing = automatic_ranks(registration.flags_of(member.user)) & ~member.ranks
        changes += [Change(True, letter, member.user.nick, member.user.uid)
                    for letter in node.network.modes.letters(missing)]  # fmt: skip
    if changes:
        node.emit(ModesChanged(chanserv(node), channel.folded, tuple(changes)))
