"""ISUPPORT: what the server supports, before registration too.  See IRCv3 extended-isupport and network-icon.

Which tokens there are is said beside what they describe.
"""

from __future__ import annotations

from chatd.context import Context
from chatd.core.caps import Capability
from chatd.core.catalog import Isupport, command
from chatd.wire.numerics import RPL_ISUPPORT

EXTENDED_ISUPPORT = Capability("draft/extended-isupport")
BATCH_KIND = "draft/isupport"
ICON = Isupport("draft/ICON", lambda node: escaped(node.config.server.icon) or None)


def escaped(value: str) -> str:
    """A value as a token can hold it; a second "=" confuses clients, which split at each."""
    return value.replace("\\", r"\x5C").replace("=", r"\x3D")


@command("ISUPPORT", "", before=(EXTENDED_ISUPPORT,))
def isupport(ctx: Context) -> None:
    """Show what this server supports, for programs."""
    with ctx.batch(BATCH_KIND, needs=EXTENDED_ISUPPORT):
        for line in ctx.node.isupport():
            ctx.reply(RPL_ISUPPORT, *line.split(" "))
