from __future__ import annotations

import pytest

from access_control.database.engine import Database
from access_control.readers.bridges import get_bridge, list_bridges, rename_bridge
from access_control.readers.doors import add_door
from access_control.readers.errors import ReadersError
from access_control.readers.models import BridgeState
from tests.building.sites import AT, BY, build_school


def test_bridges_are_listed_with_what_hangs_on_them(any_database: Database) -> None:
    with any_database.writing() as session:
        school = build_school(session)
        add_door(session, AT, school.door(), BY)
        lines = [(one.bridge.name, one.building, one.doors, one.boards) for one in list_bridges(session)]
        assert lines == [("North bridge", "Main building", 1, 1), ("South bridge", "Main building", 0, 0)]
        get_bridge(session, school.bridge).state = BridgeState.REVOKED
        assert [one.bridge.name for one in list_bridges(session)] == ["South bridge", "North bridge"]
        assert [one.bridge.name for one in list_bridges(session, revoked=False)] == ["South bridge"]


def test_two_bridges_do_not_share_a_name(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        assert rename_bridge(session, AT, school.bridge, "Annex bridge", BY).name == "Annex bridge"
        for name in ("South bridge", " "):
            with pytest.raises(ReadersError) as caught:
                rename_bridge(session, AT, school.bridge, name, BY)
            assert caught.value.field == "name"
        with pytest.raises(ReadersError):
            rename_bridge(session, AT, "no\0such", "Annex", BY)
