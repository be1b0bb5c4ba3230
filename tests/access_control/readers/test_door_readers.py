from __future__ import annotations

from dataclasses import replace

import pytest

from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.readers.door_readers import ReaderForm, add_reader, edit_reader, form_of, list_readers
from access_control.readers.doors import add_door
from access_control.readers.errors import ReadersError
from tests.building.sites import AT, BY, build_school, fresh, stale


def test_a_reader_is_added_and_changed(any_database: Database) -> None:
    with any_database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        fresh(session)
        form = ReaderForm(door.id, "Outside", "usb1", 0, ("H10302", "H10301"), (9, 4, 9))
        reader = add_reader(session, AT, form, BY)
        assert (reader.formats, reader.facility_codes) == (["H10302", "H10301"], [4, 9])
        assert stale(session) == {"North bridge"}
        edit_reader(session, AT, reader.id, replace(form_of(reader), enabled=False), 1, BY)
        assert [one.enabled for one in list_readers(session)] == [False]
        with pytest.raises(ConflictError):
            edit_reader(session, AT, reader.id, form_of(reader), 1, BY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": 0}, "address"),
        ({"address": 127}, "address"),
        ({"door_id": 99}, "door_id"),
        ({"pin_schedule_id": 99}, "pin_schedule_id"),
        ({"formats": ("Q7",)}, "formats"),
        ({"copyable": ("EM4100",)}, "copyable"),
        ({"facility_codes": (2**32,)}, "facility_codes"),
        ({"facility_codes": (-1,)}, "facility_codes"),
        ({"facility_codes": tuple(range(1001))}, "facility_codes"),
        ({"port": "../dev"}, "port"),
        ({"name": "\n"}, "name"),
    ],
)
def test_what_a_bridge_would_refuse_is_refused_at_its_field(
    database: Database, changes: dict[str, object], field: str
) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        add_reader(session, AT, ReaderForm(door.id, "Outside", "usb1", 0, ("H10301",)), BY)
        form = ReaderForm(door.id, "Inside", "usb1", 1, ("H10301",))
        with pytest.raises(ReadersError) as caught:
            add_reader(session, AT, replace(form, **changes), BY)  # type: ignore[arg-type] # a test names its fields
        assert caught.value.field == field
