"""NAMES.  See Modern IRC, "NAMES message"; IRCv3 multi-prefix and userhost-in-names."""

from __future__ import annotations

from chatd.context import Context
from chatd.core import caps
from chatd.core.caps import Capability
from chatd.core.catalog import command
from chatd.core.channel import Channel
from chatd.wire.chunks import pack_words
from chatd.wire.numerics import ERR_TOOMANYTARGETS, RPL_ENDOFNAMES, RPL_NAMREPLY

USERHOST_IN_NAMES: Capability = caps.USERHOST_IN_NAMES


@command("NAMES", "<channel>{,<channel>}", example="NAMES #chat", cost=2)
def names(ctx: Context, wanted: str = "") -> None:
    """Show who is in a channel."""
    items = list(dict.fromkeys(name for name in wanted.split(",") if name)) or ["*"]
    limit = ctx.config.limits.joins
    for name in items[:limit]:
        channel = ctx.network.channel(name)
        if channel is not None and ctx.may_see(channel):
            show_names(ctx, channel)
            name = channel.name
        ctx.reply(RPL_ENDOFNAMES, name)
    if len(items) > limit:
        ctx.reply(ERR_TOOMANYTARGETS, items[limit])


def show_names(ctx: Context, channel: Channel) -> None:
    """353, over as many lines as it takes; invisible members only to members and to operators who may see them."""
    session = ctx.session
    with_host = bool(session.caps & USERHOST_IN_NAMES.bit)
    inside = ctx.user.uid in channel.members or ctx.has_privilege("see-secret")
    words = []
    for member in channel.members.values():
        user = member.user
        if not inside and "i" in user.modes:
            continue
        words.append(ctx.prefixes(member.ranks) + (user.source if with_host else user.nick))
    sign = "@" if "s" in channel.modes else "*" if "p" in channel.modes else "="
    room = 510 - len(f":{ctx.node.name} 353 {session.shown_nick} {sign} {channel.name} :".encode())
    for line in pack_words(words, room):
        session.push(f":{ctx.node.name} {RPL_NAMREPLY.code} {session.shown_nick} {sign} {channel.name} :{line}")
