from __future__ import annotations

from dataclasses import replace

import pytest

from access_control.core.decision.model import EmergencyAction, InputKind, InputNormal, Revision
from access_control.core.wire.policy import decode_policy, encode_policy
from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.readers.alarm_inputs import (
    AlarmInputForm,
    add_alarm_input,
    edit_alarm_input,
    form_of,
    get_alarm_input,
    list_alarm_inputs,
    remove_alarm_input,
)
from access_control.readers.boards import edit_board, get_board
from access_control.readers.boards import form_of as board_form
from access_control.readers.doors import add_door
from access_control.readers.errors import NotThereError, ReadersError
from access_control.readers.models import Bridge, BridgeState, Building
from access_control.readers.policy_builder import draft_for
from tests.building.published import LiveSchool
from tests.building.sites import AT, BY, SmallSchool, build_school, fresh, stale

LOCKDOWN = EmergencyAction.LOCKDOWN


def button(school: SmallSchool, point: str = "board 1.5", scope: str = "site") -> AlarmInputForm:
    return AlarmInputForm(school.bridge, "Office", InputKind.PANIC, point, action=LOCKDOWN, scope=scope)


def test_one_is_added_changed_and_removed(any_database: Database) -> None:
    with any_database.writing() as session:
        school = build_school(session)
        fresh(session)
        row = add_alarm_input(session, AT, button(school, "Board  1.5"), BY)
        assert (row.point, row.action, row.scope, stale(session)) == ("board 1.5", LOCKDOWN, "site", {"North bridge"})
        changed = replace(form_of(row), kind=InputKind.MAINS_FAIL, normal=InputNormal.NORMALLY_CLOSED)
        edit_alarm_input(session, AT, row.id, changed, 1, BY)
        stored = get_alarm_input(session, row.id)
        assert (stored.kind, stored.action, stored.scope, stored.version) == (InputKind.MAINS_FAIL, None, None, 2)
        with pytest.raises(ConflictError):
            edit_alarm_input(session, AT, row.id, changed, 1, BY)
        with pytest.raises(ConflictError):
            remove_alarm_input(session, AT, row.id, 1, BY)
        remove_alarm_input(session, AT, row.id, 2, BY)
        assert list_alarm_inputs(session) == []
        with pytest.raises(NotThereError):
            get_alarm_input(session, row.id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"point": "somewhere"}, "point"),
        ({"point": "board 1.8"}, "point"),
        ({"point": "board 9.0"}, "point"),
        ({"name": " "}, "name"),
        ({"bridge_id": "nobody"}, "bridge_id"),
        ({"action": None}, "action"),
        ({"scope": None}, "scope"),
        ({"scope": "building:99"}, "scope"),
    ],
)
def test_what_a_bridge_would_refuse_is_refused_at_its_field(
    database: Database, changes: dict[str, object], field: str
) -> None:
    with database.writing() as session:
        form = button(build_school(session))
        with pytest.raises(ReadersError) as caught:
            add_alarm_input(session, AT, replace(form, **changes), BY)  # type: ignore[arg-type] # a test names its fields
        assert caught.value.field == field


def test_a_revoked_bridge_gets_none(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        session.get_one(Bridge, school.bridge).state = BridgeState.REVOKED
        with pytest.raises(ReadersError, match="is revoked") as caught:
            add_alarm_input(session, AT, button(school), BY)
        assert caught.value.field == "bridge_id"


def test_one_wire_means_one_thing(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door("1", 1, contact="board 1.3"), BY)
        assert door.contact is not None
        with pytest.raises(ReadersError, match="which door 1 takes for itself") as caught:
            add_alarm_input(session, AT, button(school, door.contact), BY)
        assert caught.value.field == "point"


def test_a_board_keeps_the_inputs_that_are_used(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        add_alarm_input(session, AT, button(school, "board 1.7"), BY)
        board = get_board(session, school.board)
        with pytest.raises(ReadersError, match=r"Input 1 \(Office\) names input board 1.7") as caught:
            edit_board(session, AT, board.id, replace(board_form(board), inputs=7), 1, BY)
        assert caught.value.field == "inputs"


def test_the_policy_holds_them_and_the_place_that_they_name(live: LiveSchool) -> None:
    with live.writing() as session:
        empty = Building(site_id=session.get_one(Building, live.school.building).site_id, name="Gym")
        session.add(empty)
        session.flush()
        scope = f"building:{empty.id}"
        made = add_alarm_input(session, AT, button(live.school, scope=scope), BY).id
    with live.database.reading() as session:
        draft = draft_for(session, session.get_one(Bridge, live.bridge), live.keys, AT, Revision(1, 1))
        other = draft_for(session, session.get_one(Bridge, live.school.other_bridge), live.keys, AT, Revision(1, 1))
    policy = decode_policy(encode_policy(draft, b"k" * 32), b"k" * 32)
    assert (policy.inputs[made].name, policy.inputs[made].scope, policy.scopes[scope]) == ("Office", scope, frozenset())
    assert list(other.inputs) == []
