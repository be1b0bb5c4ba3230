"""Tables of people, as they were at first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from access_control.database.tables import UtcTime


def create_cardholder() -> None:
    """Make it."""
    op.create_table(
        "cardholder",
        sa.Column("ref", sa.Integer(), nullable=False),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column("family_name", sa.String(length=80), nullable=False),
        sa.Column("search_name", sa.String(length=170), nullable=False),
        sa.Column("holder_class", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("may_release", sa.Boolean(), nullable=False),
        sa.Column("pin_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("valid_from", UtcTime(), nullable=True),
        sa.Column("valid_until", UtcTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_cardholder")),
        sa.UniqueConstraint("external_id", name=op.f("uq_cardholder_external_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_cardholder_family_name"), "cardholder", ["family_name"], unique=False)
    op.create_index(op.f("ix_cardholder_search_name"), "cardholder", ["search_name"], unique=False)


def create_operator() -> None:
    """Make it."""
    op.create_table(
        "operator",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("session_salt", sa.String(length=32), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("login", name=op.f("uq_operator_login")),
    )


def create_person_group() -> None:
    """Make it."""
    op.create_table(
        "person_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_group")),
        sa.UniqueConstraint("name", name=op.f("uq_person_group_name")),
        sqlite_autoincrement=True,
    )


def create_sign_in_failure() -> None:
    """Make it."""
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("known_device", sa.Boolean(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index("ix_sign_in_failure_account", "sign_in_failure", ["account", "at"], unique=False)
    op.create_index("ix_sign_in_failure_address", "sign_in_failure", ["address", "at"], unique=False)


def create_known_device() -> None:
    """Make it."""
    op.create_table(
        "known_device",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_known_device_operator_id_operator")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_known_device")),
    )
    op.create_index(op.f("ix_known_device_operator_id"), "known_device", ["operator_id"], unique=False)


def create_membership() -> None:
    """Make it."""
    op.create_table(
        "membership",
        sa.Column("person_ref", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["person_group.id"], name=op.f("fk_membership_group_id_person_group")),
        sa.ForeignKeyConstraint(["person_ref"], ["cardholder.ref"], name=op.f("fk_membership_person_ref_cardholder")),
        sa.PrimaryKeyConstraint("person_ref", "group_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_group_id"), "membership", ["group_id"], unique=False)


def create_role_grant() -> None:
    """Make it."""
    op.create_table(
        "role_grant",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("granted_by", sa.String(length=80), nullable=True),
        sa.Column("granted_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_role_grant_operator_id_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint("operator_id", "role", "scope", name=op.f("uq_role_grant_operator_id_role_scope")),
    )
    op.create_index(op.f("ix_role_grant_operator_id"), "role_grant", ["operator_id"], unique=False)


TABLES = {
    "cardholder": create_cardholder,
    "operator": create_operator,
    "person_group": create_person_group,
    "sign_in_failure": create_sign_in_failure,
    "known_device": create_known_device,
    "membership": create_membership,
    "role_grant": create_role_grant,
}
