from __future__ import annotations

from flask.testing import FlaskClient

from access_control.database.engine import Database
from access_control.readers.door_readers import get_reader
from tests.building.console_school import ConsoleSchool
from tests.building.pages import nonsense, post, refusals
from tests.building.tiny_school import BRIDGE

READER = {"name": "Inside", "door_id": "2", "port": "readers", "address": "9", "formats": "H10301", "enabled": "y"}
BOARD = {"name": "Attic", "bridge_id": BRIDGE, "port": "boards", "address": "2", "outputs": "4", "inputs": "4"}


def test_a_reader_is_added_and_changed(installer: FlaskClient, furnished: ConsoleSchool, database: Database) -> None:
    assert post(installer, "/readers", READER, facility_codes="114, 7").status_code == 303
    path = f"/readers/{furnished.reader}"
    changed = {**READER, "door_id": "1", "address": "1", "name": "Vestibule"}
    assert post(installer, path, changed, version="1").status_code == 303
    assert post(installer, path, changed, version="1").status_code == 409
    with database.reading() as session:
        assert get_reader(session, furnished.reader).name == "Vestibule"


def test_a_reader_is_refused_at_its_field(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    assert "Two devices have address 1" in refusals(post(administrator, "/readers", {**READER, "address": "1"}))[0]
    assert "different languages" in refusals(post(administrator, "/readers", {**READER, "port": "boards"}))[0]
    assert "whole numbers" in refusals(post(administrator, "/readers", READER, facility_codes="a few"))[0]
    copyable = post(administrator, f"/readers/{furnished.reader}", READER, version="1", copyable="EM4100")
    assert "does not accept" in refusals(copyable)[0]


def test_boards_are_listed_added_and_changed(installer: FlaskClient, furnished: ConsoleSchool) -> None:
    del furnished
    assert "Cabinet" in installer.get("/boards").text
    assert post(installer, "/boards", BOARD).status_code == 303
    assert "Attic" in installer.get("/boards").text
    smaller = {**BOARD, "name": "Cabinet", "address": "1", "outputs": "2", "inputs": "16"}
    assert "does not exist" in refusals(post(installer, "/boards/1", smaller, version="1"))[0]
    assert post(installer, "/boards/1", {**smaller, "outputs": "16"}, version="7").status_code == 409


def test_who_may_not_does_not(desk: FlaskClient, furnished: ConsoleSchool) -> None:
    for path in ("/boards", "/boards/1", "/boards/new", "/readers/new", f"/readers/{furnished.reader}"):
        assert desk.get(path).status_code == 403


def test_nonsense_is_refused(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    readers = [*READER, "version", "copyable", "facility_codes", "pin_schedule_id", "takes_passes"]
    assert nonsense(administrator, "/readers", readers) == []
    assert nonsense(administrator, f"/readers/{furnished.reader}", readers) == []
    assert nonsense(administrator, "/boards", [*BOARD]) == []
    assert nonsense(administrator, "/boards/1", [*BOARD, "version"]) == []
    for path in ("/readers/99", "/boards/99"):
        assert administrator.get(path).status_code == 404
    assert administrator.get("/readers/new?door=99999999999999999999").status_code == 200
