"""Acting on any channel and for anybody, for operators: SAJOIN, SAPART, SAKICK, SATOPIC, SANICK."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.catalog import command
from chatd.core.channel import Channel
from chatd.core.events import Joined, Kicked, NickChanged, Parted, TopicChanged
from chatd.core.names import is_channel, is_nick
from chatd.core.refusal import Refused
from chatd.core.user import Origin, User
from chatd.wire.chunks import clip
from chatd.wire.numerics import (
    ERR_BADCHANMASK,
    ERR_ERRONEUSNICKNAME,
    ERR_NICKNAMEINUSE,
    ERR_USERNOTINCHANNEL,
    ERR_USERONCHANNEL,
)


def acting_as(ctx: Context, user: User, what: str) -> Origin:
    """An event of somebody, caused by an operator: follow-ups go to that user's session, refusals to the operator."""
    sid = next(iter(user.sessions), "")
    ctx.node.notice(f"{ctx.user.nick} used {ctx.verb} on {user.nick}: {what}")
    return user.origin(sid, ctx.node.name, ctx.session.sid)


@command("SAJOIN", "<nickname> <channel>", example="SAJOIN bob #chat", privilege="override")
def sajoin(ctx: Context, target: User, name: str) -> None:
    """Make somebody join a channel."""
    if not is_channel(name, ctx.config.limits.channel):
        raise Refused(ERR_BADCHANMASK, name)
    channel = ctx.network.channel(name)
    if channel is not None:
        name = channel.name
        if target.uid in channel.members:
            raise Refused(ERR_USERONCHANNEL, target.nick, name)
    ctx.emit(Joined(acting_as(ctx, target, name), name, ctx.config.channels.default_modes))


@command("SAPART", "<nickname> <channel> [<reason>]", example="SAPART bob #chat", privilege="override")
def sapart(ctx: Context, target: User, channel: Channel, reason: str = "") -> None:
    """Make somebody leave a channel."""
    if target.uid not in channel.members:
        raise Refused(ERR_USERNOTINCHANNEL, target.nick, channel.name)
    ctx.emit(Parted(acting_as(ctx, target, channel.name), channel.folded, clip(reason, ctx.config.limits.quit)))


@command("SAKICK", "<channel> <nickname> [<reason>]", example="SAKICK #chat bob", privilege="override")
def sakick(ctx: Context, channel: Channel, target: User, reason: str = "") -> None:
    """Put somebody out of any channel."""
    if target.uid not in channel.members:
        raise Refused(ERR_USERNOTINCHANNEL, target.nick, channel.name)
    ctx.node.notice(f"{ctx.user.nick} used SAKICK on {target.nick} in {channel.name}")
    ctx.emit(Kicked(ctx.origin, channel.folded, target.uid, clip(reason, ctx.config.limits.kick) or ctx.user.nick))


@command("SATOPIC", "<channel> <topic>", example="SATOPIC #chat :hello", privilege="override")
def satopic(ctx: Context, channel: Channel, text: str) -> None:
    """Set the topic of any channel."""
    ctx.need_keeping(channel)
    ctx.node.notice(f"{ctx.user.nick} used SATOPIC in {channel.name}")
    ctx.emit(TopicChanged(ctx.origin, channel.folded, clip(text, ctx.config.limits.topic)))


@command("SANICK", "<nickname> <new nickname>", example="SANICK bob guest1", privilege="override")
def sanick(ctx: Context, target: User, wanted: str) -> None:
    """Give somebody another nickname."""
    if not is_nick(wanted, ctx.config.limits.nick):
        raise Refused(ERR_ERRONEUSNICKNAME, wanted)
    holder = ctx.network.user(wanted)
    if (holder is not None and holder is not target) or ctx.network.is_reserved(wanted):
        raise Refused(ERR_NICKNAMEINUSE, wanted)
    if wanted != target.nick:
        ctx.emit(NickChanged(acting_as(ctx, target, wanted), wanted))
