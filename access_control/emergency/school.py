"""What starting an emergency needs to know of the school, as one value that is kept in memory.

A lockdown must start while the database is locked or dead, so nothing here is asked for at that moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.emergency import DEFAULT_EMERGENCY_RULES, Directive, effect_on
from access_control.core.decision.model import DoorClass, EmergencyAction, EmergencyRules
from access_control.core.decision.slots import Effect
from access_control.emergency.errors import UnknownScopeError
from access_control.emergency.words import place_words
from access_control.people.permissions import Place
from access_control.readers.models import Bridge, BridgeState, Building, Door, Site, Zone
from access_control.readers.records import DirectiveRow, ReleaseRow
from access_control.readers.settings import emergency_rules, settings_of
from access_control.typed_numbers import number_or_none


@dataclass(frozen=True, slots=True)
class KnownDoor:
    """A door as far as emergencies go. ``bridge`` is ``None`` where no confirmed bridge runs it."""

    id: int
    number: str
    name: str
    building: int
    zone: int | None
    bridge: str | None
    door_class: DoorClass
    evacuate_unlock: bool


@dataclass(frozen=True, slots=True)
class Running:
    """A directive that is not released everywhere.

    Attributes:
        released: The doors that releases of a part cover.
        by_name: Who raised it, as people say it.
        saved: Whether the database holds it yet.
    """

    directive: Directive
    by_name: str
    released: frozenset[int] = frozenset()
    saved: bool = True


@dataclass(frozen=True, slots=True)
class School:
    """The site as it was when last read.

    Attributes:
        site: The site's UUID.
        buildings: Names by number; likewise ``zones``.
        zone_building: Which building a zone lies in.
        bridges: Names of the confirmed bridges by UUID.
        proof_limit_s: How long a bridge's word on its doors is believed.
        running: Every directive in force, the oldest first.
    """

    site: str
    name: str
    buildings: Mapping[int, str]
    zones: Mapping[int, str]
    zone_building: Mapping[int, int]
    bridges: Mapping[str, str]
    doors: Mapping[int, KnownDoor]
    rules: EmergencyRules = DEFAULT_EMERGENCY_RULES
    proof_limit_s: float = 10.0
    running: tuple[Running, ...] = field(default=())

    def doors_in(self, scope: str) -> frozenset[int]:
        """The doors that a scope means now.

        Raises:
            UnknownScopeError: It is not ``site``, a building or a zone of this school.
        """
        place = self.place_of(scope)
        if place.zone is not None:
            return frozenset(door.id for door in self.doors.values() if door.zone == place.zone)
        if place.building is not None:
            return frozenset(door.id for door in self.doors.values() if door.building == place.building)
        return frozenset(self.doors)

    def place_of(self, scope: str) -> Place:
        """Where a scope lies, for judging a permission.

        Raises:
            UnknownScopeError: As :meth:`doors_in`.
        """
        kind, _, text = scope.partition(":")
        number = number_or_none(text)
        if scope == "site":
            return Place(self.site)
        if number is None or text != str(number):
            raise UnknownScopeError(scope)
        if kind == "building" and number in self.buildings:
            return Place(self.site, number)
        if kind == "zone" and number in self.zones:
            return Place(self.site, self.zone_building[number], number)
        raise UnknownScopeError(scope)

    def in_scope(self, directive: Directive) -> frozenset[int]:
        """The doors a directive holds at: those it meant when raised, and what its scope means now."""
        try:
            now = self.doors_in(directive.scope)
        except UnknownScopeError:
            now = frozenset()
        return (directive.doors | now) & frozenset(self.doors)

    def bridges_of(self, doors: Iterable[int]) -> tuple[str, ...]:
        """The bridges that run these doors, in order of their names."""
        found = {bridge for door in doors if (bridge := self.doors[door].bridge) is not None}
        return tuple(sorted(found, key=lambda bridge: (self.bridges[bridge], bridge)))

    def effect_at(self, door: int, action: EmergencyAction, *, drill: bool) -> Effect | None:
        """What an action does to a door's lock; ``None`` where it leaves it alone."""
        if drill and not self.rules.drill_moves_doors:
            return None
        known = self.doors[door]
        found = effect_on(action, known.door_class, self.rules, evacuate_unlock=known.evacuate_unlock)
        return None if found is None else found[1]

    def where(self, directive: Directive) -> str:
        """A directive's scope in words."""
        return place_words(directive.scope, self.buildings, self.zones, len(directive.doors))


def read_school(session: Session) -> School | None:
    """Read what emergencies need; ``None`` before the site was created."""
    site = session.scalars(select(Site).order_by(Site.id).limit(1)).first()
    if site is None:
        return None
    zones = session.scalars(select(Zone)).all()
    bridges = {
        bridge.id: bridge.name
        for bridge in session.scalars(select(Bridge).where(Bridge.state == BridgeState.CONFIRMED))
    }
    return School(
        site=site.id,
        name=site.name,
        buildings={building.id: building.name for building in session.scalars(select(Building).order_by(Building.id))},
        zones={zone.id: zone.name for zone in zones},
        zone_building={zone.id: zone.building_id for zone in zones},
        bridges=bridges,
        doors={door.id: _known(door, bridges) for door in session.scalars(select(Door).order_by(Door.id))},
        rules=emergency_rules(site),
        proof_limit_s=settings_of(site).proof_limit_s,
        running=tuple(_running(session)),
    )


def _known(door: Door, bridges: Mapping[str, str]) -> KnownDoor:
    return KnownDoor(
        id=door.id,
        number=door.number,
        name=door.name,
        building=door.building_id,
        zone=door.zone_id,
        bridge=door.bridge_id if door.bridge_id in bridges else None,
        door_class=door.door_class,
        evacuate_unlock=door.evacuate_unlock,
    )


def _running(session: Session) -> Iterable[Running]:
    rows = session.scalars(
        select(DirectiveRow).where(DirectiveRow.ended_at.is_(None)).order_by(DirectiveRow.started_at, DirectiveRow.id)
    ).all()
    staged = staged_releases(session, [row.id for row in rows])
    for row in rows:
        yield Running(directive_of(row), row.by_name, staged.get(row.id, frozenset()))


def staged_releases(session: Session, directives: Collection[str]) -> dict[str, frozenset[int]]:
    """The doors that releases of parts have freed, by directive; one without such a release is left out."""
    staged: dict[str, frozenset[int]] = {}
    for release in session.scalars(select(ReleaseRow).where(ReleaseRow.directive_id.in_(directives))):
        staged[release.directive_id] = staged.get(release.directive_id, frozenset()) | frozenset(release.doors or ())
    return staged


def directive_of(row: DirectiveRow) -> Directive:
    """A stored directive as ``core`` knows it."""
    return Directive(
        id=row.id,
        action=row.action,
        scope=row.scope,
        doors=frozenset(row.doors),
        origin=row.origin,
        by=row.by,
        drill=row.drill,
        started_at=row.started_at.replace(microsecond=row.started_at.microsecond // 1000 * 1000),
    )
