"""What the desk says of an attempt to log in: the account, or why not, in a sentence for whoever tries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import ceil
from typing import Final, TypeAlias

from chatd.core.accounts import Account


class Why(Enum):
    """Why somebody is not logged in; each way of asking answers these in its own words."""

    WRONG = "wrong"
    THROTTLED = "throttled"
    SUSPENDED = "suspended"
    UNVERIFIED = "unverified"
    UNAVAILABLE = "unavailable"
    INSECURE = "insecure"


@dataclass(frozen=True, slots=True)
class Denied:
    """Nobody is logged in; ``text`` is a sentence without a full stop."""

    why: Why
    text: str


Verdict: TypeAlias = Account | Denied

WRONG: Final = Denied(Why.WRONG, "The account or the password is wrong")
NO_CERTIFICATE: Final = Denied(Why.WRONG, "This certificate belongs to no account, or to another one")
INSECURE: Final = Denied(Why.INSECURE, "Passwords are taken over TLS only")
UNAVAILABLE: Final = Denied(Why.UNAVAILABLE, "Accounts cannot be asked just now; try again in a minute")


def throttled(wait_s: float) -> Denied:
    """Too many attempts."""
    seconds = ceil(wait_s)
    return Denied(Why.THROTTLED, f"Too many attempts; try again in {seconds} second{'s' if seconds > 1 else ''}")


def judge(account: Account, now_ms: int) -> Verdict:
    """Whether somebody who has proved to be an account's owner may log in."""
    suspension = account.suspension
    if suspension is not None and suspension.holds(now_ms):
        reason = f": {suspension.reason}" if suspension.reason else ""
        return Denied(Why.SUSPENDED, f"The account {account.name} is suspended{reason}")
    if not account.verified_ms:
        return Denied(Why.UNVERIFIED, f"First give the code you were sent: VERIFY {account.name} <code>")
    return account
