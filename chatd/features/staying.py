"""Users who stay without a connection: what changes of them is saved, by the node where it was done; when they leave.

Also when each device of an account was here last, for whoever plays back what it has missed.
"""

from __future__ import annotations

from typing import Final

from chatd.context import Node
from chatd.core.archive import Selector
from chatd.core.catalog import observes, ticks
from chatd.core.events import (
    AcceptChanged,
    AccountDeleted,
    AccountRenamed,
    AwayChanged,
    ChannelDropped,
    ChannelRenamed,
    Event,
    HostChanged,
    Joined,
    Kicked,
    MarkerMoved,
    MetadataChanged,
    ModesChanged,
    NickChanged,
    Parted,
    RealnameChanged,
    SessionAttached,
    SessionDetached,
    SilenceChanged,
    TopicChanged,
    UserArrived,
    UserModesChanged,
    UserQuit,
)

_DAY_MS: Final = 86_400_000
_LOOK_S: Final = 600


@observes(UserArrived)
@observes(NickChanged)
@observes(AwayChanged)
@observes(RealnameChanged)
@observes(HostChanged)
@observes(SessionAttached)
@observes(SessionDetached)
@observes(SilenceChanged)
@observes(AcceptChanged)
@observes(Joined)
@observes(Parted)
def save_actor(node: Node, event: Event) -> None:
    """Something of whom the event comes from has changed."""
    save(node, event, event.origin.uid)


@observes(MarkerMoved)
def save_who_reads(node: Node, event: MarkerMoved) -> None:
    """When somebody was here last has changed, and nothing that anybody was told."""
    save(node, event, event.origin.uid, noting=False)


@observes(Kicked)
@observes(UserModesChanged)
def save_target(node: Node, event: Kicked | UserModesChanged) -> None:
    """Something of somebody has changed."""
    save(node, event, event.uid)


def save(node: Node, event: Event, uid: str, noting: bool = True) -> None:
    """Have a user saved who stays without a connection; see ``PresenceSaver.save``."""
    if node.network.kept and event.origin.node == node.name:
        user = node.network.users.get(uid)
        if user is not None and user.kept_as:
            node.presence.save(user.kept_as, noting)


@observes(ModesChanged)
@observes(TopicChanged)
@observes(MetadataChanged)
@observes(ChannelDropped)
def save_members(node: Node, event: ModesChanged | TopicChanged | MetadataChanged | ChannelDropped) -> None:
    """Something of a channel has changed that is written down with its members."""
    save_all(node, event, event.folded)


@observes(ChannelRenamed)
def save_renamed(node: Node, event: ChannelRenamed) -> None:
    """A channel has another name."""
    save_all(node, event, node.network.fold(event.name))


def save_all(node: Node, event: Event, folded: str) -> None:
    """Have those members of a channel saved who stay without a connection."""
    channel = node.network.channels.get(folded)
    if channel is not None and node.network.kept and event.origin.node == node.name:
        for member in channel.members.values():
            if member.user.kept_as:
                node.presence.save(member.user.kept_as, noting=False)


@observes(AccountRenamed)
@observes(AccountDeleted)
def save_acceptors(node: Node, event: AccountRenamed | AccountDeleted) -> None:
    """Whom somebody accepts has another name, or is no more."""
    if event.origin.node == node.name:
        for account in event.accepted_by:
            node.presence.save(account)


@observes(UserQuit)
def forget(node: Node, event: UserQuit) -> None:
    """Who is gone, by KILL perhaps, is not brought back."""
    if event.origin.node == node.name:
        if event.kept_as:
            node.presence.save(event.kept_as)
        for device in event.devices:
            note_seen(node, event, device)


@observes(SessionDetached)
def note_one_seen(node: Node, event: SessionDetached) -> None:
    """What comes from now on, this device has missed."""
    if event.origin.node == node.name:
        note_seen(node, event, event.device)


def note_seen(node: Node, event: Event, device: str) -> None:
    """Write down that a device of an account was here until now."""
    if event.origin.account is not None:
        place = Selector(event.time_ms, event.msgid)
        node.presence.note_seen(node.network.fold(event.origin.account), device, place)


@ticks
def expire(node: Node) -> None:
    """Who has not been seen for very long leaves."""
    now_ms, days = node.now_ms(), node.config.presence.expire_days
    if not days or (now_ms // 1000) % _LOOK_S:
        return
    for user in list(node.network.kept.values()):
        if not user.sessions and user.node == node.name and now_ms - user.left_ms > days * _DAY_MS:
            reason = f"Not here for {days} days"
            node.emit(UserQuit(user.origin("", node.name), reason, reason))
