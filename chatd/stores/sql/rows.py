"""Rows of the tables to values, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from chatd.core.accounts import (
    Account,
    Credentials,
    Invitation,
    PendingCode,
    ScramVerifier,
    SessionToken,
    Suspension,
)
from chatd.stores.sql.schema import ACCOUNTS, TOKENS

ACCOUNT = tuple(
    ACCOUNTS.c[name]
    for name in ("account_id", "name", "folded", "created_ms", "verified_ms", "email", "seen_ms", "suspended_reason",
                 "suspended_by", "suspended_ms", "suspended_until_ms")
)  # fmt: skip
"""What ``account_from`` takes, in this order."""
CREDENTIALS = tuple(
    ACCOUNTS.c[name]
    for name in ("password_hash", "scram_salt", "scram_iterations", "scram_stored_key", "scram_server_key")
)
"""What ``credentials_from`` takes, in this order."""
TOKEN = tuple(
    TOKENS.c[name]
    for name in ("token_id", "account_id", "secret_hash", "device", "address", "created_ms", "used_ms", "expires_ms")
)
"""What ``token_from`` takes, in this order."""
UNSUSPENDED = {"suspended_ms": None, "suspended_until_ms": None, "suspended_by": None, "suspended_reason": None}


def account_from(row: Sequence[Any]) -> Account:
    """One account out of the columns ``ACCOUNT``."""
    account_id, name, folded, created_ms, verified_ms, email, seen_ms, reason, by, since_ms, until_ms = row
    suspension = None if since_ms is None else Suspension(reason, by, since_ms, until_ms)
    return Account(account_id, name, folded, created_ms, verified_ms, email, seen_ms, suspension)


def credentials_from(row: Sequence[Any]) -> Credentials | None:
    """What checks a password, out of the columns ``CREDENTIALS``; None without one."""
    password_hash, salt, *scram = row
    if password_hash is None:
        return None
    return Credentials(password_hash, None if salt is None else ScramVerifier(salt, *scram))


def of_credentials(credentials: Credentials | None) -> dict[str, Any]:
    """The values of the columns ``CREDENTIALS``."""
    scram = None if credentials is None else credentials.scram
    return {
        "password_hash": None if credentials is None else credentials.password_hash,
        "scram_salt": None if scram is None else scram.salt,
        "scram_iterations": None if scram is None else scram.iterations,
        "scram_stored_key": None if scram is None else scram.stored_key,
        "scram_server_key": None if scram is None else scram.server_key,
    }


def of_suspension(suspension: Suspension | None) -> dict[str, Any]:
    """The values of its columns."""
    if suspension is None:
        return UNSUSPENDED
    return {
        "suspended_ms": suspension.since_ms,
        "suspended_until_ms": suspension.expires_ms,
        "suspended_by": suspension.by,
        "suspended_reason": suspension.reason,
    }


def token_from(row: Sequence[Any]) -> SessionToken:
    """One token out of the columns ``TOKEN``."""
    return SessionToken(*row)


def invitation_from(row: Row[Any]) -> Invitation:
    """One row of ``INVITATIONS``."""
    return Invitation(row.code_hash, row.uses_left, row.expires_ms, row.maker_id)


def code_from(row: Row[Any]) -> PendingCode:
    """One row of ``CODES``."""
    return PendingCode(row.purpose, row.code_hash, row.expires_ms, row.email)
