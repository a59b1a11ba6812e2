"""Keeping registered channels: what changes of them is saved, by the node where it was done."""

from __future__ import annotations

from chatd.context import Node
from chatd.core.catalog import observes
from chatd.core.channel import Channel
from chatd.core.events import (
    AccessChanged,
    AccountInvited,
    AkickChanged,
    ChannelDropped,
    ChannelRegistered,
    ChannelRenamed,
    ChannelUsed,
    Event,
    HeirOffered,
    HeirsChanged,
    Invited,
    InviteLinkMade,
    InviteLinkRevoked,
    Joined,
    MetadataChanged,
    ModesChanged,
    SettingChanged,
    TemplateChanged,
    TopicChanged,
)

_Changed = (
    Joined | TopicChanged | ModesChanged | MetadataChanged | HeirOffered | HeirsChanged | AccessChanged
    | TemplateChanged | AkickChanged | SettingChanged | ChannelUsed | AccountInvited | InviteLinkMade
    | InviteLinkRevoked
)  # fmt: skip


@observes(Joined)
@observes(TopicChanged)
@observes(ModesChanged)
@observes(MetadataChanged)
@observes(HeirOffered)
@observes(HeirsChanged)
@observes(AccessChanged)
@observes(TemplateChanged)
@observes(AkickChanged)
@observes(SettingChanged)
@observes(ChannelUsed)
@observes(AccountInvited)
@observes(InviteLinkMade)
@observes(InviteLinkRevoked)
def keep(node: Node, event: _Changed) -> None:
    """Something of a channel has changed, perhaps of what is kept."""
    keep_channel(node, event, node.network.channels.get(event.folded))


@observes(ChannelRegistered)
def keep_new(node: Node, event: ChannelRegistered) -> None:
    """What has changed while the registration was written down."""
    keep_channel(node, event, node.network.channels.get(event.kept.folded))


@observes(Invited)
def keep_invitation(node: Node, event: Invited) -> None:
    """An invitation is remembered."""
    keep_channel(node, event, node.network.channel(event.channel))


@observes(ChannelRenamed)
def keep_name(node: Node, event: ChannelRenamed) -> None:
    """A channel is kept under its new name."""
    channel = node.network.channel(event.name)
    if event.moved and channel is not None and channel.registered is not None and event.origin.node == node.name:
        node.channel_saver.renamed(event.folded, channel.folded)
    keep_channel(node, event, channel)


@observes(ChannelDropped)
def keep_no_longer(node: Node, event: ChannelDropped) -> None:
    """A channel that is not registered any more is not saved; operators are told why."""
    node.channel_saver.forget(event.folded)
    if event.origin.node == node.name:
        node.notice(f"{event.channel} is not registered any more ({event.reason})")


def keep_channel(node: Node, event: Event, channel: Channel | None) -> None:
    """Have a channel saved by the node where it has changed."""
    if channel is None or channel.registered is None or not channel.registered.dirty:
        return
    if event.origin.node == node.name:
        node.channel_saver.save(channel)
    else:
        node.channel_saver.changed_elsewhere(channel)
