"""Evidence is believed only where building, disk and bridge agree; each lie is found."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from access_control.demo.evidence import Evidence, StepFailedError, ms
from access_control.demo.running import RunningSchool


@dataclass
class Places:
    relay_log: Path


@dataclass
class Told:
    """A school that says what a test wants it to say."""

    places: Places
    doors: list[dict[str, Any]] = field(default_factory=list)
    house: dict[str, Any] = field(default_factory=dict)

    def events(self, after: int = 0) -> list[Any]:
        del after
        return []

    def status(self) -> dict[str, Any]:
        return {"doors": self.doors}

    def building(self) -> dict[str, Any]:
        return self.house

    def wait_until(self, fact: Callable[[], bool], within_s: float = 0) -> float | None:
        del within_s
        return 0.0 if fact() else None


@pytest.fixture
def told(tmp_path: Path) -> Told:
    log = tmp_path / "relays.jsonl"
    log.touch()
    return Told(Places(log))


@pytest.fixture
def evidence(told: Told) -> Evidence:
    return Evidence(cast("RunningSchool", told))


def write(told: Told, **line: Any) -> None:
    with told.places.relay_log.open("a") as log:
        log.write(json.dumps(line) + "\n")


def test_a_lock_that_moved_all_the_same_is_found(evidence: Evidence, told: Told) -> None:
    evidence.stayed_locked(3, 5.0)
    write(told, what="output", door=3, released=True, mono_s=6.0, by="board 1")
    with pytest.raises(StepFailedError, match="door 3, Bus loop, was released all the same"):
        evidence.stayed_locked(3, 5.0)


def test_a_bridge_that_says_secured_while_the_building_says_open_is_found(evidence: Evidence, told: Told) -> None:
    told.doors = [{"number": "1", "security": "secured", "why": ""}]
    told.house = {"doors": {"1": {"released": False, "open": False}}}
    evidence.all_secured()
    told.house = {"doors": {"1": {"released": False, "open": True}}}
    with pytest.raises(StepFailedError, match="in the building door 1 is not"):
        evidence.all_secured()


def test_a_door_that_is_not_secured_is_named_with_its_reason(evidence: Evidence, told: Told) -> None:
    told.doors = [{"number": "4", "security": "unknown", "why": "Nothing was heard."}]
    with pytest.raises(StepFailedError, match=r"4 is unknown \(Nothing was heard\.\)"):
        evidence.all_secured()


def test_a_reader_that_gives_somebody_away_in_a_lockdown_is_found(evidence: Evidence, told: Told) -> None:
    history = [
        {"mono_s": 1.0, "what": "buzzer", "shows": "1 x 100 ms"},
        {"mono_s": 6.0, "what": "led", "shows": "red/off"},
    ]
    told.house = {"readers": {"6": {"history": history}}}
    evidence.stayed_red_and_silent(6, 5.0)
    history.append({"mono_s": 7.0, "what": "buzzer", "shows": "3 x 100 ms"})
    with pytest.raises(StepFailedError, match="3 x 100 ms in a lockdown"):
        evidence.stayed_red_and_silent(6, 5.0)
    history[-1] = {"mono_s": 7.0, "what": "led", "shows": "green"}
    with pytest.raises(StepFailedError, match="green in a lockdown"):
        evidence.stayed_red_and_silent(6, 5.0)


def test_what_does_not_come_is_said(evidence: Evidence) -> None:
    with pytest.raises(StepFailedError, match=r"The event ACCESS_GRANTED was not seen .* Stored instead: nothing"):
        evidence.event("ACCESS_GRANTED", 0)
    with pytest.raises(StepFailedError, match="In the building: door door 3 open True was not seen"):
        evidence.happened("door", 0.0, door=3, open=True)


def test_times_as_people_compare_them() -> None:
    assert ms(0.0214) == "21 ms"
