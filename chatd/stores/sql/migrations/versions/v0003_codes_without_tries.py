"""Codes are not used up by those who guess at them."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Take a column away."""
    op.drop_column("codes", "tries_left")
