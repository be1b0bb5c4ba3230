"""What the school chose: typed settings of the site, each with its default and its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.emergency import DEFAULT_EMERGENCY_RULES
from access_control.core.decision.model import DoorClass, EmergencyRules
from access_control.core.decision.policy_age import DEFAULT_AGE_LIMITS
from access_control.database.errors import expect_version
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.errors import BadValueError
from access_control.readers.models import Site
from access_control.readers.site import the_site
from access_control.readers.staleness import mark_all_stale, tell_school_changed


@dataclass(frozen=True, slots=True)
class SchoolSettings:
    """The settings in force.

    Attributes:
        lockdown_locks_perimeter: A Lockdown locks outside doors too (some states demand it).
        drill_moves_doors: In a drill the locks really lock.
        pass_hours: How long a visitor's pass is good at most, 1 to 10.
        proof_limit_s: How long a door's state is believed after it was proved, 5 to 60.
        exterior_days: For how many days a bridge goes on by hours at outside doors without hearing from here that its
            rules still hold, 7 to 365; ``None`` is no limit. ``interior_days`` and ``room_days`` likewise.
    """

    lockdown_locks_perimeter: bool = True
    drill_moves_doors: bool = True
    pass_hours: int = 10
    proof_limit_s: int = 10
    exterior_days: int | None = DEFAULT_AGE_LIMITS[DoorClass.EXTERIOR]
    interior_days: int | None = DEFAULT_AGE_LIMITS[DoorClass.INTERIOR]
    room_days: int | None = DEFAULT_AGE_LIMITS[DoorClass.ROOM]


_DAYS: Final = (7, 365)
_AGES: Final = {
    DoorClass.EXTERIOR: "exterior_days",
    DoorClass.INTERIOR: "interior_days",
    DoorClass.ROOM: "room_days",
}
LIMITS: Final = {"pass_hours": (1, 10), "proof_limit_s": (5, 60), **dict.fromkeys(_AGES.values(), _DAYS)}
_IN_POLICY: Final = ("lockdown_locks_perimeter", "drill_moves_doors", *_AGES.values())


def settings_of(site: Site) -> SchoolSettings:
    """The settings of a site; what it did not choose has its default, and a name of another version is passed over."""
    names = {field.name for field in fields(SchoolSettings)}
    return replace(SchoolSettings(), **{name: value for name, value in site.settings.items() if name in names})


def school_settings(session: Session) -> SchoolSettings:
    """The settings in force."""
    return settings_of(the_site(session))


def change_settings(session: Session, at: datetime, chosen: SchoolSettings, version: int, by: str) -> Site:
    """Choose; bridges get new Policies where these hold a setting.

    Raises:
        BadValueError: A number is outside its limits.
        ConflictError: Somebody else changed the site since ``version`` was read.
    """
    lock_bridges(session)  # before the site's row: their Policies may be due
    site = the_site(session)
    expect_version(site.version, version)
    for name, (least, most) in LIMITS.items():
        value = getattr(chosen, name)
        if not (value is None and name in _AGES.values()) and not least <= value <= most:
            raise BadValueError(f"This must be {least} to {most}.", "Correct it.", name)
    before = settings_of(site)
    changed = {
        field.name: getattr(chosen, field.name)
        for field in fields(SchoolSettings)
        if getattr(chosen, field.name) != getattr(before, field.name)
    }
    if changed:
        site.settings = {**site.settings, **changed}
        session.flush()
        record(session, at, actor=by, action="setting.changed", subject=f"site:{site.id}", facts=changed)
        if changed.keys() & set(_IN_POLICY):
            mark_all_stale(session)
        tell_school_changed(session, "settings")
    return site


def emergency_rules(site: Site) -> EmergencyRules:
    """What a school chose for emergencies, as a Policy says it."""
    chosen = settings_of(site)
    return EmergencyRules(
        admitted=DEFAULT_EMERGENCY_RULES.admitted,
        lockdown_locks_perimeter=chosen.lockdown_locks_perimeter,
        drill_moves_doors=chosen.drill_moves_doors,
    )


def age_limits(site: Site) -> Mapping[DoorClass, int]:
    """For how many days a Policy may be used unconfirmed, as it says it itself: no limit where none is named."""
    chosen = settings_of(site)
    days = {door_class: getattr(chosen, name) for door_class, name in _AGES.items()}
    return MappingProxyType({door_class: limit for door_class, limit in days.items() if limit is not None})
