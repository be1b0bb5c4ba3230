"""Tables of timed work, as they were at first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from access_control.database.tables import UtcTime


def create_job() -> None:
    """Make it."""
    op.create_table(
        "job",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("held_until", UtcTime(), nullable=True),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job")),
    )


TABLES = {
    "job": create_job,
}
