"""Check-in is closed while an emergency means the vestibule, and only then."""

from __future__ import annotations

import pytest

from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.directives import seal_directive, seal_release
from access_control.database.ids import new_id
from access_control.readers.models import DoorGroup
from access_control.readers.orders import add_directive, add_release
from access_control.visitors.opening import is_closed
from tests.building.tiny_school import SITE
from tests.building.visits import AT, DeskSchool


def start(school: DeskSchool, action: EmergencyAction, doors: set[int], scope: str = "site") -> Directive:
    by = school.principal.reference
    directive = Directive(new_id(AT), action, scope, frozenset(doors), "service", by, drill=False, started_at=AT)
    with school.database.writing() as session:
        sealed = seal_directive(directive, school.keys.document, site=SITE)
        add_directive(session, school.keys, AT, directive, [sealed], by_name="A. Rivera")
    return directive


def closed(school: DeskSchool) -> tuple[bool, bool]:
    """For expected visitors, and for those who just come."""
    with school.database.reading() as session:
        return is_closed(session, expected=True), is_closed(session, expected=False)


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        (EmergencyAction.LOCKDOWN, (True, True)),
        (EmergencyAction.SECURE, (False, True)),
        (EmergencyAction.HOLD, (False, False)),
        (EmergencyAction.SHELTER, (False, False)),
        (EmergencyAction.EVACUATE, (False, False)),
    ],
)
def test_which_emergencies_close_the_desk(
    school: DeskSchool, action: EmergencyAction, answer: tuple[bool, bool]
) -> None:
    assert closed(school) == (False, False)
    start(school, action, {1, 2, 3, 4})
    assert closed(school) == answer


def test_a_release_opens_it_again(school: DeskSchool) -> None:
    directive = start(school, EmergencyAction.LOCKDOWN, {1})
    release = Release(new_id(AT), directive.id, None, directive.by, None, "everybody is safe", AT)
    with school.database.writing() as session:
        sealed = seal_release(release, school.keys.document, site=SITE)
        add_release(session, school.keys, AT, release, sealed, by_name="A. Rivera")
    assert closed(school) == (False, False)


def test_the_doors_of_the_start_count_as_well_as_those_of_now(school: DeskSchool) -> None:
    start(school, EmergencyAction.LOCKDOWN, {1}, "building:999")
    assert closed(school) == (True, True)


def test_where_no_door_takes_passes_every_lockdown_closes_it(school: DeskSchool) -> None:
    with school.database.writing() as session:
        for group in session.query(DoorGroup):
            session.delete(group)
    start(school, EmergencyAction.LOCKDOWN, {4}, "building:2")
    assert closed(school) == (True, True)
