"""Names of deleted accounts are reserved for a time; how names are folded is known; documents are found by kind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add two tables and an index."""
    op.create_table(
        "reserved_names",
        sa.Column("name_hash", sa.LargeBinary, primary_key=True),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "facts", sa.Column("fact", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )
    op.create_index("ix_documents_kind", "documents", ["kind"])
