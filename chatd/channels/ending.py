"""The end of a registration, however it came to it."""

from __future__ import annotations

from chatd.channels.ranking import chanserv
from chatd.context import Node
from chatd.core.events import Change, ChannelDropped, ModesChanged
from chatd.core.modes import PERMANENT
from chatd.core.user import Origin


def end_registration(node: Node, origin: Origin, folded: str, reason: str) -> None:
    """Let it happen, after the store has forgotten the channel; what only registered channels have ends before."""
    channel = node.network.channels.get(folded)
    if channel is None or channel.registered is None:
        return
    if PERMANENT in channel.modes:
        node.emit(ModesChanged(chanserv(node), folded, (Change(False, PERMANENT),)))
    node.emit(ChannelDropped(origin, folded, reason))
