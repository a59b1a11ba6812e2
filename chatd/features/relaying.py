"""RELAYMSG: bridges quote people elsewhere under their own names.  See IRCv3 pull request 417, draft/relaymsg.

A quoted name holds a "/", which no nickname can; so nobody can be mistaken for somebody here.
"""

from __future__ import annotations

import re
from typing import Final

from chatd.context import Context
from chatd.core.attempts import Speak
from chatd.core.caps import Capability, Tag
from chatd.core.catalog import command, renders
from chatd.core.channel import Channel
from chatd.core.clienttags import relayed
from chatd.core.events import Relayed
from chatd.core.events.messages import RELAYED_USERNAME
from chatd.core.modes import OP
from chatd.core.refusal import Failed
from chatd.core.user import User
from chatd.delivery.outgoing import Outgoing

SEPARATOR: Final = "/"
NAME_BYTES: Final = 64
"""The longest name that may be quoted."""

RELAYMSG = Capability("draft/relaymsg", SEPARATOR)
RELAYER = Tag("draft/relaymsg", RELAYMSG, lambda event: event.relayer if isinstance(event, Relayed) else None)

_RESERVED: Final = re.compile(r"[!+%@&#$:'\"?*,.~\s]")


@command("RELAYMSG", "<channel> <name>/<where> :<text>", example="RELAYMSG #chat alice/matrix :hello from there")
def relaymsg(ctx: Context, channel: Channel, name: str, text: str) -> None:
    """Quote somebody elsewhere in a channel; for its operators and for bridges."""
    member = channel.members.get(ctx.user.uid)
    by_rank = ctx.config.channels.relay and member is not None and member.ranks >= OP
    if not by_rank and not ctx.has_privilege("relay"):
        raise Failed("RELAYMSG", "PRIVS_NEEDED", text="You cannot relay messages to this channel")
    if not text.strip():
        raise Failed("RELAYMSG", "BLANK_MSG", text="The message must not be blank")
    if not is_name(name):
        shown = "A quoted name has a / in it, and nothing that stands for something else in a line"
        raise Failed("RELAYMSG", "INVALID_NICK", text=shown)
    if is_banned(ctx, channel, name):
        raise Failed("RELAYMSG", "BANNED", text="That name is banned from this channel")
    ctx.attempt(Speak(ctx.user, channel, "PRIVMSG", text))
    ctx.emit(Relayed(ctx.origin, channel.folded, name, text, relayed(ctx.client_tags, ctx.config.tags.deny)))


def is_name(text: str) -> bool:
    """Say whether a text may be quoted as somebody's name."""
    return (
        SEPARATOR in text
        and len(text.encode()) <= NAME_BYTES
        and text.isprintable()
        and _RESERVED.search(text) is None
    )


def is_banned(ctx: Context, channel: Channel, name: str) -> bool:
    """Say whether a ban of the channel holds for the quoted person, and no exception."""
    quoted = User("", name, ctx.network.fold(name), RELAYED_USERNAME, ctx.user.host)
    banned = channel.listed("b", quoted) or channel.listed("b", quoted, "m")
    return banned and not channel.listed("e", quoted)


@renders(Relayed)
def show_relayed(event: Relayed) -> Outgoing:
    """``:name/where!relay@host PRIVMSG #channel :text``."""
    return Outgoing(event, f":{event.origin.source} PRIVMSG {event.target} :{event.text}", tags=event.tags)
