"""The first tables."""

from __future__ import annotations

from alembic import op

from access_control.database.migrations.v0001 import (
    audit,
    emergency,
    inputs,
    jobs,
    people,
    records,
    recovery,
    site,
    visitors,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PARTS = (audit, people, site, inputs, records, recovery, visitors, emergency, jobs)


def upgrade() -> None:
    """From nothing."""
    for part in PARTS:
        for create in part.TABLES.values():
            create()


def downgrade() -> None:
    """To nothing."""
    for part in reversed(PARTS):
        for table in reversed(part.TABLES):
            op.drop_table(table)
