"""What each deed on the stage asks of the building and of the bridge."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest

from access_control.demo import running
from access_control.demo.installation import Places
from access_control.demo.office import Office
from access_control.demo.running import RunningSchool
from access_control.demo.scene import Fault
from access_control.demo.sockets import UnreachableError
from access_control.demo.supervisor import Supervisor


@dataclass
class Kept:
    """A supervisor of programs that are only pretended."""

    places: Places
    office: Office
    published: list[bytes] = field(default_factory=list)

    def publish(self, document: bytes) -> None:
        self.published.append(document)


@dataclass
class Stage:
    school: RunningSchool
    kept: Kept
    asked: list[dict[str, Any]]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, morning: datetime) -> Stage:
    asked: list[dict[str, Any]] = []

    def ask(path: Path, do: str, **fields: object) -> dict[str, Any]:
        asked.append({"to": path.stem, "do": do, **fields})
        return {"status": {"emergencies": [], "doors": [{"door": 3, "alarm": "forced"}, {"door": 4, "alarm": "none"}]}}

    monkeypatch.setattr(running, "ask", ask)
    monkeypatch.setattr(running, "utc_now", lambda: morning)
    kept = Kept(Places.under(tmp_path / "demo"), Office.at(tmp_path / "demo" / "office.json"))
    return Stage(RunningSchool(cast("Supervisor", kept)), kept, asked)


def test_a_card_is_its_bits(stage: Stage) -> None:
    said = stage.school.present(5, 7)
    assert said == "Tom Alvarado holds a card to the reader at door 7, Science lab."
    (walk,) = stage.asked
    assert (walk["do"], walk["door"], walk["length"]) == ("walk", 7, 26)
    stage.school.present(71, 1)
    assert stage.asked[1]["length"] == 35
    stage.school.present_stranger(2)
    assert stage.asked[2]["hex"] not in {walk["hex"], stage.asked[1]["hex"]}


def test_a_pass_can_be_scanned_again(stage: Stage) -> None:
    stage.school.scan_pass(again=True)
    stage.school.scan_pass(again=True)
    stage.school.scan_pass(again=False)
    first, second, third = (walk["text"] for walk in stage.asked)
    assert first == second != third
    assert {walk["door"] for walk in stage.asked} == {1}


def test_leaving_is_by_the_button_where_there_is_a_magnet(stage: Stage) -> None:
    assert "exit button" in stage.school.leave(5)
    assert "lever" in stage.school.leave(1)
    assert all(walk["out"] for walk in stage.asked)


def test_an_emergency_is_published_and_released_once(stage: Stage) -> None:
    assert stage.school.release() == "There is no emergency to release."
    stage.school.start_lockdown()
    assert len(stage.kept.office.in_force) == 1
    stage.school.release()
    assert stage.kept.office.in_force == []
    assert len(stage.kept.published) == 2


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        (Fault.CONTACT_STUCK, {"do": "fault_door", "door": 3, "contact_stuck": True}),
        (Fault.FORCED, {"do": "door", "door": 3, "action": "force"}),
        (Fault.READER_DEAD, {"do": "fault_reader", "reader": 3, "dead": True}),
        (Fault.LINE_CUT, {"do": "fault_line", "line": "A", "cut": True}),
        (Fault.BOARDS_CUT, {"do": "fault_line", "line": "C", "cut": True}),
        (Fault.WEDGED, {"do": "fault_door", "door": 3, "jammed_open": True}),
    ],
)
def test_each_fault_is_asked_of_the_building(stage: Stage, fault: Fault, wanted: dict[str, Any]) -> None:
    assert stage.school.fault(fault, 3).endswith(".")
    assert stage.asked[0] == {"to": "simulator", **wanted}


def test_mending_closes_every_door_and_acknowledges_only_what_was_forced(stage: Stage) -> None:
    stage.school.fault(Fault.MENDED, 1)
    closed = [asked["door"] for asked in stage.asked if asked["do"] == "door"]
    seen = [asked["door"] for asked in stage.asked if asked["do"] == "acknowledge"]
    assert stage.asked[0]["do"] == "clear"
    assert closed == [1, 2, 3, 4, 5, 6, 7, 8]
    assert seen == [3]


def test_without_a_bridge_every_door_is_unknown(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(path: Path, do: str, **fields: object) -> dict[str, Any]:
        raise UnreachableError(f"Nobody answers {path} {do} {fields}.")

    @dataclass
    class Dead:
        running: bool = False

    monkeypatch.setattr(running, "ask", nobody)
    monkeypatch.setattr(stage.kept, "bridge", Dead(), raising=False)
    scene = stage.school.look()
    assert not scene.bridge_runs
    assert {row.words for row in scene.doors} == {"unknown"}
    assert len(scene.doors) == 8


def test_waiting_ends(stage: Stage) -> None:
    assert stage.school.wait_until(lambda: True) is not None
    assert stage.school.wait_until(lambda: False, within_s=0.05) is None
