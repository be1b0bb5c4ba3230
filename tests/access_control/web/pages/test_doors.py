from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from access_control.database.engine import Database
from access_control.readers.doors import get_door
from tests.building.console_school import ConsoleSchool
from tests.building.pages import nonsense, post, refusals
from tests.building.tiny_school import BRIDGE

DOOR = {
    "number": "12",
    "name": "Stage",
    "building_id": "1",
    "door_class": "interior",
    "bridge_id": BRIDGE,
    "lock_kind": "strike",
    "lock_output": "board 1.9",
    "unlock_when": "relay_on",
    "secure_side": "y",
    "fire_action": "none",
    "relock": "on_open",
}
FIELDS = [*DOOR, "version", "contact", "rex", "latch", "fire_input", "bench_override", "unlock_s", "zone_id"]

pytestmark = pytest.mark.usefixtures("furnished")


def test_every_door_is_listed_with_its_state(administrator: FlaskClient, installer: FlaskClient) -> None:
    for client in (administrator, installer):
        page = client.get("/doors").text
        assert "4 doors" in page
        assert "Secured" in page
        assert "Unknown, not proved" in page


def test_a_door_is_added_and_changed(installer: FlaskClient, database: Database) -> None:
    answer = post(installer, "/doors", DOOR, unlock_s="8")
    assert answer.status_code == 303
    number = int(answer.location.rpartition("/")[2])
    with database.reading() as session:
        assert get_door(session, number).timing == {"unlock_s": 8.0}
    assert "8" in installer.get(f"/doors/{number}/edit").text
    changed = post(installer, f"/doors/{number}/edit", {**DOOR, "name": "Stage left"}, version="1")
    assert changed.status_code == 303
    with database.reading() as session:
        door = get_door(session, number)
        assert (door.name, door.timing, door.version) == ("Stage left", {}, 2)


def test_a_magnet_of_which_nothing_else_is_said_locks_again_when_it_closes(
    installer: FlaskClient, database: Database
) -> None:
    assert "As usual: a magnet when it closes" in installer.get("/doors/new").text
    magnet = {**DOOR, "lock_kind": "maglock", "fire_action": "release", "fire_input": "board 1.7", "relock": ""}
    answer = post(installer, "/doors", magnet)
    assert answer.status_code == 303
    number = int(answer.location.rpartition("/")[2])
    with database.reading() as session:
        assert get_door(session, number).relock == "on_close"
    assert "As usual: a magnet" not in installer.get(f"/doors/{number}/edit").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"number": "1"}, "Door 1 of this building is already Main entrance."),
        ({"lock_output": "board 1.1"}, "Doors 1 and 12 both use output board 1.1."),
        ({"lock_output": "board 7.1"}, "names output board 7.1, which does not exist."),
        (
            {"lock_kind": "delayed_egress"},
            "has a delayed egress lock, which holds people who leave; this system does not",
        ),
        ({"lock_kind": "maglock"}, "is held by a magnet, so the fire input must release it."),
        ({"door_class": "exterior", "secure_side": ""}, "switched where an intruder can reach the wires."),
        (
            {"door_class": "exterior", "rex": "reader 1.1", "rex_unlocks": "y"},
            "leads outside and its exit input, which unlocks it, is wired where an intruder can reach the wires.",
        ),
        ({"unlock_s": "30"}, "gives people who need longer less time than everybody else."),
        ({"unlock_s": "a while"}, "Type a number of seconds"),
        ({"unlock_s": "700"}, "Unlock time must be 0.1 to 300 s."),
        ({"door_class": "trapdoor"}, "Choose one from the list."),
    ],
)
def test_a_form_is_refused_with_the_bridges_own_sentence(
    administrator: FlaskClient, changes: dict[str, str], said: str
) -> None:
    form = {**DOOR, **changes}
    if form.get("secure_side") == "":
        del form["secure_side"]
    answer = post(administrator, "/doors", form)
    assert answer.status_code == 422
    assert said in refusals(answer)[0]
    assert "publish" not in answer.text


def test_two_people_edit_one_door(administrator: FlaskClient, database: Database) -> None:
    west = {**DOOR, "number": "2", "name": "West", "door_class": "exterior", "lock_output": "board 1.2"}
    assert post(administrator, "/doors/2/edit", {**west, "name": "West wing"}, version="1").status_code == 303
    answer = post(administrator, "/doors/2/edit", {**west, "name": "West side"}, version="1")
    assert answer.status_code == 409
    assert "West wing" in answer.text
    assert "West side" in answer.text
    with database.reading() as session:
        assert get_door(session, 2).name == "West wing"


def test_the_front_desk_changes_nothing(desk: FlaskClient) -> None:
    assert post(desk, "/doors", DOOR).status_code == 403
    assert post(desk, "/doors/2/edit", DOOR, version="1").status_code == 403
    assert desk.get("/doors/2/edit").status_code == 403


def test_nonsense_is_refused(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    del furnished
    assert nonsense(administrator, "/doors", FIELDS) == []
    assert nonsense(administrator, "/doors/2/edit", FIELDS) == []
