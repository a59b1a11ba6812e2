"""The tables as they are now; how they came to be so is in ``migrations``.

Moments are milliseconds since 1970.  What belongs to an account goes with its row.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

SCHEMA = MetaData()
Key = BigInteger().with_variant(Integer, "sqlite")


def _owner(name: str = "account_id", **more: Any) -> Column[int]:
    return Column(name, Key, ForeignKey("accounts.account_id", ondelete="CASCADE"), **more)


ACCOUNTS = Table(
    "accounts",
    SCHEMA,
    Column("account_id", Key, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False, unique=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("verified_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("email", Text, nullable=False),
    Column("password_hash", Text),
    Column("scram_salt", LargeBinary),
    Column("scram_iterations", Integer),
    Column("scram_stored_key", LargeBinary),
    Column("scram_server_key", LargeBinary),
    Column("suspended_ms", BigInteger),
    Column("suspended_until_ms", BigInteger),
    Column("suspended_by", Text),
    Column("suspended_reason", Text),
    # Without this SQLite would give the number of an account that is gone to the next one.
    sqlite_autoincrement=True,
)
NICKNAMES = Table(
    "nicknames",
    SCHEMA,
    Column("folded", Text, primary_key=True),
    Column("nick", Text, nullable=False),
    _owner(nullable=False, index=True),
)
RESERVED = Table(
    "reserved_names",
    SCHEMA,
    Column("name_hash", LargeBinary, primary_key=True),
    Column("until_ms", BigInteger, nullable=False),
)
FACTS = Table(
    "facts",
    SCHEMA,
    Column("fact", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
CODES = Table(
    "codes",
    SCHEMA,
    _owner(primary_key=True, autoincrement=False),
    Column("purpose", Text, primary_key=True),
    Column("code_hash", LargeBinary, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("email", Text, nullable=False),
)
CERTIFICATES = Table(
    "certificates",
    SCHEMA,
    Column("certfp", Text, primary_key=True),
    _owner(nullable=False, index=True),
    Column("added_ms", BigInteger, nullable=False),
)
TOKENS = Table(
    "tokens",
    SCHEMA,
    Column("token_id", Text, primary_key=True),
    _owner(nullable=False, index=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("device", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)
INVITATIONS = Table(
    "invitations",
    SCHEMA,
    Column("code_hash", LargeBinary, primary_key=True),
    _owner("maker_id", index=True),
    Column("uses_left", Integer, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)
DOCUMENTS = Table(
    "documents",
    SCHEMA,
    _owner(primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("document", Text, nullable=False),
    Index("ix_documents_kind", "kind"),
)
CHANNELS = Table(
    "channels",
    SCHEMA,
    Column("folded", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("founder_id", Key, ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("successor_id", Key, ForeignKey("accounts.account_id", ondelete="SET NULL"), index=True),
    Column("registered_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
)
