"""Hosts shown instead of addresses: a keyed hash, so that bans hold and nobody can tell where a user is.

Three parts name the address, its network (/24, /64) and the wider network (/16, /48), so that a ban can cover each.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from ipaddress import ip_address, ip_network

_WIDTHS = {4: (32, 24, 16), 6: (128, 64, 48)}


@lru_cache(maxsize=4096)
def cloak(ip: str, secret: str, suffix: str) -> str:
    """The cloak of an address under a secret; the same address always has the same cloak."""
    try:
        address = ip_address(ip)
    except ValueError:
        parts = [_digest(ip, secret)]
    else:
        widths = _WIDTHS[address.version]
        parts = [_digest(str(ip_network((address, width), strict=False)), secret) for width in widths]
    return ".".join([*parts, suffix] if suffix else parts)


def _digest(text: str, secret: str) -> str:
    number = int.from_bytes(hmac.digest(secret.encode(), text.encode(), hashlib.sha256)[:5], "big")
    return f"{number:010x}"
