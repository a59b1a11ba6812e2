"""JOIN, PART, KICK.  See Modern IRC, "Channel Operations"; IRCv3 extended-join and no-implicit-names."""

from __future__ import annotations

from chatd.channels.links import valid_link
from chatd.context import Context, Node
from chatd.core import attempts, caps
from chatd.core.caps import Capability
from chatd.core.catalog import Isupport, command, follows, guards, introduces, observes, renders
from chatd.core.channel import Channel
from chatd.core.events import Joined, Kicked, Parted
from chatd.core.modes import HALFOP
from chatd.core.names import CHANTYPES, is_channel, is_matched
from chatd.core.refusal import Refused
from chatd.delivery.lines import joined_lines
from chatd.delivery.outgoing import Outgoing
from chatd.wire.chunks import clip
from chatd.wire.numerics import (
    ERR_BADCHANMASK,
    ERR_CHANOPRIVSNEEDED,
    ERR_LINKCHANNEL,
    ERR_NOSUCHCHANNEL,
    ERR_NOSUCHNICK,
    ERR_NOTONCHANNEL,
    ERR_TOOMANYCHANNELS,
    ERR_TOOMANYTARGETS,
    ERR_USERNOTINCHANNEL,
    RPL_TOPIC,
    RPL_TOPICWHOTIME,
)

EXTENDED_JOIN: Capability = caps.EXTENDED_JOIN
NO_IMPLICIT_NAMES: Capability = caps.NO_IMPLICIT_NAMES
CHANTYPES_TOKEN = Isupport("CHANTYPES", lambda node: CHANTYPES)
CHANNELLEN = Isupport("CHANNELLEN", lambda node: node.config.limits.channel)
CHANLIMIT = Isupport("CHANLIMIT", lambda node: f"{CHANTYPES}:{node.config.limits.channels}")
KICKLEN = Isupport("KICKLEN", lambda node: node.config.limits.kick)


@command("JOIN", "<channel>{,<channel>} [<key>{,<key>}]", example="JOIN #chat", cost=2)
def join(ctx: Context, names: str, keys: str = "") -> None:
    """Enter channels; a channel that does not exist is made, and you are its operator."""
    if names == "0":
        for membership in list(ctx.user.channels.values()):
            ctx.emit(Parted(ctx.origin, membership.channel.folded, ""))
        return
    given = keys.split(",") if keys else []
    wanted = split_targets(ctx, names)
    for position, name in enumerate(wanted):
        try:
            enter(ctx, name, given[position] if position < len(given) else "")
        except Refused as refusal:
            ctx.session.refuse(refusal)


def split_targets(ctx: Context, names: str) -> list[str]:
    """The items of a comma-separated list, without empty ones and repetitions; 407 beyond TARGMAX."""
    wanted = list(dict.fromkeys(name for name in names.split(",") if name)) or [names]
    limit = ctx.config.limits.joins
    if len(wanted) > limit:
        ctx.reply(ERR_TOOMANYTARGETS, wanted[limit])
    return wanted[:limit]


def enter(ctx: Context, name: str, key: str, forwarded: bool = False) -> None:
    """Try to put the user into one channel, following a forward (+L) at most once."""
    user = ctx.user
    channel = ctx.network.channel(name)
    if channel is None:
        if name[:1] not in CHANTYPES or not name:
            raise Refused(ERR_NOSUCHCHANNEL, name.split(" ")[0] or "*")
        if not is_channel(name, ctx.config.limits.channel):
            raise Refused(ERR_BADCHANMASK if " " not in name else ERR_NOSUCHCHANNEL, name.split(" ")[0])
    elif user.uid in channel.members:
        return
    if len(user.channels) >= ctx.config.limits.channels:
        raise Refused(ERR_TOOMANYCHANNELS, name)
    link = ""
    if channel is not None:
        link = valid_link(ctx, channel, key)
        try:
            ctx.attempt(attempts.Join(user, channel, key, ctx.now_ms(), by_link=bool(link)))
        except Refused as refusal:
            onward = channel.modes.get("L", "")
            if not onward or forwarded:
                raise
            ctx.reply(ERR_LINKCHANNEL, channel.name, onward)
            del refusal
            enter(ctx, onward, "", forwarded=True)
            return
        if link:
            ctx.need_keeping(channel)
    logged = not is_matched(name, ctx.config.history.off, ctx.network.fold)
    ctx.emit(Joined(ctx.origin, name, ctx.config.channels.default_modes, logged, link))


