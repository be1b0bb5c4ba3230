"""What an operator may do: every permission is a verb, a role is a named set of them, a grant is a role within a scope.

The enum is complete from the start, so that a role means the same in every version; what no page offers yet is simply
not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Permission(StrEnum):
    """Everything that can be allowed. Each endpoint of the service names exactly one."""

    SELF = "self"
    """One's own name, password and look; everybody who is signed in has it."""

    LIVE_VIEW = "live.view"
    EVENT_VIEW = "event.view"
    EVENT_EXPORT = "event.export"
    ALARM_ACKNOWLEDGE = "alarm.acknowledge"
    DOOR_VIEW = "door.view"
    DOOR_UNLOCK_ONCE = "door.unlock_once"
    DOOR_OVERRIDE = "door.override"
    DOOR_EDIT = "door.edit"
    READER_EDIT = "reader.edit"
    READER_COMMISSION = "reader.commission"
    BRIDGE_VIEW = "bridge.view"
    BRIDGE_ADD = "bridge.add"
    BRIDGE_CONFIRM = "bridge.confirm"
    BRIDGE_REVOKE = "bridge.revoke"

    PERSON_VIEW = "person.view"
    PERSON_EDIT = "person.edit"
    PERSON_IMPORT = "person.import"
    PERSON_ERASE = "person.erase"
    GUARDIAN_VIEW = "guardian.view"
    GUARDIAN_EDIT = "guardian.edit"
    BADGE_VIEW = "badge.view"
    BADGE_EDIT = "badge.edit"
    BADGE_REVOKE = "badge.revoke"
    LEVEL_VIEW = "level.view"
    LEVEL_EDIT = "level.edit"
    SCHEDULE_VIEW = "schedule.view"
    SCHEDULE_EDIT = "schedule.edit"
    WHY_ASK = "why.ask"
    PRESENCE_VIEW = "presence.view"

    VISITOR_VIEW = "visitor.view"
    VISITOR_CHECK_IN = "visitor.check_in"
    VISITOR_SIGN_OUT = "visitor.sign_out"
    VISITOR_EXPECT = "visitor.expect"
    SCREENING_VIEW = "screening.view"
    SCREENING_DECIDE = "screening.decide"
    BANNED_VIEW = "banned.view"
    BANNED_EDIT = "banned.edit"
    PICKUP_VIEW = "pickup.view"
    PICKUP_RELEASE = "pickup.release"
    CUSTODY_VIEW = "custody.view"
    CUSTODY_EDIT = "custody.edit"
    CONTRACTOR_VIEW = "contractor.view"
    CONTRACTOR_EDIT = "contractor.edit"
    KIOSK_EDIT = "kiosk.edit"

    EMERGENCY_START = "emergency.start"
    EMERGENCY_VIEW = "emergency.view"
    EMERGENCY_GO = "emergency.go"
    EMERGENCY_RELEASE = "emergency.release"
    EMERGENCY_EDIT = "emergency.edit"
    ALERT_SEND = "alert.send"
    MUSTER_VIEW = "muster.view"
    MUSTER_REPORT = "muster.report"
    RESPONDER_VIEW = "responder.view"
    DRILL_VIEW = "drill.view"
    DRILL_EDIT = "drill.edit"

    REPORT_VIEW = "report.view"
    REVIEW_DO = "review.do"
    ANOMALY_VIEW = "anomaly.view"
    ASSESSMENT_VIEW = "assessment.view"
    ASSESSMENT_EDIT = "assessment.edit"

    OPERATOR_VIEW = "operator.view"
    OPERATOR_EDIT = "operator.edit"
    AUDIT_VIEW = "audit.view"
    SETTING_VIEW = "setting.view"
    SETTING_EDIT = "setting.edit"
    DEVICE_ENROL = "device.enrol"
    TOKEN_EDIT = "token.edit"
    BACKUP_MAKE = "backup.make"
    METRICS_VIEW = "metrics.view"


class Role(StrEnum):
    """Named sets of permissions."""

    FRONT_DESK = "front_desk"
    ADMINISTRATOR = "administrator"
    INSTALLER = "installer"


ROLE_NAMES: Final[Mapping[Role, str]] = {
    Role.FRONT_DESK: "Front desk",
    Role.ADMINISTRATOR: "Administrator",
    Role.INSTALLER: "Installer",
}

