"""AWAY: being away, before registration too, and who is told.  See IRCv3 away-notify and pre-away."""

from __future__ import annotations

from chatd.context import Context
from chatd.core import caps
from chatd.core.caps import Capability
from chatd.core.catalog import Isupport, command, follows, renders
from chatd.core.events import AwayChanged, Joined, SessionAttached, SessionDetached
from chatd.delivery.lines import told_to_watchers
from chatd.delivery.outgoing import Outgoing
from chatd.wire.chunks import clip
from chatd.wire.numerics import RPL_NOWAWAY, RPL_UNAWAY

AWAYLEN = Isupport("AWAYLEN", lambda node: node.config.limits.away)
AWAY_NOTIFY: Capability = caps.AWAY_NOTIFY
PRE_AWAY = Capability("draft/pre-away")


@command("AWAY", "[<message>]", example="AWAY :at lunch", before=(PRE_AWAY,))
def away(ctx: Context, message: str = "") -> None:
    """Say that you are away, or, without a message, that you are back.

    Who has several connections is away when all of them are.
    """
    session = ctx.session
    said = clip(message, ctx.config.limits.away) or None
    if session.user is not None:
        ctx.emit(AwayChanged(ctx.origin, said))
    else:
        session.away = said
        confirm(ctx, said)


@follows(AwayChanged)
def confirm_away(ctx: Context, event: AwayChanged) -> None:
    """306 or 305."""
    confirm(ctx, event.message)


def confirm(ctx: Context, message: str | None) -> None:
    """306 or 305, as somebody is away from now on or not."""
    ctx.reply(RPL_UNAWAY if message is None else RPL_NOWAWAY)


@renders(AwayChanged)
@renders(SessionAttached)
@renders(SessionDetached)
def show_away_changed(event: AwayChanged | SessionAttached | SessionDetached) -> list[Outgoing]:
    """``:source AWAY :message``, to others who negotiated away-notify."""
    message = f" :{event.away}" if event.away is not None else ""
    return told_to_watchers(event, event, f":{event.origin.source} AWAY{message}", AWAY_NOTIFY.bit)


@renders(Joined, rank=1)
def show_away_on_join(event: Joined) -> Outgoing | None:
    """Who joins while away is shown to be so, to others who negotiated away-notify."""
    if event.away is None:
        return None
    body = f":{event.origin.source} AWAY :{event.away}"
    return Outgoing(event, body, needs=AWAY_NOTIFY.bit, extra=True, to=event.others)