@follows(Joined)
def introduce(ctx: Context, event: Joined) -> None:
    """After a JOIN: what there is to know of the channel."""
    channel = ctx.network.channels.get(event.folded)
    if channel is not None:
        ctx.introduce(channel)


@observes(Joined)
def introduce_to_others(node: Node, event: Joined) -> None:
    """The same for the user's other sessions."""
    user, channel = node.network.users.get(event.origin.uid), node.network.channels.get(event.folded)
    if user is not None and channel is not None and len(user.sessions) > 1:
        for session in node.present(user.audience):
            if session.sid != event.origin.sid:
                session.context.introduce(channel)


@introduces()
def tell_state(ctx: Context, channel: Channel) -> None:
    """The topic."""
    if channel.topic:
        ctx.reply(RPL_TOPIC, channel.name, channel.topic)
        ctx.reply(RPL_TOPICWHOTIME, channel.name, channel.topic_by, str(channel.topic_ms // 1000))


@introduces(lacks=(NO_IMPLICIT_NAMES,))
def tell_members(ctx: Context, channel: Channel) -> None:
    """Who is there."""
    ctx.catalog.commands["NAMES"].run(ctx, [channel.name])


@renders(Joined)
def show_joined(event: Joined) -> list[Outgoing]:
    """``:source JOIN #channel``, with account and real name for those who negotiated extended-join."""
    return joined_lines(event, event, event.origin.source, event.channel)


@command("PART", "<channel>{,<channel>} [<reason>]", example="PART #chat :see you")
def part(ctx: Context, names: str, reason: str = "") -> None:
    """Leave channels."""
    for name in split_targets(ctx, names):
        try:
            leave(ctx, name, clip(reason, ctx.config.limits.quit))
        except Refused as refusal:
            ctx.session.refuse(refusal)


def leave(ctx: Context, name: str, reason: str) -> None:
    """Leave one channel."""
    channel = ctx.find_channel(name)
    if ctx.user.uid not in channel.members:
        raise Refused(ERR_NOTONCHANNEL, channel.name)
    ctx.emit(Parted(ctx.origin, channel.folded, reason))


@renders(Parted)
def show_parted(event: Parted) -> str:
    """``:source PART #channel :reason``."""
    reason = f" :{event.reason}" if event.reason else ""
    return f":{event.origin.source} PART {event.channel}{reason}"


@command("KICK", "<channel> <nickname>{,<nickname>} [<reason>]", example="KICK #chat bob :behave")
def kick(ctx: Context, names: str, nicks: str, reason: str = "") -> None:
    """Put somebody out of a channel; for its operators."""
    text = clip(reason, ctx.config.limits.kick) or ctx.user.nick
    channels = names.split(",")
    for position, nick in enumerate(split_targets(ctx, nicks)):
        name = channels[position] if 1 < len(channels) > position else channels[0]
        try:
            kick_one(ctx, name, nick, text)
        except Refused as refusal:
            ctx.session.refuse(refusal)
            if len(channels) == 1 and refusal.numeric in (ERR_NOSUCHCHANNEL, ERR_NOTONCHANNEL):
                return


def kick_one(ctx: Context, name: str, nick: str, text: str) -> None:
    """Put one user out of one channel."""
    channel = ctx.find_channel(name)
    if ctx.user.uid not in channel.members:
        raise Refused(ERR_NOTONCHANNEL, channel.name)
    target = ctx.network.user(nick)
    if target is None:
        raise Refused(ERR_NOSUCHNICK, nick.split(" ")[0] or "*")
    if target.uid not in channel.members:
        raise Refused(ERR_USERNOTINCHANNEL, target.nick, channel.name)
    ctx.attempt(attempts.Kick(ctx.user, channel, target))
    ctx.emit(Kicked(ctx.origin, channel.folded, target.uid, text))


@guards(attempts.Kick)
def outranks(attempt: attempts.Kick) -> None:
    """Kicking needs half-operator, and nobody kicks above their own rank."""
    victim = attempt.channel.members[attempt.target.uid]
    if attempt.rank < HALFOP or highest(victim.ranks) > highest(attempt.rank):
        raise Refused(ERR_CHANOPRIVSNEEDED, attempt.channel.name)


def highest(ranks: int) -> int:
    """The highest rank of a set."""
    return 1 << (ranks.bit_length() - 1) if ranks else 0


@renders(Kicked)
def show_kicked(event: Kicked) -> str:
    """``:source KICK #channel nick :reason``."""
    return f":{event.origin.source} KICK {event.channel} {event.nick} :{event.reason}"
