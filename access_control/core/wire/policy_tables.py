"""The small tables of a Policy, both ways: grants, level sets, emergency rules, keys, groups, scopes, neighbours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from access_control.core.decision.model import DoorClass, EmergencyAction, EmergencyRules, HolderClass, Timetable
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy_draft import Level
from access_control.core.wire.policy_payload import (
    AdmittedRow,
    AgeRow,
    BridgeKeyRow,
    DoorLevels,
    EmergencyRow,
    GroupRow,
    NeighbourRow,
    PassKeyRow,
    ScopeRow,
)
from access_control.core.wire.policy_people import require_ascending
from access_control.core.wire.spelling import read_bytes, read_doors, write_bytes, write_doors
from access_control.core.wire.timetables import TimetableTable, timetable_at

KEY_SIZE: Final = 32
SITE: Final = "site"
_AGES: Final = (DoorClass.EXTERIOR, DoorClass.INTERIOR, DoorClass.ROOM)  # as AgeRow has them
DoorTimetables = Mapping[int, Mapping[int, Timetable]]


def by_door(levels: Iterable[Level], *, forbid: bool) -> dict[int, dict[int, Timetable]]:
    """Turn levels inside out: for each door the levels that open it (or ``forbid`` it) and when."""
    found: dict[int, dict[int, Timetable]] = {}
    for level in levels:
        for door, timetable in (level.denials if forbid else level.grants).items():
            found.setdefault(door, {})[level.id] = timetable
    return found


def write_levels(table: DoorTimetables, timetables: TimetableTable) -> list[DoorLevels]:
    """Spell grants or denials, sorted by door and level."""
    return [
        DoorLevels(door, sorted(named), [timetables.number(named[level]) for level in sorted(named)])
        for door, named in sorted(table.items())
    ]


def read_levels(
    rows: Sequence[DoorLevels], timetables: Sequence[Timetable], doors: Collection[int], levels: frozenset[int]
) -> DoorTimetables:
    """The inverse of :func:`write_levels`.

    Raises:
        Refused: ``bad_columns``, or ``bad_reference`` for an unknown door, level or timetable.
    """
    require_ascending([row.door for row in rows], "door with levels")
    found: dict[int, Mapping[int, Timetable]] = {}
    for row in rows:
        _require_known([row.door], doors, "door")
        _require_known(row.levels, levels, "level")
        require_ascending(row.levels, "level at a door")
        if len(row.levels) != len(row.timetables):
            raise Refused(
                RefusalCode.BAD_COLUMNS,
                f"Door {row.door} has {len(row.levels)} levels and {len(row.timetables)} timetables. Publish it again.",
            )
        named = [timetable_at(timetables, number) for number in row.timetables]
        found[row.door] = MappingProxyType(dict(zip(row.levels, named, strict=True)))
    return MappingProxyType(found)


def read_level_sets(rows: Sequence[Sequence[int]], levels: frozenset[int]) -> tuple[tuple[int, ...], ...]:
    """Check the combinations of levels that people hold.

    Raises:
        Refused: ``bad_columns`` or ``bad_reference``.
    """
    for row in rows:
        _require_known(row, levels, "level")
        require_ascending(row, "level in a combination")
    return tuple(map(tuple, rows))


def write_rules(rules: EmergencyRules) -> EmergencyRow:
    """Spell a school's emergency rules."""
    return EmergencyRow(
        admitted=[
            AdmittedRow(action, door_class, sorted(rules.admitted[action, door_class]))
            for action, door_class in sorted(rules.admitted)
        ],
        lockdown_locks_perimeter=rules.lockdown_locks_perimeter,
        drill_moves_doors=rules.drill_moves_doors,
    )


def read_rules(row: EmergencyRow) -> EmergencyRules:
    """The inverse of :func:`write_rules`.

    Raises:
        Refused: ``bad_columns``: a pair of action and door class twice.
    """
    admitted: dict[tuple[EmergencyAction, DoorClass], frozenset[HolderClass]] = {}
    for entry in row.admitted:
        if (entry.action, entry.door_class) in admitted:
            raise Refused(
                RefusalCode.BAD_COLUMNS,
                f"The emergency rules say twice whom {entry.action} admits at {entry.door_class} doors. "
                "Publish the Policy again.",
            )
        admitted[entry.action, entry.door_class] = frozenset(entry.classes)
    return EmergencyRules(MappingProxyType(admitted), row.lockdown_locks_perimeter, row.drill_moves_doors)


def write_ages(limits: Mapping[DoorClass, int]) -> AgeRow:
    """Spell how many days a Policy may be used unconfirmed."""
    return AgeRow(*(limits.get(door_class) for door_class in _AGES))


