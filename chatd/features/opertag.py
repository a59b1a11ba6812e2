"""The tag draft/oper on what server operators send.  See IRCv3 oper-tag.

The tag has no value: the name of an operator's block is nobody's business but the server's.
"""

from __future__ import annotations

from chatd.core.caps import Capability, Tag

OPER_TAG = Capability("draft/oper-tag")
OPER = Tag("draft/oper", OPER_TAG, lambda event: "" if "o" in event.origin.modes else None)
