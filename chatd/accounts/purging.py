"""Taking away, from time to time, what has expired: accounts nobody verified, tokens, codes, invitations.

What is asked of the store runs in a thread; what follows from it are events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chatd.core.accounts import Account
from chatd.core.events import AccountDeleted

if TYPE_CHECKING:
    from chatd.context import Node

INTERVAL_S: Final = 300


class Purge:
    """One node's; on a database that several share, whoever finds something says so."""

    __slots__ = ("_due_ms", "_node")

    def __init__(self, node: Node) -> None:
        self._node = node
        self._due_ms = node.now_ms() + INTERVAL_S * 1000

    def tick(self, now_ms: int) -> None:
        """Once a second."""
        if now_ms >= self._due_ms:
            self._due_ms = now_ms + INTERVAL_S * 1000
            self._node.lanes.storing(lambda: self._node.accounts.purge(now_ms), self._purged)

    def _purged(self, gone: list[Account] | Any) -> None:
        # A store that could not be asked has said so; it is asked again next time.
        if isinstance(gone, list):
            for account in gone:
                self._node.emit(AccountDeleted(self._node.origin, account.name))
