"""Tables of the site, as they were at first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from access_control.database.tables import UtcTime


def create_day_type() -> None:
    """Make it."""
    op.create_table(
        "day_type",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_type")),
        sa.UniqueConstraint("name", name=op.f("uq_day_type_name")),
        sqlite_autoincrement=True,
    )


def create_level() -> None:
    """Make it."""
    op.create_table(
        "level",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_level")),
        sa.UniqueConstraint("name", name=op.f("uq_level_name")),
        sqlite_autoincrement=True,
    )


def create_schedule() -> None:
    """Make it."""
    op.create_table(
        "schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("always", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
        sa.UniqueConstraint("name", name=op.f("uq_schedule_name")),
        sqlite_autoincrement=True,
    )


def create_site() -> None:
    """Make it."""
    op.create_table(
        "site",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("short_name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("restored_at", UtcTime(), nullable=True),
        sa.Column("keys_n", sa.BigInteger(), nullable=False),
        sa.Column("keys_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("tls_current", sa.LargeBinary(), nullable=True),
        sa.Column("tls_next", sa.LargeBinary(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )


def create_badge() -> None:
    """Make it."""
    op.create_table(
        "badge",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_ref", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("facility_code", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("canonical", sa.String(length=80), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("status_at", UtcTime(), nullable=False),
        sa.Column("valid_from", UtcTime(), nullable=True),
        sa.Column("valid_until", UtcTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_ref"], ["cardholder.ref"], name=op.f("fk_badge_person_ref_cardholder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge")),
        sa.UniqueConstraint("canonical", name=op.f("uq_badge_canonical")),
    )
    op.create_index(op.f("ix_badge_person_ref"), "badge", ["person_ref"], unique=False)


def create_building() -> None:
    """Make it."""
    op.create_table(
        "building",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_building_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sqlite_autoincrement=True,
    )


def create_calendar_day() -> None:
    """Make it."""
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("day_type_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["day_type_id"], ["day_type.id"], name=op.f("fk_calendar_day_day_type_id_day_type")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )


def create_group_level() -> None:
    """Make it."""
    op.create_table(
        "group_level",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("level_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["person_group.id"], name=op.f("fk_group_level_group_id_person_group")),
        sa.ForeignKeyConstraint(["level_id"], ["level.id"], name=op.f("fk_group_level_level_id_level")),
        sa.PrimaryKeyConstraint("group_id", "level_id", name=op.f("pk_group_level")),
    )
    op.create_index(op.f("ix_group_level_level_id"), "group_level", ["level_id"], unique=False)


def create_person_level() -> None:
    """Make it."""
    op.create_table(
        "person_level",
        sa.Column("person_ref", sa.Integer(), nullable=False),
        sa.Column("level_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["level_id"], ["level.id"], name=op.f("fk_person_level_level_id_level")),
        sa.ForeignKeyConstraint(["person_ref"], ["cardholder.ref"], name=op.f("fk_person_level_person_ref_cardholder")),
        sa.PrimaryKeyConstraint("person_ref", "level_id", name=op.f("pk_person_level")),
    )
    op.create_index(op.f("ix_person_level_level_id"), "person_level", ["level_id"], unique=False)


def create_schedule_interval() -> None:
    """Make it."""
    op.create_table(
        "schedule_interval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("day_type_id", sa.Integer(), nullable=True),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["day_type_id"], ["day_type.id"], name=op.f("fk_schedule_interval_day_type_id_day_type")
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedule.id"], name=op.f("fk_schedule_interval_schedule_id_schedule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_interval")),
    )
    op.create_index(op.f("ix_schedule_interval_schedule_id"), "schedule_interval", ["schedule_id"], unique=False)


def create_bridge() -> None:
    """Make it."""
    op.create_table(
        "bridge",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("digest_key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("code_digest", sa.LargeBinary(), nullable=True),
        sa.Column("code_until", UtcTime(), nullable=True),
        sa.Column("address", sa.String(length=120), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("policy_n", sa.BigInteger(), nullable=False),
        sa.Column("orders_n", sa.BigInteger(), nullable=False),
        sa.Column("policy_stale", sa.Boolean(), nullable=False),
        sa.Column("policy_error", sa.Text(), nullable=True),
        sa.Column("status", sa.JSON(), nullable=True),
        sa.Column("status_at", UtcTime(), nullable=True),
        sa.Column("in_force", sa.JSON(), nullable=False),
        sa.Column("instance", sa.String(length=36), nullable=True),
        sa.Column("instance_at", UtcTime(), nullable=True),
        sa.Column("rival_at", UtcTime(), nullable=True),
        sa.Column("duplicate_at", UtcTime(), nullable=True),
        sa.Column("neighbour_address", sa.String(length=260), nullable=True),
        sa.Column("neighbour_address_set", sa.String(length=260), nullable=True),
        sa.Column("neighbour_version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_bridge_building_id_building")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bridge")),
    )
    op.create_index(op.f("ix_bridge_building_id"), "bridge", ["building_id"], unique=False)


def create_zone() -> None:
    """Make it."""
    op.create_table(
        "zone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_zone_building_id_building")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_zone_building_id"), "zone", ["building_id"], unique=False)


def create_board() -> None:
    """Make it."""
    op.create_table(
        "board",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("port", sa.String(length=40), nullable=False),
        sa.Column("address", sa.Integer(), nullable=False),
        sa.Column("outputs", sa.Integer(), nullable=False),
        sa.Column("inputs", sa.Integer(), nullable=False),
        sa.Column("osdp", sa.Boolean(), nullable=False),
        sa.Column("hardware_pulse", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_board_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_board_bridge_id"), "board", ["bridge_id"], unique=False)


def create_door() -> None:
    """Make it."""
    op.create_table(
        "door",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=True),
        sa.Column("bridge_id", sa.String(length=36), nullable=True),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("door_class", sa.String(length=40), nullable=False),
        sa.Column("lock_kind", sa.String(length=40), nullable=False),
        sa.Column("lock_output", sa.String(length=40), nullable=False),
        sa.Column("unlock_when", sa.String(length=40), nullable=False),
        sa.Column("fire_rated", sa.Boolean(), nullable=False),
        sa.Column("fire_action", sa.String(length=40), nullable=False),
        sa.Column("fire_manual_reset", sa.Boolean(), nullable=False),
        sa.Column("fire_input", sa.String(length=40), nullable=True),
        sa.Column("rex_unlocks", sa.Boolean(), nullable=False),
        sa.Column("secure_side", sa.Boolean(), nullable=False),
        sa.Column("bench_override", sa.String(length=300), nullable=True),
        sa.Column("contact", sa.String(length=40), nullable=True),
        sa.Column("rex", sa.String(length=40), nullable=True),
        sa.Column("latch", sa.String(length=40), nullable=True),
        sa.Column("relock", sa.String(length=40), nullable=False),
        sa.Column("timing", sa.JSON(), nullable=False),
        sa.Column("unlock_schedule_id", sa.Integer(), nullable=True),
        sa.Column("evacuate_unlock", sa.Boolean(), nullable=False),
        sa.Column("out_of_service", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_door_bridge_id_bridge")),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_door_building_id_building")),
        sa.ForeignKeyConstraint(
            ["unlock_schedule_id"], ["schedule.id"], name=op.f("fk_door_unlock_schedule_id_schedule")
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_door_zone_id_zone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door")),
        sa.UniqueConstraint("building_id", "number", name=op.f("uq_door_building_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_door_bridge_id"), "door", ["bridge_id"], unique=False)
    op.create_index(op.f("ix_door_building_id"), "door", ["building_id"], unique=False)
    op.create_index(op.f("ix_door_zone_id"), "door", ["zone_id"], unique=False)


def create_door_group() -> None:
    """Make it."""
    op.create_table(
        "door_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("doors", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_door_group_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_group")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_door_group_bridge_id"), "door_group", ["bridge_id"], unique=False)


def create_published_document() -> None:
    """Make it."""
    op.create_table(
        "published_document",
        sa.Column("bridge_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_published_document_bridge_id_bridge")),
        sa.PrimaryKeyConstraint("bridge_id", "kind", name=op.f("pk_published_document")),
    )


def create_level_door() -> None:
    """Make it."""
    op.create_table(
        "level_door",
        sa.Column("level_id", sa.Integer(), nullable=False),
        sa.Column("door_id", sa.Integer(), nullable=False),
        sa.Column("deny", sa.Boolean(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("fk_level_door_door_id_door")),
        sa.ForeignKeyConstraint(["level_id"], ["level.id"], name=op.f("fk_level_door_level_id_level")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"], name=op.f("fk_level_door_schedule_id_schedule")),
        sa.PrimaryKeyConstraint("level_id", "door_id", "deny", name=op.f("pk_level_door")),
    )
    op.create_index(op.f("ix_level_door_door_id"), "level_door", ["door_id"], unique=False)
    op.create_index(op.f("ix_level_door_schedule_id"), "level_door", ["schedule_id"], unique=False)


def create_reader() -> None:
    """Make it."""
    op.create_table(
        "reader",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("door_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("port", sa.String(length=40), nullable=False),
        sa.Column("address", sa.Integer(), nullable=False),
        sa.Column("formats", sa.JSON(), nullable=False),
        sa.Column("facility_codes", sa.JSON(), nullable=False),
        sa.Column("copyable", sa.JSON(), nullable=False),
        sa.Column("pin_schedule_id", sa.Integer(), nullable=True),
        sa.Column("takes_passes", sa.Boolean(), nullable=False),
        sa.Column("takes_releases", sa.Boolean(), nullable=False),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("fk_reader_door_id_door")),
        sa.ForeignKeyConstraint(["pin_schedule_id"], ["schedule.id"], name=op.f("fk_reader_pin_schedule_id_schedule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_reader_door_id"), "reader", ["door_id"], unique=False)


TABLES = {
    "day_type": create_day_type,
    "level": create_level,
    "schedule": create_schedule,
    "site": create_site,
    "badge": create_badge,
    "building": create_building,
    "calendar_day": create_calendar_day,
    "group_level": create_group_level,
    "person_level": create_person_level,
    "schedule_interval": create_schedule_interval,
    "bridge": create_bridge,
    "zone": create_zone,
    "board": create_board,
    "door": create_door,
    "door_group": create_door_group,
    "published_document": create_published_document,
    "level_door": create_level_door,
    "reader": create_reader,
}
