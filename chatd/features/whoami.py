"""Telling clients from the start what they are shown to others as, for the length of what they may say.

A SETNAME of their own between 005 and LUSERS; later changes come by NICK and CHGHOST.  See the draft of IRCv3 whoami.
"""

from __future__ import annotations

from chatd.context import Context
from chatd.core.caps import CHGHOST, Capability
from chatd.core.catalog import welcomes

WHOAMI = Capability("draft/whoami", requires=(CHGHOST,))


@welcomes(WHOAMI)
def tell_source(ctx: Context) -> None:
    """``:nick!user@host SETNAME :real name``."""
    ctx.session.push(f":{ctx.user.source} SETNAME :{ctx.user.realname}")
