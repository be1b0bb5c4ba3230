"""Tables of emergencies, as they were at first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from access_control.database.tables import UtcTime


def create_door_answer() -> None:
    """Make it."""
    op.create_table(
        "door_answer",
        sa.Column("directive_id", sa.String(length=36), nullable=False),
        sa.Column("door_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("commanded_at", UtcTime(), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=True),
        sa.Column("not_monitored", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["directive_id"], ["directive.id"], name=op.f("fk_door_answer_directive_id_directive")),
        sa.PrimaryKeyConstraint("directive_id", "door_id", name=op.f("pk_door_answer")),
    )


def create_going() -> None:
    """Make it."""
    op.create_table(
        "going",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("directive_id", sa.String(length=36), nullable=False),
        sa.Column("door_id", sa.Integer(), nullable=False),
        sa.Column("operator", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["directive_id"], ["directive.id"], name=op.f("fk_going_directive_id_directive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_going")),
    )
    op.create_index(op.f("ix_going_directive_id"), "going", ["directive_id"], unique=False)


def create_pending_release() -> None:
    """Make it."""
    op.create_table(
        "pending_release",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("directive_id", sa.String(length=36), nullable=False),
        sa.Column("doors", sa.Text(), nullable=True),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("cancelled_at", UtcTime(), nullable=True),
        sa.Column("cancelled_why", sa.String(length=300), nullable=True),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["directive_id"], ["directive.id"], name=op.f("fk_pending_release_directive_id_directive")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_release")),
    )
    op.create_index(op.f("ix_pending_release_directive_id"), "pending_release", ["directive_id"], unique=False)


TABLES = {
    "door_answer": create_door_answer,
    "going": create_going,
    "pending_release": create_pending_release,
}
