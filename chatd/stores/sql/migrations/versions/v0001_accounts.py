"""Accounts with what belongs to them, and registered channels."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _owner(name: str = "account_id", **more: Any) -> sa.Column[int]:
    return sa.Column(name, Key, sa.ForeignKey("accounts.account_id", ondelete="CASCADE"), **more)


def upgrade() -> None:
    """Make the first tables."""
    _make_accounts()
    _make_what_belongs_to_them()
    _make_channels()
    for table, column in (
        ("nicknames", "account_id"), ("certificates", "account_id"), ("tokens", "account_id"),
        ("invitations", "maker_id"), ("channels", "founder_id"), ("channels", "successor_id"),
    ):  # fmt: skip
        op.create_index(f"ix_{table}_{column}", table, [column])


def _make_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", Key, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False, unique=True),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("verified_ms", sa.BigInteger, nullable=False),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("scram_salt", sa.LargeBinary),
        sa.Column("scram_iterations", sa.Integer),
        sa.Column("scram_stored_key", sa.LargeBinary),
        sa.Column("scram_server_key", sa.LargeBinary),
        sa.Column("suspended_ms", sa.BigInteger),
        sa.Column("suspended_until_ms", sa.BigInteger),
        sa.Column("suspended_by", sa.Text),
        sa.Column("suspended_reason", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "nicknames",
        sa.Column("folded", sa.Text, primary_key=True),
        sa.Column("nick", sa.Text, nullable=False),
        _owner(nullable=False),
    )


def _make_what_belongs_to_them() -> None:
    op.create_table(
        "codes",
        _owner(primary_key=True, autoincrement=False),
        sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("tries_left", sa.Integer, nullable=False),
    )
    op.create_table(
        "certificates",
        sa.Column("certfp", sa.Text, primary_key=True),
        _owner(nullable=False),
        sa.Column("added_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("token_id", sa.Text, primary_key=True),
        _owner(nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("used_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "invitations",
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
        _owner("maker_id"),
        sa.Column("uses_left", sa.Integer, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "documents",
        _owner(primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )


def _make_channels() -> None:
    op.create_table(
        "channels",
        sa.Column("folded", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("founder_id", Key, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("successor_id", Key, sa.ForeignKey("accounts.account_id", ondelete="SET NULL")),
        sa.Column("registered_ms", sa.BigInteger, nullable=False),
        sa.Column("used_ms", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
