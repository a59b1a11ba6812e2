"""ChatServer and its parts: the gate for commands, the spine of events, the node that owns both.

No part knows a reactor: time, threads and the end of the turn are handed in.  The way of one line is in
docs/architecture.md.
"""

from __future__ import annotations

from chatd.server.node import ChatServer
from chatd.server.saying import DEFAULT_TEXTS

__all__ = ["DEFAULT_TEXTS", "ChatServer"]
