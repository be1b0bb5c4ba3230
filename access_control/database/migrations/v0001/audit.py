"""Tables of the audit, as they were at first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from access_control.database.tables import UtcTime


def create_audit_record() -> None:
    """Make it."""
    op.create_table(
        "audit_record",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("text_digest", sa.LargeBinary(), nullable=True),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_record")),
    )
    op.create_index(op.f("ix_audit_record_action"), "audit_record", ["action"], unique=False)
    op.create_index(op.f("ix_audit_record_actor"), "audit_record", ["actor"], unique=False)
    op.create_index(op.f("ix_audit_record_at"), "audit_record", ["at"], unique=False)
    op.create_index(op.f("ix_audit_record_subject"), "audit_record", ["subject"], unique=False)


def create_audit_text() -> None:
    """Make it."""
    op.create_table(
        "audit_text",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["seq"], ["audit_record.seq"], name=op.f("fk_audit_text_seq_audit_record")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_text")),
    )
    op.create_index(op.f("ix_audit_text_person"), "audit_text", ["person"], unique=False)


TABLES = {
    "audit_record": create_audit_record,
    "audit_text": create_audit_text,
}
