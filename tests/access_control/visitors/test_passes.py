"""Passes: of one group of doors in one bridge, read back as they were minted, and dead when they are revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access_control.core.credentials.passes import parse
from access_control.core.decision.model import PassRevocation
from access_control.readers.models import DoorGroup
from access_control.readers.records import PassRevocationRow
from access_control.visitors.models import VisitState
from access_control.visitors.passes import good_pass, mint_pass, pass_text, revoke_passes, vestibule_group
from tests.building.tiny_school import BRIDGE
from tests.building.visits import AT, DeskSchool


def test_without_a_door_for_visitors_there_is_no_pass(school: DeskSchool) -> None:
    visit_id = school.check_in("Mara", "Quist")
    with school.database.writing() as session:
        visit = school.visit(session, visit_id)
        for group in session.query(DoorGroup):
            group.doors = []
        session.flush()
        assert vestibule_group(session) is None
        assert mint_pass(session, AT, visit) is None


def test_a_group_that_lost_its_doors_gives_way_to_the_next(school: DeskSchool) -> None:
    with school.database.writing() as session:
        first = vestibule_group(session)
        assert first is not None
        session.add(DoorGroup(bridge_id=BRIDGE, name="South", doors=[2]))
        first.doors = []
        session.flush()
        found = vestibule_group(session)
        assert found is not None
        assert found.doors == [2]


def test_the_text_says_what_is_kept_and_each_pass_has_a_number_of_its_own(school: DeskSchool) -> None:
    ids = [school.check_in("Mara", "Quist"), school.check_in("Noor", "Abidi")]
    with school.database.reading() as session:
        visits = [school.visit(session, one) for one in ids]
        kept = [visit.passes[0] for visit in visits]
        texts = [pass_text(session, school.keys, one) for one in kept]
        signed = [parse(text) for text in texts]
        read = [one.content for one in signed if one is not None]
        assert [one.pass_id for one in read] == [int(one.pass_id, 16) for one in kept]
        assert len({one.pass_id for one in read}) == 2
        assert (read[0].group, read[0].not_before) == (kept[0].group_id, int(AT.timestamp()))
        assert pass_text(session, school.keys, kept[0]) == texts[0]


@pytest.mark.parametrize(
    ("change", "good"), [(None, True), ("used_at", False), ("revoked_at", False), ("late", False), ("over", False)]
)
def test_a_pass_is_good_while_it_still_opens_a_door(school: DeskSchool, change: str | None, *, good: bool) -> None:
    visit_id = school.check_in("Mara", "Quist")
    with school.database.writing() as session:
        visit = school.visit(session, visit_id)
        (kept,) = visit.passes
        if change in {"used_at", "revoked_at"}:
            setattr(kept, str(change), AT)
        elif change == "over":
            visit.state = VisitState.SIGNED_OUT
        at = kept.not_after if change == "late" else AT + timedelta(minutes=1)
        assert (good_pass(visit, at) is kept) == good


def test_revoking_twice_is_revoking_once(school: DeskSchool) -> None:
    visit_id = school.check_in("Mara", "Quist")
    with school.database.writing() as session:
        visit = school.visit(session, visit_id)
        assert revoke_passes(session, school.keys, AT, visit, PassRevocation.SIGNED_OUT) == 1
        assert revoke_passes(session, school.keys, AT, visit, PassRevocation.CANCELLED) == 0
        (row,) = session.query(PassRevocationRow).all()
        assert (row.why, row.bridge_id) == (PassRevocation.SIGNED_OUT, BRIDGE)
