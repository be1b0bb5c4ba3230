"""Tables of alarm inputs, as they were at first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create_alarm_input() -> None:
    """Make it."""
    op.create_table(
        "alarm_input",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("point", sa.String(length=40), nullable=False),
        sa.Column("normal", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=True),
        sa.Column("scope", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_alarm_input_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_input")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alarm_input_bridge_id"), "alarm_input", ["bridge_id"], unique=False)


TABLES = {
    "alarm_input": create_alarm_input,
}
