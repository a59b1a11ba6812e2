"""The end of registrations that nobody has used for long."""

from __future__ import annotations

from functools import partial
from typing import Any

from chatd.channels.changing import dropping
from chatd.channels.ending import end_registration
from chatd.channels.settings import ON
from chatd.context import Node
from chatd.core.catalog import ticks
from chatd.core.channel import Channel
from chatd.core.events import ChannelUsed

LOOK_S = 600
DAY_MS = 86_400_000
AT_ONCE = 20
"""How many end at a time, so that the store has room for others."""


@ticks
def expire(node: Node) -> None:
    """Look now and then for registrations whose time is up; operators are told of each."""
    days, now_ms = node.config.channels.expire_days, node.now_ms()
    if not days or now_ms // 1000 % LOOK_S:
        return
    oldest_ms = now_ms - days * DAY_MS
    unused = [channel for channel in node.network.registrations.channels.values() if is_unused(channel, oldest_ms)]
    ended = 0
    for channel in unused:
        if is_in_use(channel):
            node.emit(ChannelUsed(node.origin, channel.folded))
        elif ended < AT_ONCE and not node.channel_saver.is_moving(channel.folded):
            ended += 1
            done = partial(after_drop, node, channel)
            node.lanes.storing(partial(dropping, node, channel), done, late=done, turn=channel)


def is_unused(channel: Channel, oldest_ms: int) -> bool:
    """Say whether nobody with access has come since then."""
    registration = channel.registered
    if registration is None or registration.settings.get("noexpire") == ON:
        return False
    return registration.used_ms < oldest_ms


def is_in_use(channel: Channel) -> bool:
    """Say whether somebody with access has been there all the time."""
    registration = channel.registered
    return registration is not None and any(registration.flags_of(each.user) for each in channel.members.values())


def after_drop(node: Node, channel: Channel, result: Any) -> None:
    """What the store has forgotten ends here too; what it could not is tried again the next time."""
    if not isinstance(result, BaseException):
        end_registration(node, node.origin, channel.folded, "not used for too long")
