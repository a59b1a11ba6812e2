"""Who may connect at all: limits by address, the connect throttle, the maximum.

IPv6 addresses count by /64.  Knows no session and no socket.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from chatd.config import is_within

Network = IPv4Network | IPv6Network


def bucket_of(ip: str) -> str:
    """What an address is counted by: itself for IPv4, its /64 for IPv6."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if address.version == 6:
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False))
    return str(address)


class Admission:
    """Counts connections; ``settings`` is the section ``[connections]``."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self._counts: dict[str, int] = {}
        self._recent: dict[str, list[float]] = {}
        self._exempt: list[Network] = []
        self.total = 0
        self.use(settings)

    def use(self, settings: Any) -> None:
        """Take other settings, from now on."""
        self._settings = settings
        self._exempt = [ip_network(text, strict=False) for text in settings.exempt]

    def admit(self, ip: str, now_s: float) -> str | None:
        """Say why a connection is refused, or count it in."""
        settings = self._settings
        if settings.maximum and self.total >= settings.maximum:
            return "This server is full, please try again later"
        bucket = bucket_of(ip)
        if not self._is_exempt(ip):
            if settings.per_address and self._counts.get(bucket, 0) >= settings.per_address:
                return "Too many connections from your address"
            if settings.throttle_count and not self._note_recent(bucket, now_s):
                return "Connecting too fast, please wait a little"
        self._counts[bucket] = self._counts.get(bucket, 0) + 1
        self.total += 1
        return None

    def release(self, ip: str) -> None:
        """An admitted connection is gone."""
        bucket = bucket_of(ip)
        left = self._counts.get(bucket, 0) - 1
        if left > 0:
            self._counts[bucket] = left
        else:
            self._counts.pop(bucket, None)
        self.total -= 1

    def tick(self, now_s: float) -> None:
        """Forget connects older than the throttle's window."""
        horizon = now_s - self._settings.throttle_window_s
        for bucket in [bucket for bucket, times in self._recent.items() if times[-1] < horizon]:
            del self._recent[bucket]

    def _note_recent(self, bucket: str, now_s: float) -> bool:
        horizon = now_s - self._settings.throttle_window_s
        times = [moment for moment in self._recent.get(bucket, ()) if moment >= horizon]
        if len(times) >= self._settings.throttle_count:
            return False
        times.append(now_s)
        self._recent[bucket] = times
        return True

    def _is_exempt(self, ip: str) -> bool:
        return bool(self._exempt) and is_within(ip, self._exempt)
