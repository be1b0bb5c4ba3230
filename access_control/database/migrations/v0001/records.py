"""Tables of what goes out to bridges and comes back, as they were at first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from access_control.database.tables import UtcTime


def create_directive() -> None:
    """Make it."""
    op.create_table(
        "directive",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=60), nullable=False),
        sa.Column("doors", sa.JSON(), nullable=False),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("sealed", sa.JSON(), nullable=False),
        sa.Column("confirmed", sa.JSON(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("left_orders_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directive")),
    )
    op.create_index(op.f("ix_directive_ended_at"), "directive", ["ended_at"], unique=False)
    op.create_index(op.f("ix_directive_started_at"), "directive", ["started_at"], unique=False)


def create_event() -> None:
    """Make it."""
    op.create_table(
        "event",
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("stream", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("door_id", sa.Integer(), nullable=True),
        sa.Column("reader_id", sa.Integer(), nullable=True),
        sa.Column("holder_ref", sa.BigInteger(), nullable=True),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("bridge_id", "stream", "seq", name=op.f("pk_event")),
    )
    op.create_index("ix_event_at", "event", ["at"], unique=False)
    op.create_index("ix_event_door_at", "event", ["door_id", "at"], unique=False)
    op.create_index("ix_event_holder_at", "event", ["holder_ref", "at"], unique=False)


def create_event_gap() -> None:
    """Make it."""
    op.create_table(
        "event_gap",
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("stream", sa.String(length=36), nullable=False),
        sa.Column("from_seq", sa.BigInteger(), nullable=False),
        sa.Column("to_seq", sa.BigInteger(), nullable=False),
        sa.Column("sent_before", sa.Boolean(), nullable=False),
        sa.Column("found_at", UtcTime(), nullable=False),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("due_seq", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("bridge_id", "stream", "from_seq", name=op.f("pk_event_gap")),
    )


def create_presence() -> None:
    """Make it."""
    op.create_table(
        "presence",
        sa.Column("person_ref", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column("door_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("person_ref", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_at"), "presence", ["at"], unique=False)
    op.create_index(op.f("ix_presence_building_id"), "presence", ["building_id"], unique=False)


def create_stream_position() -> None:
    """Make it."""
    op.create_table(
        "stream_position",
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("stream", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("unsent_to", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("bridge_id", "stream", name=op.f("pk_stream_position")),
    )


def create_release() -> None:
    """Make it."""
    op.create_table(
        "release",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("directive_id", sa.String(length=36), nullable=False),
        sa.Column("doors", sa.JSON(), nullable=True),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("second", sa.String(length=80), nullable=True),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["directive_id"], ["directive.id"], name=op.f("fk_release_directive_id_directive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
    )
    op.create_index(op.f("ix_release_directive_id"), "release", ["directive_id"], unique=False)


def create_revocation() -> None:
    """Make it."""
    op.create_table(
        "revocation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("badge_id", sa.String(length=36), nullable=False),
        sa.Column("canonical", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("lifted_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["badge_id"], ["badge.id"], name=op.f("fk_revocation_badge_id_badge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocation")),
    )
    op.create_index(op.f("ix_revocation_badge_id"), "revocation", ["badge_id"], unique=False)


def create_action() -> None:
    """Make it."""
    op.create_table(
        "action",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", UtcTime(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("outcome_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_action_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
    )
    op.create_index(op.f("ix_action_bridge_id"), "action", ["bridge_id"], unique=False)
    op.create_index(op.f("ix_action_expires_at"), "action", ["expires_at"], unique=False)


def create_fire_report() -> None:
    """Make it."""
    op.create_table(
        "fire_report",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("input", sa.String(length=40), nullable=False),
        sa.Column("began_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("test", sa.Boolean(), nullable=True),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("marked_by", sa.String(length=80), nullable=True),
        sa.Column("marked_at", UtcTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_fire_report_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fire_report")),
    )
    op.create_index(op.f("ix_fire_report_began_at"), "fire_report", ["began_at"], unique=False)
    op.create_index(op.f("ix_fire_report_bridge_id"), "fire_report", ["bridge_id"], unique=False)


def create_pass_revocation() -> None:
    """Make it."""
    op.create_table(
        "pass_revocation",
        sa.Column("pass_id", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_pass_revocation_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("pass_id", name=op.f("pk_pass_revocation")),
    )
    op.create_index(op.f("ix_pass_revocation_bridge_id"), "pass_revocation", ["bridge_id"], unique=False)


def create_release_code() -> None:
    """Make it."""
    op.create_table(
        "release_code",
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("replaced_at", UtcTime(), nullable=True),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.Column("used_by", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_release_code_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("bridge_id", "digest", name=op.f("pk_release_code")),
    )


def create_release_owed() -> None:
    """Make it."""
    op.create_table(
        "release_owed",
        sa.Column("directive_id", sa.String(length=36), nullable=False),
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_release_owed_bridge_id_bridge")),
        sa.ForeignKeyConstraint(
            ["directive_id"], ["directive.id"], name=op.f("fk_release_owed_directive_id_directive")
        ),
        sa.PrimaryKeyConstraint("directive_id", "bridge_id", name=op.f("pk_release_owed")),
    )
    op.create_index(op.f("ix_release_owed_bridge_id"), "release_owed", ["bridge_id"], unique=False)


def create_revocation_at() -> None:
    """Make it."""
    op.create_table(
        "revocation_at",
        sa.Column("revocation_id", sa.String(length=36), nullable=False),
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=True),
        sa.Column("orders_n", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_revocation_at_bridge_id_bridge")),
        sa.ForeignKeyConstraint(
            ["revocation_id"], ["revocation.id"], name=op.f("fk_revocation_at_revocation_id_revocation")
        ),
        sa.PrimaryKeyConstraint("revocation_id", "bridge_id", name=op.f("pk_revocation_at")),
    )
    op.create_index(op.f("ix_revocation_at_bridge_id"), "revocation_at", ["bridge_id"], unique=False)


def create_fire_report_door() -> None:
    """Make it."""
    op.create_table(
        "fire_report_door",
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("door_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["fire_report.id"], name=op.f("fk_fire_report_door_report_id_fire_report")
        ),
        sa.PrimaryKeyConstraint("report_id", "door_id", name=op.f("pk_fire_report_door")),
    )


def create_override() -> None:
    """Make it."""
    op.create_table(
        "override",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("door_id", sa.Integer(), nullable=False),
        sa.Column("effect", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("fk_override_door_id_door")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override")),
    )
    op.create_index(op.f("ix_override_door_id"), "override", ["door_id"], unique=False)
    op.create_index(op.f("ix_override_ended_at"), "override", ["ended_at"], unique=False)


TABLES = {
    "directive": create_directive,
    "event": create_event,
    "event_gap": create_event_gap,
    "presence": create_presence,
    "stream_position": create_stream_position,
    "release": create_release,
    "revocation": create_revocation,
    "action": create_action,
    "fire_report": create_fire_report,
    "pass_revocation": create_pass_revocation,
    "release_code": create_release_code,
    "release_owed": create_release_owed,
    "revocation_at": create_revocation_at,
    "fire_report_door": create_fire_report_door,
    "override": create_override,
}
