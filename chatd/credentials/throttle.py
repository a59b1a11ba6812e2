"""How often log-ins may fail, for each account and each address; no clock, and memory that is bounded.

An attempt is charged when it begins, so that a thousand at once count as a thousand, and given back when it was right.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import Final

TRACKED: Final = 16_384
"""How many accounts, and how many addresses, are remembered; the one longest untouched is forgotten first."""


class Allowances:
    """One allowance for each key: ``burst`` attempts, and one more every ``refill_s``."""

    __slots__ = ("_burst", "_refill_s", "_spent")

    def __init__(self, burst: int, refill_s: float) -> None:
        self._burst = burst
        self._refill_s = refill_s
        # For each key, the moment by which everything it spent has come back.
        self._spent: OrderedDict[str, float] = OrderedDict()

    def wait_s(self, key: str, now_s: float) -> float:
        """Say how long until an attempt is allowed; 0 for now."""
        return max(0.0, self._spent.get(key, 0.0) - now_s - (self._burst - 1) * self._refill_s)

    def spend(self, key: str, now_s: float) -> None:
        """Charge an attempt."""
        self._spent[key] = max(self._spent.get(key, 0.0), now_s) + self._refill_s
        self._spent.move_to_end(key)
        if len(self._spent) > TRACKED:
            self._spent.popitem(last=False)

    def give_back(self, key: str) -> None:
        """Uncharge one."""
        if key in self._spent:
            self._spent[key] -= self._refill_s

    def __len__(self) -> int:
        return len(self._spent)


class Throttle:
    """Failed log-ins.

    An address from which an account was logged in to before is not held up by what others try on that account, so
    that nobody can be locked out by a stranger.
    """

    __slots__ = ("_accounts", "_addresses", "_known")

    def __init__(self, *, account_burst: int, address_burst: int, refill_s: float) -> None:
        """``burst`` attempts may fail in a row; each is forgotten after ``refill_s``."""
        self._accounts = Allowances(account_burst, refill_s)
        self._addresses = Allowances(address_burst, refill_s)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def begin(self, folded: str, ip: str, now_s: float) -> float:
        """Charge an attempt on an account ("" when it is not known yet) from an address.

        Returns 0, or for how many seconds nothing is tried; a refused attempt is not charged.
        """
        address = address_key(ip)
        counts_for_account = bool(folded) and (folded, address) not in self._known
        wait_s = self._addresses.wait_s(address, now_s)
        if counts_for_account:
            wait_s = max(wait_s, self._accounts.wait_s(folded, now_s))
        if wait_s > 0:
            return wait_s
        self._addresses.spend(address, now_s)
        if counts_for_account:
            self._accounts.spend(folded, now_s)
        return 0.0

    def knows(self, folded: str, ip: str) -> bool:
        """Say whether an account was logged in to from this address before."""
        return (folded, address_key(ip)) in self._known

    def give_back(self, folded: str, ip: str) -> None:
        """Uncharge an attempt that said nothing of the password: the database was away, the client gave up."""
        address = address_key(ip)
        self._addresses.give_back(address)
        if folded and (folded, address) not in self._known:
            self._accounts.give_back(folded)

    def succeeded(self, folded: str, ip: str) -> None:
        """Uncharge an attempt that was right, and know this address for the account's owner's."""
        self.give_back(folded, ip)
        if folded:
            self._known[folded, address_key(ip)] = None
            self._known.move_to_end((folded, address_key(ip)))
            if len(self._known) > TRACKED:
                self._known.popitem(last=False)

    def forget(self, folded: str) -> None:
        """The account is gone, or has another name or password: no address is known for its owner's."""
        for key in [key for key in self._known if key[0] == folded]:
            del self._known[key]

    @property
    def tracked(self) -> int:
        """How many entries there are, for tests of the bound."""
        return len(self._accounts) + len(self._addresses) + len(self._known)


def address_key(ip: str) -> str:
    """What counts as one address: of IPv6 the /64 that one customer has."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped.compressed if address.ipv4_mapped else f"{address.packed[:8].hex()}::/64"
    return ip
