"""The files of the history: new ones on demand (ROTATE), and what becomes of those of a channel that is dropped."""

from __future__ import annotations

from chatd.context import Context, Node
from chatd.core.catalog import command, observes
from chatd.core.events import ChannelDropped
from chatd.core.refusal import Failed, Refused
from chatd.wire.numerics import ERR_NOSUCHCHANNEL


@command("ROTATE", "[<channel>]", example="ROTATE #chat", privilege="rehash")
def rotate(ctx: Context, name: str | None = None) -> None:
    """Let the log of a channel, or all logs, go on in new files, so that the ones until now are finished."""
    channel = ctx.network.channel(name) if name is not None else None
    if name is not None and channel is None:
        raise Refused(ERR_NOSUCHCHANNEL, name)
    what = "all logs" if channel is None else channel.name
    ctx.session.catch_up()  # what is said so far is on its way to the files until now
    ctx.node.history.rotate(ctx.now_ms(), None if channel is None else channel.folded)
    ctx.session.inform(Failed("ROTATE", "ROTATED", text=f"The next line of {what} begins a new file"))
    ctx.node.notice(f"{ctx.user.nick} lets new files begin for {what}")


@observes(ChannelDropped)
def erase_dropped(node: Node, event: ChannelDropped) -> None:
    """Delete its logs if so configured; those of former names, unless another channel has such a name by now."""
    if node.config.history.dropped == "erase":
        others = node.network.channels
        for log in {event.folded, *(name for name in event.former if name not in others)}:
            node.history.erase(log, event.time_ms)
