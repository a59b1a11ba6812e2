"""Everything stored about one account as one JSON document, for its owner: no secret, and no hash of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chatd.core.accounts import Account, Credentials, Invitation, Json, PendingCode, SessionToken


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an account has beside itself; ``certificates`` are fingerprints with the moments they were added."""

    credentials: Credentials | None
    nicks: Iterable[str]
    certificates: Iterable[tuple[str, int]]
    tokens: Iterable[SessionToken]
    codes: Iterable[PendingCode]
    invitations: Iterable[Invitation]
    documents: Mapping[str, Json]
    founded: Iterable[str]
    to_inherit: Iterable[str]


def exported(account: Account, holdings: Holdings) -> dict[str, Json]:
    """Put it into words; moments are milliseconds since 1970, 0 for never."""
    suspension = account.suspension
    return {
        "account": account.name,
        "created_ms": account.created_ms,
        "verified_ms": account.verified_ms,
        "email": account.email,
        "seen_ms": account.seen_ms,
        "suspension": None
        if suspension is None
        else {"reason": suspension.reason, "since_ms": suspension.since_ms, "expires_ms": suspension.expires_ms},
        "has_password": holdings.credentials is not None,
        "nicknames": list(holdings.nicks),
        "certificates": [{"sha256": certfp, "added_ms": added} for certfp, added in holdings.certificates],
        "tokens": [_token(token) for token in holdings.tokens],
        "pending": [
            {"purpose": code.purpose, "email": code.email, "expires_ms": code.expires_ms} for code in holdings.codes
        ],
        "invitations": [
            {"uses_left": each.uses_left, "expires_ms": each.expires_ms} for each in holdings.invitations
        ],
        "channels_founded": list(holdings.founded),
        "channels_to_inherit": list(holdings.to_inherit),
        "documents": dict(holdings.documents),
    }


def _token(token: SessionToken) -> Json:
    return {
        "id": token.token_id,
        "device": token.device,
        "address": token.address,
        "created_ms": token.created_ms,
        "used_ms": token.used_ms,
        "expires_ms": token.expires_ms,
    }