ROLES: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.FRONT_DESK: frozenset(
        {
            Permission.SELF,
            Permission.LIVE_VIEW,
            Permission.EVENT_VIEW,
            Permission.ALARM_ACKNOWLEDGE,
            Permission.DOOR_VIEW,
            Permission.DOOR_UNLOCK_ONCE,
            Permission.PERSON_VIEW,
            Permission.BADGE_VIEW,
            Permission.BADGE_REVOKE,
            Permission.WHY_ASK,
            Permission.PRESENCE_VIEW,
            Permission.VISITOR_VIEW,
            Permission.VISITOR_CHECK_IN,
            Permission.VISITOR_SIGN_OUT,
            Permission.VISITOR_EXPECT,
            Permission.PICKUP_VIEW,
            Permission.PICKUP_RELEASE,
            Permission.CONTRACTOR_VIEW,
            Permission.EMERGENCY_START,
            Permission.EMERGENCY_VIEW,
            Permission.EMERGENCY_GO,
            Permission.MUSTER_VIEW,
            Permission.MUSTER_REPORT,
        }
    ),
    # Doors, not people: no names, no badges, no visitors, no emergencies but to see that there is one.
    Role.INSTALLER: frozenset(
        {
            Permission.SELF,
            Permission.LIVE_VIEW,
            Permission.DOOR_VIEW,
            Permission.DOOR_UNLOCK_ONCE,
            Permission.DOOR_EDIT,
            Permission.READER_EDIT,
            Permission.READER_COMMISSION,
            Permission.BRIDGE_VIEW,
            Permission.BRIDGE_ADD,
            Permission.SCHEDULE_VIEW,
            Permission.EMERGENCY_VIEW,
            Permission.METRICS_VIEW,
        }
    ),
    Role.ADMINISTRATOR: frozenset(Permission),
}


class ScopeKind(StrEnum):
    """How far a grant reaches, widest first."""

    DISTRICT = "district"
    SITE = "site"
    BUILDING = "building"
    ZONE = "zone"


@dataclass(frozen=True, slots=True)
class Place:
    """A site, a building in it or a zone in that; without any of these the whole district."""

    site: str | None = None
    building: int | None = None
    zone: int | None = None

    def __post_init__(self) -> None:
        """Refuse a zone without its building and a building without its site: nobody could tell what lies in what."""
        if (self.zone is not None and self.building is None) or (self.building is not None and not self.site):
            raise ValueError(f"{self} leaves a step out")

    @property
    def kind(self) -> ScopeKind:
        """How far it reaches."""
        if self.zone is not None:
            return ScopeKind.ZONE
        if self.building is not None:
            return ScopeKind.BUILDING
        return ScopeKind.DISTRICT if self.site is None else ScopeKind.SITE

    @property
    def path(self) -> str:
        """As a grant keeps it: empty, ``SITE``, ``SITE/BUILDING`` or ``SITE/BUILDING/ZONE``."""
        return "/".join(str(step) for step in (self.site, self.building, self.zone) if step is not None)

    @classmethod
    def of(cls, path: str) -> Place:
        """The place behind a path.

        Raises:
            ValueError: It is not one.
        """
        site, *inner = path.split("/") if path else (None,)
        if len(inner) > 2:
            raise ValueError(f"{path!r} is no place")
        return cls(site, *map(int, inner))

    def contains(self, other: Place) -> bool:
        """Whether another place is this one or lies in it."""
        return (
            (self.site is None or self.site == other.site)
            and (self.building is None or self.building == other.building)
            and (self.zone is None or self.zone == other.zone)
        )


DISTRICT: Final = Place()


@dataclass(frozen=True, slots=True)
class ActiveGrant:
    """A role within a scope, until ``ends_at``."""

    role: Role
    scope: Place = DISTRICT
    ends_at: datetime | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """What it allows."""
        return ROLES[self.role]

    def outlasts(self, other: ActiveGrant) -> bool:
        """Whether it does not end before another."""
        return self.ends_at is None or (other.ends_at is not None and other.ends_at <= self.ends_at)


@dataclass(frozen=True, slots=True)
class Actor:
    """An operator as of one moment: who acts, and what they may.

    Attributes:
        id: The operator's UUID.
        grants: Those that had not ended.
        settings: Their own choices.
        session_salt: What a session must carry to be theirs; never shown.
    """

    id: str
    name: str
    login: str
    grants: tuple[ActiveGrant, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    session_salt: str = field(default="", repr=False)

    def may(self, permission: Permission, place: Place | None = None) -> bool:
        """Whether a grant allows it there; without a place, whether one allows it anywhere at all."""
        if permission is Permission.SELF:
            return True
        return any(
            permission in grant.permissions and (place is None or grant.scope.contains(place)) for grant in self.grants
        )

    def may_site_wide(self, permission: Permission) -> bool:
        """Whether a grant allows it in every building; one school is one site."""
        return any(permission in grant.permissions and grant.scope.building is None for grant in self.grants)

    def holds(self, other: ActiveGrant) -> bool:
        """Whether they hold everything that a grant allows, where and for as long as it does."""
        mine = [grant for grant in self.grants if grant.scope.contains(other.scope) and grant.outlasts(other)]
        return other.permissions <= frozenset[Permission]().union(*(grant.permissions for grant in mine))

    @property
    def permissions(self) -> frozenset[Permission]:
        """What is allowed to them anywhere."""
        return frozenset().union({Permission.SELF}, *(grant.permissions for grant in self.grants))

    @property
    def reference(self) -> str:
        """As the audit and documents name them: ``operator:UUID``."""
        return f"operator:{self.id}"
