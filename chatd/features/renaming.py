"""RENAME: giving a channel another name.  See IRCv3 channel-rename.

The old name is free at once.  Who did not negotiate it is shown a PART and a JOIN.
"""

from __future__ import annotations

from chatd.context import Context, Node
from chatd.core import attempts, caps
from chatd.core.caps import Capability
from chatd.core.catalog import command, guards, observes, renders
from chatd.core.channel import Channel
from chatd.core.events import ChannelRenamed
from chatd.core.modes import OP
from chatd.core.names import CHANTYPES, is_channel, is_matched
from chatd.core.refusal import Failed, Refused
from chatd.delivery.lines import joined_lines
from chatd.delivery.outgoing import Outgoing
from chatd.wire.chunks import clip
from chatd.wire.numerics import ERR_BADCHANMASK, ERR_CHANOPRIVSNEEDED, ERR_NOTONCHANNEL

CHANNEL_RENAME: Capability = caps.CHANNEL_RENAME


@command("RENAME", "<channel> <new name> [<reason>]", example="RENAME #chat #talk :a better name", cost=5)
def rename(ctx: Context, channel: Channel, name: str, reason: str = "") -> None:
    """Give a channel another name; for its operators."""
    if ctx.user.uid not in channel.members:
        raise Refused(ERR_NOTONCHANNEL, channel.name)
    ctx.attempt(attempts.Rename(ctx.user, channel))
    check_name(ctx, channel, name)
    ctx.need_keeping(channel, "CANNOT_RENAME", channel.name, name)
    logged = not is_matched(name, ctx.config.history.off, ctx.network.fold)
    ctx.emit(ChannelRenamed(ctx.origin, channel.folded, name, clip(reason, ctx.config.limits.kick), logged))


@guards(attempts.Rename)
def may_rename(attempt: attempts.Rename) -> None:
    """Renaming needs operator."""
    if attempt.rank < OP:
        raise Refused(ERR_CHANOPRIVSNEEDED, attempt.channel.name)


def check_name(ctx: Context, channel: Channel, name: str) -> None:
    """Refuse what is no name for a channel, what is taken, and another name too soon after the last."""
    if name[:1] not in CHANTYPES or not name:
        raise failure("CANNOT_RENAME", channel, name, "The name of a channel begins with #")
    if not is_channel(name, ctx.config.limits.channel):
        raise Refused(ERR_BADCHANMASK, name)
    if name == channel.name:
        raise failure("CANNOT_RENAME", channel, name, "The channel has that name already")
    if (ctx.network.channel(name) or channel) is not channel:
        raise failure("CHANNEL_NAME_IN_USE", channel, name, "That name is taken")
    if channel.renamed_ms and ctx.now_ms() - channel.renamed_ms < ctx.config.channels.rename_interval_s * 1000:
        raise failure("CANNOT_RENAME", channel, name, "This channel has been renamed recently")


def failure(code: str, channel: Channel, name: str, text: str) -> Failed:
    """``FAIL RENAME <code> <old> <new> :text``."""
    return Failed("RENAME", code, channel.name, name, text=text)


@renders(ChannelRenamed)
def show_renamed(event: ChannelRenamed) -> list[Outgoing]:
    """``:source RENAME #old #new :reason``; to others, of each member only its own leaving and entering."""
    body = f":{event.origin.source} RENAME {event.channel} {event.name} :{event.reason}"
    lines = [Outgoing(event, body, needs=CHANNEL_RENAME.bit, logged=True)]
    parting = f"PART {event.channel}" + (f" :{event.reason}" if event.reason else "")
    for passage in event.passages:
        if any(not group & CHANNEL_RENAME.bit for group in passage.sessions.groups):
            own = event.by(passage.origin)
            source, to = passage.origin.source, passage.sessions
            lines.append(Outgoing(own, f":{source} {parting}", lacks=CHANNEL_RENAME.bit, to=to, extra=True))
            lines += joined_lines(own, passage, source, event.name, lacks=CHANNEL_RENAME.bit, to=to, extra=True)
    return lines


@observes(ChannelRenamed)
def introduce(node: Node, event: ChannelRenamed) -> None:
    """Who seems to have joined is told of the channel as after a JOIN."""
    channel = node.network.channels[node.network.fold(event.name)]
    for passage in event.passages:
        for session in node.present(passage.sessions.lacking(CHANNEL_RENAME.bit)):
            session.context.introduce(channel)