def read_ages(row: AgeRow) -> Mapping[DoorClass, int]:
    """The inverse of :func:`write_ages`."""
    days = dict(zip(_AGES, (row.exterior, row.interior, row.room), strict=True))
    return MappingProxyType({door_class: limit for door_class, limit in days.items() if limit is not None})


def write_pass_keys(keys: Mapping[int, bytes]) -> list[PassKeyRow]:
    """Spell the keys that sign visitor passes."""
    return [PassKeyRow(number, write_bytes(key)) for number, key in sorted(keys.items())]


def read_pass_keys(rows: Sequence[PassKeyRow]) -> Mapping[int, bytes]:
    """The inverse of :func:`write_pass_keys`.

    Raises:
        Refused: ``bad_columns`` or ``bad_content``.
    """
    require_ascending([row.id for row in rows], "pass key")
    return MappingProxyType({row.id: read_bytes(row.key, f"pass key {row.id}", KEY_SIZE) for row in rows})


def write_groups(groups: Mapping[int, Collection[int]]) -> list[GroupRow]:
    """Spell the door groups that passes name."""
    return [GroupRow(group, write_doors(doors)) for group, doors in sorted(groups.items())]


def read_groups(rows: Sequence[GroupRow], doors: Collection[int]) -> Mapping[int, frozenset[int]]:
    """The inverse of :func:`write_groups`.

    Raises:
        Refused: ``bad_columns``, ``bad_content`` or ``bad_reference``.
    """
    require_ascending([row.id for row in rows], "door group")
    return MappingProxyType({row.id: _known_doors(row.doors, doors) for row in rows})


def write_scopes(scopes: Mapping[str, Collection[int]], doors: Collection[int]) -> list[ScopeRow]:
    """Spell the scopes; ``site`` always means every door."""
    return [ScopeRow(scope, write_doors(inside)) for scope, inside in sorted({**scopes, SITE: doors}.items())]


def read_scopes(rows: Sequence[ScopeRow], doors: Collection[int]) -> Mapping[str, frozenset[int]]:
    """The inverse of :func:`write_scopes`.

    Raises:
        Refused: ``bad_columns``, ``bad_content`` or ``bad_reference``; also when ``site`` leaves a door out.
    """
    found = {row.scope: _known_doors(row.doors, doors) for row in rows}
    if len(found) != len(rows):
        raise Refused(RefusalCode.BAD_COLUMNS, "The Policy says twice what a scope means. Publish it again.")
    if found.get(SITE) != frozenset(doors):
        raise Refused(
            RefusalCode.BAD_REFERENCE,
            "The Policy's scope “site” leaves a door out, so a lockdown of the site would too. Publish it again.",
        )
    return MappingProxyType(found)


def write_bridge_keys(bridges: Mapping[str, tuple[bytes, Collection[str]]]) -> list[BridgeKeyRow]:
    """Spell bridges, their keys, and what each may raise."""
    return [
        BridgeKeyRow(bridge, write_bytes(key), sorted(set(scopes))) for bridge, (key, scopes) in sorted(bridges.items())
    ]


def read_bridge_keys(rows: Sequence[BridgeKeyRow | NeighbourRow]) -> Mapping[str, tuple[bytes, tuple[str, ...]]]:
    """The inverse of :func:`write_bridge_keys`.

    Raises:
        Refused: ``bad_columns`` or ``bad_content``.
    """
    found = {row.bridge: (read_bytes(row.key, "key of a neighbour", KEY_SIZE), tuple(row.scopes)) for row in rows}
    if len(found) != len(rows):
        raise Refused(RefusalCode.BAD_COLUMNS, "The document lists a neighbouring bridge twice. Publish it again.")
    return MappingProxyType(found)


def write_neighbours(
    keys: Mapping[str, tuple[bytes, Collection[str]]], addresses: Mapping[str, str]
) -> list[NeighbourRow]:
    """Spell the other bridges, what each may raise, and where it listens."""
    return [NeighbourRow(row.bridge, row.key, row.scopes, addresses.get(row.bridge)) for row in write_bridge_keys(keys)]


def read_addresses(rows: Sequence[NeighbourRow]) -> Mapping[str, str]:
    """Where those neighbours listen that do, by their UUID."""
    return MappingProxyType({row.bridge: row.address for row in rows if row.address is not None})


def _known_doors(text: str, doors: Collection[int]) -> frozenset[int]:
    found = read_doors(text)
    _require_known(found, doors, "door")
    return found


def _require_known(used: Collection[int], known: Collection[int], what: str) -> None:
    if strangers := set(used).difference(known):
        raise Refused(
            RefusalCode.BAD_REFERENCE,
            f"The Policy names {what} {min(strangers)}, which it does not describe. Publish it again.",
        )
