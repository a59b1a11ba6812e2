"""What is known of accounts, and the words stores say no with; values only.

Must not know where accounts are kept or how a password is hashed.  Times are milliseconds since 1970, 0 for never.
What is secret, or only a hash of it, never shows in ``repr``, so that it never reaches a log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class StoreError(Exception):
    """A store did not do what it was asked; nothing was changed."""


class StoreUnavailable(StoreError):
    """The database cannot be asked just now (locked, full, gone): a temporary failure, to be tried again."""


class NameTaken(StoreError):
    """Somebody has this name, or it is reserved."""


class NoSuchAccount(StoreError):
    """The account is not there, or no longer."""


class NoSuchChannel(StoreError):
    """The channel is not registered, or no longer."""


class CertificateTaken(StoreError):
    """The certificate's fingerprint belongs to an account already."""


class TooMany(StoreError):
    """The account, or whoever makes invitations, has as many of these as it may have."""


class InvitationRefused(StoreError):
    """There is no such code, it has expired, or it is used up."""


class CodeRefused(StoreError):
    """The code is wrong, or has expired."""


@dataclass(frozen=True, slots=True)
class ScramVerifier:
    """What checks a client's proof without knowing the password (RFC 5802, section 3)."""

    salt: bytes = field(repr=False)
    iterations: int
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A password as it is kept: for those who send it, and for those who only prove that they know it."""

    password_hash: str = field(repr=False)
    scram: ScramVerifier | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    """Why and how long nobody may log in; ``by`` is the source of who said so, ``expires_ms`` 0 for ever."""

    reason: str
    by: str
    since_ms: int
    expires_ms: int = 0

    def holds(self, now_ms: int) -> bool:
        """Say whether it is still in force."""
        return not self.expires_ms or now_ms < self.expires_ms


@dataclass(frozen=True, slots=True)
class Account:
    """One account as it was when it was read.

    ``account_id`` is never used again; ``name`` may change.  ``verified_ms`` is 0 until the owner has confirmed a
    code, for accounts that were made so.  ``email`` is "" without one, ``seen_ms`` the last log-in.
    """

    account_id: int
    name: str
    folded: str
    created_ms: int
    verified_ms: int = 0
    email: str = ""
    seen_ms: int = 0
    suspension: Suspension | None = None


NAMES: Final = "names"
"""Under this kind stores keep all names that an account has had, once it was renamed."""
NAMES_KEPT: Final = 50


def names_of_account(document: Json, account: Account) -> list[tuple[str, int]]:
    """Give all names of an account (folded), the first one first, each with the moment since when it has had it."""
    if isinstance(document, list) and document:
        return [(str(each[0]), int(str(each[1]))) for each in document if isinstance(each, list) and len(each) == 2]
    return [(account.folded, account.created_ms)]


def earlier_names(document: Json, folded: str) -> list[tuple[str, str, int]]:
    """Give what an account (folded) was called before, with its name now and the moment it had the former no more."""
    names = names_of_account(document, Account(0, folded, folded, 0))
    return [(old, folded, lost_ms) for (old, _), (_, lost_ms) in pairwise(names) if old != folded]


def names_after(document: Json, before: Account, folded: str, now_ms: int) -> Json:
    """Give the same as it is to be kept when the account is renamed."""
    names = [*names_of_account(document, before), (folded, now_ms)]
    return [list(each) for each in names[-NAMES_KEPT:]]


@dataclass(frozen=True, slots=True)
class PendingCode:
    """A code sent to somebody, to be given back; only its hash is kept.

    ``purpose`` is a word of whoever asks ("register", "email", "reset"); an account has one code for each.  A code
    that is confirmed verifies the account, and sets ``email`` unless that is "".  It is too long to be guessed, so
    guesses do not use it up: strangers could spoil it for its owner.
    """

    purpose: str
    code_hash: bytes = field(repr=False)
    expires_ms: int
    email: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A code that lets somebody register, ``uses_left`` times.

    ``maker_id`` is the account that gave it out, None for the server's own; ``expires_ms`` is 0 for ever.
    """

    code_hash: bytes = field(repr=False)
    uses_left: int
    expires_ms: int = 0
    maker_id: int | None = None


@dataclass(frozen=True, slots=True)
class SessionToken:
    """What one device comes back with instead of the password; ``token_id`` is its public half."""

    token_id: str
    account_id: int
    secret_hash: bytes = field(repr=False)
    device: str
    address: str
    created_ms: int
    used_ms: int
    expires_ms: int = 0

    def is_valid(self, now_ms: int) -> bool:
        """Say whether it has not expired."""
        return not self.expires_ms or now_ms < self.expires_ms


@dataclass(frozen=True, slots=True)
class Deleted:
    """What went with an account: the channels (folded) that its successors have now, and those nobody has."""

    account: Account
    inherited: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
