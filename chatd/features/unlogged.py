"""Who enters a channel whose log is switched off (``history.off``) is told so."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.catalog import introduces
from chatd.core.channel import Channel


@introduces(rank=2)
def tell_unlogged(ctx: Context, channel: Channel) -> None:
    """After all else there is to know of it; where nothing is logged anywhere, that is no news of a channel."""
    if ctx.config.history.enabled and not channel.logged:
        ctx.session.say(ctx.node.name, "NOTICE", channel.name, "What is said here is not kept in the history")
