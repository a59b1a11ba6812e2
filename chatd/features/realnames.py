"""SETNAME: changing one's real name.  See IRCv3 setname."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.caps import Capability
from chatd.core.catalog import command, renders
from chatd.core.events import RealnameChanged
from chatd.delivery.lines import told_to_watchers
from chatd.delivery.outgoing import Outgoing

SETNAME = Capability("setname")


@command("SETNAME", ":<real name>", example="SETNAME :Alice Liddell")
def setname(ctx: Context, realname: str = "") -> None:
    """Change your real name."""
    if not realname or len(realname.encode()) > ctx.config.limits.realname:
        ctx.fail("INVALID_REALNAME", text="That real name is empty or too long")
        return
    ctx.emit(RealnameChanged(ctx.origin, realname))


@renders(RealnameChanged)
def show_realname_changed(event: RealnameChanged) -> list[Outgoing]:
    """``:source SETNAME :real name``, to those who negotiated setname."""
    return told_to_watchers(event, event, f":{event.origin.source} SETNAME :{event.realname}", SETNAME.bit)
