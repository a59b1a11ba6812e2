"""Bans from the whole server: by user@host mask (KLINE) and by address (DLINE); the table and its questions.

A ban matches the real host and the address, whatever others see.  Every node has the same table; ``hits`` and the
state of saving are this node's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from chatd.core.kept import KeptBan
from chatd.core.registered import ERASED
from chatd.core.user import Attachment, User
from chatd.wire.masks import Mask

KINDS = {"K": "kline", "D": "dline"}
"""Every kind of ban, with the privilege to set it."""


def address_of(ip: str) -> IPv4Address | IPv6Address | None:
    """Read an address, an IPv4 one that is mapped into IPv6 as IPv4; None for what is no address."""
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def parse_user_mask(text: str) -> str:
    """Complete a mask to user@host; raises ValueError with a reason when it is none, or would match everybody."""
    user, _, host = text.rpartition("@")
    mask = f"{user or '*'}@{host or '*'}"
    if len(mask.encode()) > 200 or not mask.isprintable() or set(mask) & set(" !,") or mask[0] == ":" or "@" in user:
        raise ValueError("Write a mask like *@*.example.org")
    if "/" in host and host.rpartition("/")[2].isdigit():
        parse_network(host)
    if not any(character.isalnum() for character in mask.removesuffix("/0")):
        raise ValueError("That would match everybody")
    return mask


def parse_network(text: str) -> str:
    """Spell an address or network canonically; raises ValueError with a reason when it is none, or everything."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("Write an address or a network like 192.0.2.0/24") from None
    if "%" in text:
        raise ValueError("An address with a zone cannot be banned")
    if network.prefixlen == 0:
        raise ValueError("That would match everybody")
    if network.num_addresses > 1:
        return str(network)
    return str(address_of(str(network.network_address)))


class ServerBan:
    """One ban; ``hits`` counts the connections it ended or refused on this node since it started."""

    __slots__ = ("_mask", "_network", "hits", "kept")

    def __init__(self, kept: KeptBan, fold: Callable[[str], str]) -> None:
        self.kept = kept
        self.hits = 0
        self._network = ip_network(kept.mask) if kept.kind == "D" else None
        self._mask = Mask(kept.mask, fold)

    @property
    def farewell(self) -> str:
        """What the last words to a banned client are, and others see as the reason for leaving."""
        return f"{self.kept.kind}-lined ({self.kept.reason})"

    def is_over(self, now_ms: int) -> bool:
        """Say whether its time is up."""
        return 0 < self.kept.expires_ms <= now_ms

    def matches_address(self, address: IPv4Address | IPv6Address | None) -> bool:
        """Say whether it bans this address."""
        return self._network is not None and address is not None and address in self._network

    def matches_user(self, username: str, host: str, ip: str) -> bool:
        """Say whether it is a mask that bans this user; all three folded."""
        if self._network is not None:
            return False
        who = f"{username}@"
        return self._mask.matches(who + host) or self._mask.matches_address(who, ip)


class ServerBans:
    """The table, by kind and folded mask.  Written only by events, and by ``restore`` before there are any.

    ``saving`` says that a save is under way, ``unsaved`` that something changed since it began.
    """

    def __init__(self, fold: Callable[[str], str]) -> None:
        self._fold = fold
        self._bans: dict[tuple[str, str], ServerBan] = {}
        self.saving = False
        self.unsaved = False

    def restore(self, kept: Iterable[KeptBan], now_ms: int) -> None:
        """Take back what was kept, without what is over by now."""
        for row in kept:
            ban = ServerBan(row, self._fold)
            if not ban.is_over(now_ms):
                self._bans[row.kind, self._fold(row.mask)] = ban

    def add(self, kept: KeptBan) -> None:
        """Set a ban, in place of one with the same mask; forget those that are over when it is set."""
        self.expire(kept.set_ms)
        key = kept.kind, self._fold(kept.mask)
        hits = self._bans[key].hits if key in self._bans else 0
        self._bans[key] = ban = ServerBan(kept, self._fold)
        ban.hits = hits

    def remove(self, kind: str, mask: str) -> bool:
        """Lift a ban; False when there was none."""
        return self._bans.pop((kind, self._fold(mask)), None) is not None

    def expire(self, now_ms: int) -> None:
        """Forget the bans whose time is up."""
        for key in [key for key, ban in self._bans.items() if ban.is_over(now_ms)]:
            del self._bans[key]

    def find(self, kind: str, mask: str, now_ms: int) -> ServerBan | None:
        """The ban that is written like this."""
        ban = self._bans.get((kind, self._fold(mask)))
        return None if ban is None or ban.is_over(now_ms) else ban

    def standing(self, kind: str, now_ms: int) -> Iterator[ServerBan]:
        """The bans of one kind that are not over, the oldest first."""
        return (ban for ban in self._bans.values() if ban.kept.kind == kind and not ban.is_over(now_ms))

    def anonymize(self, is_theirs: Callable[[str], bool]) -> bool:
        """Forget who has set those that somebody set; say whether there were any."""
        theirs = [ban for ban in self._bans.values() if is_theirs(ban.kept.by)]
        for ban in theirs:
            ban.kept = replace(ban.kept, by=ERASED)
        return bool(theirs)

    def kept(self) -> list[KeptBan]:
        """What has to be written down to have the same table again."""
        return [ban.kept for ban in self._bans.values()]

    def of_address(self, ip: str, now_ms: int) -> ServerBan | None:
        """The ban on an address, or None."""
        if not self._bans:
            return None
        address = address_of(ip)
        return next((ban for ban in self.standing("D", now_ms) if ban.matches_address(address)), None)

    def of_user(self, user: User, now_ms: int, whence: Attachment | None = None) -> ServerBan | None:
        """The ban on a user, by address or by mask, or None; the user need not be on the network.

        What counts is where one of its connections comes from, or else where it came from when it was new.
        Bans of a kind that an operator may set do not hold for that operator.
        """
        if not self._bans:
            return None
        host, ip = (user.real_host, user.ip) if whence is None else (whence.host, whence.ip)
        if KINDS["D"] not in user.privileges and (ban := self.of_address(ip, now_ms)) is not None:
            return ban
        if KINDS["K"] in user.privileges:
            return None
        who = self._fold(user.username), self._fold(host), self._fold(ip)
        return next((ban for ban in self.standing("K", now_ms) if ban.matches_user(*who)), None)

    def would_match(self, kind: str, mask: str, user: User, ips: Iterable[str]) -> bool:
        """Say whether such a ban would be on this user, who comes from these addresses."""
        ban = ServerBan(KeptBan(kind, mask, "", "", 0, 0), self._fold)
        who = self._fold(user.username), self._fold(user.real_host), self._fold(user.ip)
        return ban.matches_user(*who) or any(ban.matches_address(address_of(ip)) for ip in ips)

    def refusal(self, ip: str, now_ms: int) -> str | None:
        """Why an address may not even connect, counted as a hit; or None."""
        ban = self.of_address(ip, now_ms)
        if ban is None:
            return None
        ban.hits += 1
        return ban.farewell
