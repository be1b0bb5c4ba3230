from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select

from access_control.audit.models import AuditRecord
from access_control.database.engine import Database
from access_control.readers.boards import list_boards
from access_control.readers.door_readers import get_reader
from access_control.readers.models import Bridge, Reader
from access_control.web.services import Services
from tests.access_control.web.conftest import MovedClock
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


def test_a_reader_is_marked_for_ending_emergencies(
    installer: FlaskClient, administrator: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    path = f"/readers/{furnished.reader}"
    assert "Two people may end an emergency here" in installer.get(path).text
    marked = {**READER, "door_id": "1", "address": "1", "takes_releases": "y"}
    assert post(installer, path, marked, version="1").status_code == 303
    with database.reading() as session:
        assert get_reader(session, furnished.reader).takes_releases
        (said,) = [one for one in session.scalars(select(AuditRecord)) if one.action == "reader.edited"]
    assert "takes_releases" in said.facts["changed"]
    assert "two people may end an emergency here" in administrator.get("/doors/1").text


def test_a_second_head_of_a_device_is_a_reader_of_its_own(
    installer: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    with database.reading() as session:
        first = get_reader(session, furnished.reader)
        place = {"port": first.port, "address": str(first.address), "door_id": str(first.door_id)}
    assert "Two devices have address" in refusals(post(installer, "/readers", {**READER, **place}))[0]
    assert post(installer, "/readers", {**READER, **place, "head": "1"}).status_code == 303
    assert "head 1" in installer.get(f"/doors/{place['door_id']}").text
    assert "head" in refusals(post(installer, "/readers", {**READER, **place, "head": "8"}))[0]


def test_a_board_may_time_unlocks_itself(installer: FlaskClient, furnished: ConsoleSchool, database: Database) -> None:
    del furnished
    assert post(installer, "/boards", {**BOARD, "hardware_pulse": "y"}).status_code == 303
    with database.reading() as session:
        assert [board.hardware_pulse for board in list_boards(session)] == [False, True]


def test_a_reader_is_refused_at_its_field(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    assert "Two devices have address 1" in refusals(post(administrator, "/readers", {**READER, "address": "1"}))[0]
    assert "is no OSDP module" in refusals(post(administrator, "/readers", {**READER, "port": "boards"}))[0]
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


def test_a_board_that_is_silent_is_named(
    installer: FlaskClient, furnished: ConsoleSchool, services: Services, moved_clock: MovedClock
) -> None:
    del furnished

    def say(**board: object) -> str:
        with services.database.writing() as session:
            row = session.get_one(Bridge, BRIDGE)
            row.status = {**(row.status or {}), "boards": [{"board": 1, **board}]}
            row.status_at = services.clock()
        return installer.get("/boards").text

    assert "its power supply fails" not in say(link="up")
    assert "Answers, its power supply fails" in say(link="up", power_failing=True)
    silent = say(link="down", why="It does not answer.")
    assert "Silent" in silent
    assert "It does not answer." in silent
    moved_clock.go_on(minutes=1)
    assert "Not known" in installer.get("/boards").text


def test_a_reader_whose_power_supply_fails_is_named(
    administrator: FlaskClient, furnished: ConsoleSchool, services: Services
) -> None:
    def say(*, failing: bool) -> str:
        with services.database.writing() as session:
            row = session.get_one(Bridge, BRIDGE)
            said = {"reader": furnished.reader, "link": "secure", "power_failing": failing}
            row.status = {**(row.status or {}), "readers": [said]}
            row.status_at = services.clock()
            door = session.get_one(Reader, furnished.reader).door_id
        return administrator.get(f"/doors/{door}").text

    assert "answers, its power supply fails" in say(failing=True)
    assert "its power supply fails" not in say(failing=False)


def test_who_may_not_does_not(desk: FlaskClient, furnished: ConsoleSchool) -> None:
    for path in ("/boards", "/boards/1", "/boards/new", "/readers/new", f"/readers/{furnished.reader}"):
        assert desk.get(path).status_code == 403


def test_nonsense_is_refused(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    readers = [
        *READER,
        "version",
        "copyable",
        "facility_codes",
        "pin_schedule_id",
        "takes_passes",
        "takes_releases",
        "head",
    ]
    assert nonsense(administrator, "/readers", readers) == []
    assert nonsense(administrator, f"/readers/{furnished.reader}", readers) == []
    assert nonsense(administrator, "/boards", [*BOARD]) == []
    assert nonsense(administrator, "/boards/1", [*BOARD, "version"]) == []
    for path in ("/readers/99", "/boards/99"):
        assert administrator.get(path).status_code == 404
    assert administrator.get("/readers/new?door=99999999999999999999").status_code == 200
