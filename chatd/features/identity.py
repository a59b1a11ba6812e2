"""AWAY and SETNAME: what one says of oneself.  See Modern IRC, "AWAY message"; IRCv3 setname."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.caps import Capability
from chatd.core.catalog import Isupport, command, follows, renders
from chatd.core.events import AwayChanged, Joined, RealnameChanged
from chatd.delivery.outgoing import Outgoing
from chatd.wire.chunks import clip
from chatd.wire.numerics import RPL_NOWAWAY, RPL_UNAWAY

AWAYLEN = Isupport("AWAYLEN", lambda node: node.config.limits.away)
AWAY_NOTIFY = Capability("away-notify")
SETNAME = Capability("setname")


@command("AWAY", "[<message>]", example="AWAY :at lunch")
def away(ctx: Context, message: str = "") -> None:
    """Say that you are away, or, without a message, that you are back."""
    ctx.emit(AwayChanged(ctx.origin, clip(message, ctx.config.limits.away) or None))


@follows(AwayChanged)
def confirm_away(ctx: Context, event: AwayChanged) -> None:
    """306 or 305."""
    ctx.reply(RPL_UNAWAY if event.message is None else RPL_NOWAWAY)


@renders(AwayChanged)
def show_away_changed(event: AwayChanged) -> Outgoing:
    """``:source AWAY :message``, to those who negotiated away-notify."""
    message = f" :{event.message}" if event.message is not None else ""
    return Outgoing(event, f":{event.origin.source} AWAY{message}", needs=AWAY_NOTIFY.bit)


@renders(Joined)
def show_away_on_join(event: Joined) -> Outgoing | None:
    """Who joins while away is shown to be so, to those who negotiated away-notify."""
    if event.away is None:
        return None
    return Outgoing(event, f":{event.origin.source} AWAY :{event.away}", needs=AWAY_NOTIFY.bit, extra=True)


@command("SETNAME", ":<real name>", example="SETNAME :Alice Liddell")
def setname(ctx: Context, realname: str) -> None:
    """Change your real name."""
    if not realname or len(realname.encode()) > ctx.config.limits.realname:
        ctx.fail("INVALID_REALNAME", text="That real name is empty or too long")
        return
    ctx.emit(RealnameChanged(ctx.origin, realname))


@renders(RealnameChanged)
def show_realname_changed(event: RealnameChanged) -> Outgoing:
    """``:source SETNAME :real name``, to those who negotiated setname."""
    return Outgoing(event, f":{event.origin.source} SETNAME :{event.realname}", needs=SETNAME.bit)


@follows(RealnameChanged)
def confirm_setname(ctx: Context, event: RealnameChanged) -> None:
    """Who did not negotiate setname is told in words."""
    if not ctx.session.caps & SETNAME.bit:
        ctx.note(f"Your real name is now: {event.realname}")
