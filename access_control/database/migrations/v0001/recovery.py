"""Tables of replacing a dead bridge, as they were at first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from access_control.database.tables import UtcTime


def create_recovery_key() -> None:
    """Make it."""
    op.create_table(
        "recovery_key",
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("memory_kib", sa.Integer(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_recovery_key_site_id_site")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_recovery_key")),
    )


def create_bridge_replacement() -> None:
    """Make it."""
    op.create_table(
        "bridge_replacement",
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("code_until", UtcTime(), nullable=True),
        sa.Column("begun_at", UtcTime(), nullable=False),
        sa.Column("begun_by", sa.String(length=80), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("digest_key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_bridge_replacement_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("bridge_id", name=op.f("pk_bridge_replacement")),
    )


def create_former_key() -> None:
    """Make it."""
    op.create_table(
        "former_key",
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_former_key_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("bridge_id", "public_key", name=op.f("pk_former_key")),
    )


def create_former_sealed_keys() -> None:
    """Make it."""
    op.create_table(
        "former_sealed_keys",
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_former_sealed_keys_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("bridge_id", "digest", name=op.f("pk_former_sealed_keys")),
    )


def create_sealed_keys() -> None:
    """Make it."""
    op.create_table(
        "sealed_keys",
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("recovery_key", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_sealed_keys_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("bridge_id", name=op.f("pk_sealed_keys")),
    )


TABLES = {
    "recovery_key": create_recovery_key,
    "bridge_replacement": create_bridge_replacement,
    "former_key": create_former_key,
    "former_sealed_keys": create_former_sealed_keys,
    "sealed_keys": create_sealed_keys,
}
