"""TOPIC and mode t.  See Modern IRC, "TOPIC message"."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.attempts import SetTopic
from chatd.core.catalog import Isupport, command, renders
from chatd.core.channel import Channel
from chatd.core.events import TopicChanged
from chatd.core.modes import HALFOP, ChannelMode, Kind
from chatd.core.refusal import Refused
from chatd.wire.chunks import clip
from chatd.wire.numerics import (
    ERR_CHANOPRIVSNEEDED,
    ERR_NOTONCHANNEL,
    RPL_NOTOPIC,
    RPL_TOPIC,
    RPL_TOPICWHOTIME,
)


def rank_allows(attempt: SetTopic) -> None:
    """With +t only operators change the topic."""
    if attempt.rank < HALFOP:
        raise Refused(ERR_CHANOPRIVSNEEDED, attempt.channel.name)


TOPIC_LOCK = ChannelMode(
    "t", Kind.FLAG, "topic lock", "Only channel operators change the topic.", guards={SetTopic: rank_allows}
)
TOPICLEN = Isupport("TOPICLEN", lambda node: node.config.limits.topic)


@command("TOPIC", "<channel> [<topic>]", example="TOPIC #chat :Today: gardening")
def topic(ctx: Context, channel: Channel, text: str | None = None) -> None:
    """Show or set a channel's topic; an empty one unsets it."""
    if text is None:
        show_topic(ctx, channel)
        return
    if ctx.user.uid not in channel.members:
        raise Refused(ERR_NOTONCHANNEL, channel.name)
    ctx.attempt(SetTopic(ctx.user, channel, text))
    ctx.need_keeping(channel)
    ctx.emit(TopicChanged(ctx.origin, channel.folded, clip(text, ctx.config.limits.topic)))


def show_topic(ctx: Context, channel: Channel) -> None:
    """Tell the topic to members, and to others where the channel is no secret to them."""
    if not ctx.may_see(channel):
        raise Refused(ERR_NOTONCHANNEL, channel.name)
    if not channel.topic:
        ctx.reply(RPL_NOTOPIC, channel.name)
        return
    ctx.reply(RPL_TOPIC, channel.name, channel.topic)
    ctx.reply(RPL_TOPICWHOTIME, channel.name, channel.topic_by, str(channel.topic_ms // 1000))


@renders(TopicChanged)
def show_topic_changed(event: TopicChanged) -> str:
    """``:source TOPIC #channel :text``."""
    return f":{event.origin.source} TOPIC {event.channel} :{event.text}"
