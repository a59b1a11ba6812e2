"""What HTTP headers say of a client: for whom a reverse proxy speaks, and which web page connects.

Pure rules; who is trusted comes from the configuration.  See RFC 7239 (Forwarded), RFC 6454 (origins).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

Networks = Sequence[IPv4Network | IPv6Network]

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_WELL_QUOTED = re.compile(rf'(?:[^"]|{_QUOTED})*')
_ELEMENT = re.compile(rf'(?:[^",]|{_QUOTED})+')
_PAIR = re.compile(rf"\s*([A-Za-z-]+)=({_QUOTED}|[^\";]*)\s*(?:;|\Z)")


class Hop(NamedTuple):
    """One hop as the proxy after it saw it; ``proto`` is "" where that is not said."""

    who: str
    proto: str


def is_in(ip: str, trusted: Networks) -> bool:
    """Whether an address is in one of the networks."""
    address = ip_address(ip)
    return any(address in network for network in trusted)


def client_of(ip: str, hops: Sequence[Hop], trusted: Networks) -> Hop:
    """Who connects, and by which protocol ("" for ``ip`` itself): the hop nearest to us that is not a trusted proxy.

    Each hop is believed as far as the one after it is trusted, so whatever a client writes itself is never read.
    """
    found = Hop(ip, "")
    for hop in reversed(hops):
        if not is_in(found.who, trusted) or (who := address_in(hop.who)) is None:
            break
        found = Hop(who, hop.proto)
    return found


def hops_of(header: str, values: Sequence[str], protos: Sequence[str]) -> list[Hop]:
    """The hops in the values of a header, nearest to us last; ``protos`` are the values of X-Forwarded-Proto.

    Raises ValueError for open quotes: a client could hide in them what a proxy adds.
    """
    if header == "Forwarded":
        if not all(map(_WELL_QUOTED.fullmatch, values)):
            raise ValueError("open quotes in Forwarded")
        return [_hop(element) for value in values for element in _ELEMENT.findall(value)]
    proto = protos[-1].rpartition(",")[2].strip().lower() if protos else ""
    return [Hop(who.strip(), proto) for value in values for who in value.split(",")]


def _hop(element: str) -> Hop:
    pairs = {name.lower(): _unquoted(value) for name, value in _PAIR.findall(element)}
    return Hop(pairs.get("for", ""), pairs.get("proto", "").lower())


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value.strip()


def address_in(text: str) -> str | None:
    """The address in 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1] or [2001:db8::1]:80; else None."""
    if text.startswith("["):
        text, _, port = text[1:].partition("]")
        if ":" not in text or not re.fullmatch(r"(:\d{1,5})?", port):
            return None
    elif text.count(":") == 1:
        text = re.sub(r":\d{1,5}\Z", "", text)
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return None if address.scope_id is not None else str(address.ipv4_mapped or address)
    return str(address)


def may_connect(origin: str | None, host: str, allowed: tuple[str, ...]) -> bool:
    """Whether a web page may connect: one of the same host and port, or one that is allowed; None is no browser."""
    if origin is None or "*" in allowed:
        return True
    origin = origin.lower()
    if host and origin.partition("://")[2] == host.lower():
        return True
    return any(pattern.fullmatch(origin) for pattern in _patterns(allowed))


@lru_cache(8)
def _patterns(allowed: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(_compiled(allowed))


def _compiled(allowed: Iterable[str]) -> Iterator[re.Pattern[str]]:
    for text in allowed:
        yield re.compile(re.escape(text).replace(r"\*", "[a-z0-9.-]*"))
