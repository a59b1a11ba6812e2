"""ISUPPORT: what the server supports, before registration too.  See IRCv3 extended-isupport and network-icon.

Which tokens there are is said beside what they describe.
"""

from __future__ import annotations

from contextlib import nullcontext

from chatd.context import Context
from chatd.core.caps import Capability
from chatd.core.catalog import Isupport, command
from chatd.core.refusal import Refused
from chatd.wire.numerics import ERR_NOTREGISTERED, RPL_ISUPPORT

EXTENDED_ISUPPORT = Capability("draft/extended-isupport")
BATCH_KIND = "draft/isupport"
ICON = Isupport("draft/ICON", lambda node: escaped(node.config.server.icon) or None)


def escaped(value: str) -> str:
    """A value as a token can hold it; a second "=" confuses clients, which split at each."""
    return value.replace("\\", r"\x5C").replace("=", r"\x3D")


@command("ISUPPORT", "", before=True)
def isupport(ctx: Context) -> None:
    """Show what this server supports, for programs."""
    extended = bool(ctx.session.caps & EXTENDED_ISUPPORT.bit)
    if ctx.session.user is None and not extended:
        raise Refused(ERR_NOTREGISTERED)
    with ctx.batch(BATCH_KIND) if extended else nullcontext():
        for line in ctx.node.isupport():
            ctx.reply(RPL_ISUPPORT, *line.split(" "))
