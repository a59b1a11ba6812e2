"""MARKREAD: how far somebody has read, told to all of one's own sessions.  See IRCv3 read-marker.

Markers live with their user; whoever keeps them for accounts observes ``MarkerMoved``.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from chatd.context import Context, Node
from chatd.core.caps import CHANNEL_RENAME, Capability
from chatd.core.catalog import command, follows, observes
from chatd.core.events import ChannelRenamed, Joined, MarkerMoved
from chatd.core.names import is_channel, is_nick
from chatd.core.refusal import Failed
from chatd.session import Session

READ_MARKER = Capability("draft/read-marker")
MARKERS: Final = 1000
"""How many conversations a user has markers of."""

_TIMESTAMP: Final = re.compile(r"timestamp=([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z)")


@command("MARKREAD", "<channel or nickname> [timestamp=<time>]", example="MARKREAD #chat")
def markread(ctx: Context, target: str = "", timestamp: str | None = None) -> None:
    """Show or say how far you have read; clients do this on their own."""
    if not ctx.session.caps & READ_MARKER.bit:
        raise Failed("MARKREAD", "CAPABILITY_REQUIRED", READ_MARKER.name, text="Negotiate this capability first")
    if not target:
        raise Failed("MARKREAD", "NEED_MORE_PARAMS", text="Missing parameters")
    limits = ctx.config.limits
    if not (is_channel(target, limits.channel) or is_nick(target, limits.nick)):
        raise Failed("MARKREAD", "INVALID_PARAMS", target, text="That is neither a channel nor a nickname")
    if timestamp is None:
        show_marker(ctx.session, target, stored(ctx, target))
    else:
        ctx.emit(MarkerMoved(ctx.origin, target, ctx.network.fold(target), moment(timestamp), MARKERS))


def moment(timestamp: str) -> str:
    """The server-time text in a timestamp parameter; raises Failed."""
    found = _TIMESTAMP.fullmatch(timestamp)
    try:
        if found is None:
            raise ValueError
        datetime.fromisoformat(found[1].replace(":60.", ":59."))  # a leap second is a moment
    except ValueError:
        raise Failed("MARKREAD", "INVALID_PARAMS", timestamp, text="That is no timestamp") from None
    return found[1]


def stored(ctx: Context, target: str) -> str:
    """The marker of a conversation; "" for none."""
    return (ctx.user.markers or {}).get(ctx.network.fold(target), "")


def show_marker(session: Session, target: str, read_until: str) -> None:
    """``:server MARKREAD target timestamp=...``, or ``*``."""
    shown = f"timestamp={read_until}" if read_until else "*"
    session.push(f":{session.owner.name} MARKREAD {target} {shown}")


@observes(MarkerMoved)
def tell_own_sessions(node: Node, event: MarkerMoved) -> None:
    """Every session of the user is told of a marker that moved, and the one that asked in any case."""
    for recipient in node.network.users[event.origin.uid].audience:
        session = node.sessions[recipient.sid]
        if session.caps & READ_MARKER.bit and (event.moved or session.sid == event.origin.sid):
            show_marker(session, event.target, event.moment)


@follows(Joined, rank=-1)
def show_on_join(ctx: Context, event: Joined) -> None:
    """The marker of a channel comes after JOIN and before 366."""
    if ctx.session.caps & READ_MARKER.bit:
        show_marker(ctx.session, event.channel, stored(ctx, event.channel))


@observes(ChannelRenamed, rank=-1)
def show_on_rename(node: Node, event: ChannelRenamed) -> None:
    """To whom a renamed channel looks as if it had been joined."""
    for passage in event.passages:
        for recipient in passage.sessions:
            session = node.sessions[recipient.sid]
            if session.caps & READ_MARKER.bit and not session.caps & CHANNEL_RENAME.bit:
                show_marker(session, event.name, stored(session.context, event.name))
