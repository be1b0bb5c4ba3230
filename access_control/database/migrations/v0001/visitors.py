"""Tables of visitors, as they were at first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from access_control.database.tables import UtcTime


def create_banned_person() -> None:
    """Make it."""
    op.create_table(
        "banned_person",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column("family_name", sa.String(length=80), nullable=False),
        sa.Column("search_name", sa.String(length=170), nullable=False),
        sa.Column("other_names", sa.String(length=300), nullable=False),
        sa.Column("company", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=True),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_banned_person")),
    )
    op.create_index(op.f("ix_banned_person_search_name"), "banned_person", ["search_name"], unique=False)


def create_visitor() -> None:
    """Make it."""
    op.create_table(
        "visitor",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column("family_name", sa.String(length=80), nullable=False),
        sa.Column("search_name", sa.String(length=170), nullable=False),
        sa.Column("company", sa.String(length=80), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor")),
    )
    op.create_index(op.f("ix_visitor_last_at"), "visitor", ["last_at"], unique=False)
    op.create_index(op.f("ix_visitor_search_name"), "visitor", ["search_name"], unique=False)


def create_visit() -> None:
    """Make it."""
    op.create_table(
        "visit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("visitor_id", sa.String(length=36), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("invitation", sa.String(length=40), nullable=True),
        sa.Column("host_ref", sa.Integer(), nullable=True),
        sa.Column("host", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("destination", sa.String(length=80), nullable=False),
        sa.Column("escort_needed", sa.Boolean(), nullable=False),
        sa.Column("stay_s", sa.Integer(), nullable=False),
        sa.Column("expected_at", UtcTime(), nullable=True),
        sa.Column("arrived_at", UtcTime(), nullable=True),
        sa.Column("until_at", UtcTime(), nullable=True),
        sa.Column("signed_out_at", UtcTime(), nullable=True),
        sa.Column("badge_number", sa.Integer(), nullable=True),
        sa.Column("reprints", sa.Integer(), nullable=False),
        sa.Column("checked_in_by", sa.String(length=80), nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=True),
        sa.Column("asked_by", sa.String(length=120), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["host_ref"], ["cardholder.ref"], name=op.f("fk_visit_host_ref_cardholder")),
        sa.ForeignKeyConstraint(["visitor_id"], ["visitor.id"], name=op.f("fk_visit_visitor_id_visitor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("invitation", name=op.f("uq_visit_invitation")),
    )
    op.create_index("ix_visit_arrived", "visit", ["arrived_at"], unique=False)
    op.create_index("ix_visit_state_expected", "visit", ["state", "expected_at"], unique=False)
    op.create_index(op.f("ix_visit_visitor_id"), "visit", ["visitor_id"], unique=False)


def create_possible_match() -> None:
    """Make it."""
    op.create_table(
        "possible_match",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("visit_id", sa.String(length=36), nullable=False),
        sa.Column("banned_id", sa.String(length=36), nullable=False),
        sa.Column("banned_version", sa.Integer(), nullable=False),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("found_at", UtcTime(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["banned_id"], ["banned_person.id"], name=op.f("fk_possible_match_banned_id_banned_person")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_possible_match_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_possible_match")),
    )
    op.create_index(op.f("ix_possible_match_banned_id"), "possible_match", ["banned_id"], unique=False)
    op.create_index(op.f("ix_possible_match_visit_id"), "possible_match", ["visit_id"], unique=False)


def create_pass() -> None:
    """Make it."""
    op.create_table(
        "pass",
        sa.Column("pass_id", sa.String(length=16), nullable=False),
        sa.Column("visit_id", sa.String(length=36), nullable=False),
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("minted_at", UtcTime(), nullable=False),
        sa.Column("not_before", UtcTime(), nullable=False),
        sa.Column("not_after", UtcTime(), nullable=False),
        sa.Column("shown_at", UtcTime(), nullable=True),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.Column("refused_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_pass_bridge_id_bridge")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_pass_visit_id_visit")),
        sa.PrimaryKeyConstraint("pass_id", name=op.f("pk_pass")),
    )
    op.create_index(op.f("ix_pass_visit_id"), "pass", ["visit_id"], unique=False)


TABLES = {
    "banned_person": create_banned_person,
    "visitor": create_visitor,
    "visit": create_visit,
    "possible_match": create_possible_match,
    "pass": create_pass,
}
