"""Names of deleted accounts are reserved for a time; documents are found by kind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add a table and an index."""
    op.create_table(
        "reserved_names",
        sa.Column("name_hash", sa.LargeBinary, primary_key=True),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_documents_kind", "documents", ["kind"])
