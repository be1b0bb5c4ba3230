"""What the demo's school asks of its bridge: levels, hours, badges and passes, as a draft of a Policy.

In the demo it is always a school morning: the school day began two hours before the demo was started.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from access_control.core.decision.building import Timetable
from access_control.core.decision.model import Revision
from access_control.core.wire.policy_draft import Badge, Level, Person, PolicyDraft
from access_control.demo import building
from access_control.demo.building import BUSES, GYM, KITCHEN, LIBRARY, MAIN, OFFICES, ROOM_101, SCIENCE
from access_control.demo.people import CHARACTERS
from access_control.demo.people import Level as Named

SITE: Final = "01939a5e-7c00-7000-8000-00000000c001"
SITE_CODE: Final = 0x5C_40_01
BRIDGE: Final = "01939a5e-7c00-7000-8000-00000000b001"
PASS_KEY: Final = 1
HORIZON_DAYS: Final = 400
ALWAYS: Final = Timetable(always=True)
_SCHOOL_WEEK: Final = 5


def spans(opening: datetime, hours: float) -> Timetable:
    """So many hours from ``opening`` on, each school day until the horizon. The first day is one, whatever its name."""
    days = [opening + timedelta(days=n) for n in range(HORIZON_DAYS)]
    school = [day for day in days if day == opening or day.weekday() < _SCHOOL_WEEK]
    starts = tuple(int(day.timestamp()) for day in school)
    return Timetable(starts=starts, ends=tuple(start + int(hours * 3600) for start in starts))


def levels(now: datetime) -> tuple[Level, ...]:
    """Which doors each level opens, and when."""
    morning = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    day, staff_day = spans(morning, 9), spans(morning - timedelta(hours=1), 14)
    evening = spans(morning + timedelta(hours=7), 4)
    everywhere = tuple(building.NAMES)
    return (
        Level(Named.STUDENTS, dict.fromkeys((MAIN, GYM, BUSES, ROOM_101, SCIENCE, LIBRARY), day)),
        Level(Named.TEACHERS, dict.fromkeys((MAIN, GYM, BUSES, OFFICES, ROOM_101, SCIENCE, LIBRARY), staff_day)),
        Level(Named.OFFICE, dict.fromkeys(everywhere, ALWAYS)),
        Level(Named.KITCHEN, dict.fromkeys((KITCHEN, MAIN), staff_day), {SCIENCE: ALWAYS}),
        Level(Named.FACILITIES, dict.fromkeys(everywhere, ALWAYS)),
        Level(Named.EVENING, dict.fromkeys(everywhere, evening)),
        Level(Named.RESPONDERS, dict.fromkeys(everywhere, ALWAYS)),
    )


def policy_draft(now: datetime, revision: Revision, pass_key: bytes) -> PolicyDraft:
    """Everything the demo's bridge shall know, as of ``now`` (aware UTC); ``pass_key`` is public and signs passes."""
    return PolicyDraft(
        site=SITE,
        site_code=SITE_CODE,
        bridge=BRIDGE,
        revision=revision,
        made_at=now,
        horizon=int((now + timedelta(days=HORIZON_DAYS + 1)).timestamp()),
        doors=building.DOORS,
        readers=building.READERS,
        boards=building.BOARDS,
        levels=levels(now),
        people=[Person(c.ref, c.holder_class, tuple(map(int, c.levels)), extended=c.extended) for c in CHARACTERS],
        badges=[Badge(c.credential, c.ref, c.status) for c in CHARACTERS],
        pass_keys={PASS_KEY: pass_key},
        pass_groups={building.VESTIBULE_GROUP: {MAIN}},
    )
