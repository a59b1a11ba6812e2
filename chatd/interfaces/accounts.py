"""Ports of accounts: where they are kept, and how their letters leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from chatd.core.accounts import (
    Account,
    Credentials,
    Deleted,
    Invitation,
    Json,
    PendingCode,
    SessionToken,
    Suspension,
)


class AccountStore(Protocol):
    """Where accounts are kept.

    Every call blocks and belongs in a thread; any number of threads and nodes may call at once.  When a call returns,
    what it did is on disk; when it raises, nothing was done.  All raise StoreUnavailable for a database that is
    locked, full or gone.  Names are folded by the caller; a nickname belongs to one account at most, an account's own
    name among them.  What is asked to change an account that is not there raises NoSuchAccount.
    """

    def owners(self) -> list[tuple[str, str]]:
        """Every folded nickname that belongs to an account, with the account's name."""

    def register(
        self,
        name: str,
        folded: str,
        credentials: Credentials | None,
        now_ms: int,
        *,
        email: str = "",
        pending: PendingCode | None = None,
        invitation_hash: bytes | None = None,
    ) -> Account:
        """Make an account, verified unless a code is pending; takes one use of the invitation.

        Raises NameTaken, InvitationRefused.
        """

    def find(self, folded: str) -> Account | None:
        """The account that has this name, or this nickname."""

    def look_up(self, folded: str) -> tuple[Account, Credentials | None] | None:
        """The account that has this name, or this nickname, and what its password is checked with."""

    def set_credentials(
        self, account_id: int, credentials: Credentials | None, *, instead_of: Credentials | None = None
    ) -> None:
        """Replace the password, or take it away; nothing happens when it is not (or no longer) ``instead_of``."""

    def set_email(self, account_id: int, email: str) -> None:
        """Replace the address, or take it away with ""."""

    def put_code(self, account_id: int, pending: PendingCode) -> None:
        """Keep a code, in place of another for the same purpose."""

    def confirm(self, account_id: int, purpose: str, code_hash: bytes, now_ms: int) -> Account:
        """Take the right code: it is gone, the account verified, its address that of the code unless that has none.

        Raises CodeRefused.
        """

    def reset(self, account_id: int, code_hash: bytes, credentials: Credentials, now_ms: int) -> Account:
        """Take the right code for "reset" as ``confirm`` does, replace the password, and remove all tokens.

        Raises CodeRefused.
        """

    def by_certificate(self, certfp: str) -> Account | None:
        """The account that a certificate logs in to."""

    def add_certificate(
        self, account_id: int, certfp: str, now_ms: int, limit: int, is_shown: bool = False
    ) -> None:
        """Let a certificate log in; raises CertificateTaken (also when it is this account's), TooMany.

        One that ``is_shown``, by who has its key, goes from another account to this one.
        """

    def remove_certificate(self, account_id: int, certfp: str) -> bool:
        """Say whether it was there."""

    def certificates(self, account_id: int) -> list[str]:
        """The fingerprints of an account, the oldest first."""

    def add_token(self, token: SessionToken, limit: int) -> None:
        """Keep a token; raises TooMany when the account has ``limit`` that have not expired."""

    def token(self, token_id: str) -> tuple[SessionToken, Account] | None:
        """A token by its public half, whether or not it has expired, and whose it is."""

    def touch_token(self, token_id: str, now_ms: int, address: str) -> None:
        """Note that a token was used; nothing happens when it is gone."""

    def tokens(self, account_id: int) -> list[SessionToken]:
        """The tokens of an account, the oldest first."""

    def remove_token(self, account_id: int, token_id: str) -> bool:
        """Say whether it was there, and this account's."""

    def remove_tokens(self, account_id: int) -> int:
        """Remove all of an account; says how many there were."""

    def seen(self, account_id: int, now_ms: int) -> None:
        """Note a log-in; nothing happens when the account is gone."""

    def suspend(self, account_id: int, suspension: Suspension | None) -> None:
        """Suspend an account, or end that."""

    def rename(self, account_id: int, name: str, folded: str, now_ms: int) -> Account:
        """Give an account another name, which may be one of its nicknames; the old one is free.  Raises NameTaken.

        In the same moment the document ``core.accounts.NAMES`` says since when it has this name.
        """

    def group(self, account_id: int, nick: str, folded: str, limit: int) -> None:
        """Give an account one more nickname; raises NameTaken, TooMany.  One that it has already is fine."""

    def ungroup(self, account_id: int, folded: str) -> bool:
        """Take a nickname, but not the account's own name, away; say whether it was there."""

    def nicks(self, account_id: int) -> list[str]:
        """The nicknames of an account in the order of their folded form, its own name left out."""

    def delete(self, account_id: int, now_ms: int, *, reserve_until_ms: int = 0) -> Deleted:
        """Remove an account and everything stored about it; its channels go to their successors or are dropped.

        Nobody can register its names until ``reserve_until_ms``; of them no more than a hash is kept.
        """

    def export(self, account_id: int) -> dict[str, Json]:
        """Everything stored about one account, but no secret and no hash of one."""

    def add_invitation(self, invitation: Invitation, limit: int) -> None:
        """Keep an invitation; raises TooMany when its maker has ``limit`` of them."""

    def invitations(self, maker_id: int | None) -> list[Invitation]:
        """Those of one maker."""

    def remove_invitation(self, maker_id: int | None, code_hash: bytes) -> bool:
        """Say whether it was there, and this maker's."""

    def documents(self, kind: str) -> list[tuple[str, Json]]:
        """All documents of one kind, each with the folded name of its account."""

    def document(self, account_id: int, kind: str) -> Json:
        """What an account keeps under this kind ("settings", "markers", ...); None for nothing."""

    def put_document(self, account_id: int, kind: str, document: Json) -> None:
        """Replace it; None takes it away."""

    def purge(self, now_ms: int) -> list[Account]:
        """Remove what has expired: tokens, codes, invitations, reserved names; give accounts that nobody verified."""

    def close(self) -> None:
        """Let go of the database; nothing is asked afterwards."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail of plain text; the text has a code in it, so that it never shows in ``repr``."""

    recipient: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


class Mailer(Protocol):
    """How e-mail leaves; calls never block and never raise."""

    def send(self, letter: Letter, done: Callable[[str], None]) -> None:
        """Send it in time, trying again within bounds.

        ``done`` is called once, on the reactor's thread: with "" when the mail server has taken the letter, otherwise
        with the reason for operators to read, which holds neither the address nor anything of the letter.
        """
