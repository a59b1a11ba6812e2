"""Bans from the whole server being set and lifted."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.core.audience import NOBODY, Audience
from chatd.core.events.base import Event, Lost
from chatd.core.kept import KeptBan
from chatd.core.network import Network


@dataclass(slots=True, eq=False)
class ServerBanAdded(Event):
    """A KLINE (``kind`` "K") or DLINE ("D") is set for ``duration_ms``, 0 for ever; nobody is told."""

    kind: str
    mask: str
    reason: str
    duration_ms: int

    def apply(self, network: Network) -> Audience:
        if self.origin.uid:
            self.actor(network)
        expires_ms = self.time_ms + self.duration_ms if self.duration_ms else 0
        network.server_bans.add(
            KeptBan(self.kind, self.mask, self.reason, self.origin.source, self.time_ms, expires_ms)
        )  # fmt: skip
        return NOBODY


@dataclass(slots=True, eq=False)
class ServerBanRemoved(Event):
    """A ban from the server is lifted; nobody is told."""

    kind: str
    mask: str

    def apply(self, network: Network) -> Audience:
        if self.origin.uid:
            self.actor(network)
        network.server_bans.expire(self.time_ms)
        if not network.server_bans.remove(self.kind, self.mask):
            raise Lost
        return NOBODY
