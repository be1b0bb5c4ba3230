"""Rows of people: who they are, which groups they are in, what they hold, and what they did last week."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from access_control.core.decision.model import BadgeStatus, HolderClass
from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import severity_of
from access_control.demo.history import Happening, uuid7
from access_control.demo.hours import LEVELS
from access_control.demo.plan import BY_ID, Side
from access_control.demo.population import GROUP_NAMES, everybody
from access_control.people.models import Cardholder, Group, Membership
from access_control.people.names import search_name
from access_control.readers.models import Badge, GroupLevel
from access_control.readers.records import EventRow, Presence, StreamPosition

ADMITTED: Final = frozenset({Reason.ACCESS_GRANTED, Reason.GRANTED_EXTENDED, Reason.GRANTED_RESPONDER})
INSIDE_S: Final = 8 * 3600


def add_people(session: Session, at: datetime) -> None:
    """Groups with their levels, people and badges."""
    session.execute(
        insert(Group), [{"id": group.value, "name": name, "version": 1} for group, name in GROUP_NAMES.items()]
    )
    session.execute(
        insert(GroupLevel),
        [{"group_id": group.value, "level_id": level} for level, plan in LEVELS.items() for group in plan.groups],
    )
    session.execute(insert(Cardholder), [_person(character.ref) for character in everybody()])
    session.execute(
        insert(Membership),
        [{"person_ref": c.ref, "group_id": c.group.value} for c in everybody() if c.group is not None],
    )
    random = Random(3)  # noqa: S311 - these only name rows
    session.execute(
        insert(Badge),
        [
            {
                "id": uuid7(at, random),
                "person_ref": c.ref,
                "format": c.badge.format,
                "facility_code": c.badge.facility_code,
                "number": c.badge.key.rpartition(":")[2],
                "canonical": c.badge.key,
                "label": c.label,
                "status": c.status,
                "status_at": at - timedelta(days=90 if c.status is BadgeStatus.ACTIVE else 9),
                "version": 1,
            }
            for c in everybody()
        ],
    )


def _person(ref: int) -> dict[str, Any]:
    character = everybody()[ref - 1]
    student = character.holder_class is HolderClass.STUDENT
    return {
        "ref": ref,
        "given_name": character.given,
        "family_name": character.family,
        "search_name": search_name(character.given, character.family),
        "holder_class": character.holder_class,
        "unit": character.unit,
        "external_id": f"S{26000 + ref}" if student else None,
        "active": character.active,
        "extended": character.extended,
        "version": 1,
    }


def add_history(session: Session, bridges: Mapping[Side, str], happened: Sequence[Happening]) -> None:
    """Past events as if the bridges had sent them, in a stream of their own, and who is inside because of them."""
    random = Random(4)  # noqa: S311 - as above
    for side, bridge in bridges.items():
        stream = str(uuid.uuid4())
        mine = [what for what in happened if what.side is side]
        rows = [_event(bridge, stream, seq, what, random) for seq, what in enumerate(mine, 1)]
        if rows:
            session.execute(insert(EventRow), rows)
            session.add(StreamPosition(bridge_id=bridge, stream=stream, seq=len(rows)))
    inside = _inside(happened)
    if inside:
        session.execute(insert(Presence), inside)


def _event(bridge: str, stream: str, seq: int, what: Happening, random: Random) -> dict[str, Any]:
    return {
        "bridge_id": bridge,
        "stream": stream,
        "seq": seq,
        "id": uuid7(what.at, random),
        "at": what.at,
        "received_at": what.at + timedelta(milliseconds=random.randrange(20, 400)),
        "code": what.code.value if isinstance(what.code, Reason) else str(what.code),
        "severity": severity_of(what.code),
        "door_id": what.door,
        "reader_id": what.door if what.reader else None,
        "holder_ref": what.holder,
        "drill": False,
        "flagged": False,
        "detail": {},
    }


def _inside(happened: Sequence[Happening]) -> list[dict[str, Any]]:
    """Where each person was last admitted, if that was within a school day of the last event."""
    if not happened:
        return []
    since = happened[-1].at - timedelta(seconds=INSIDE_S)
    last = {
        what.holder: {
            "person_ref": what.holder,
            "building_id": BY_ID[what.door].side.value,
            "door_id": what.door,
            "at": what.at,
        }
        for what in happened
        if what.holder is not None and what.door is not None and what.at >= since and what.code in ADMITTED
    }
    return list(last.values())
