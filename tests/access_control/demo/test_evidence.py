"""Evidence is believed only where buildings, disks and pages agree; each lie is found."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from access_control.clock import utc_now
from access_control.database.engine import Database
from access_control.demo import evidence as subject
from access_control.demo.evidence import Evidence, StepFailedError, ms
from access_control.demo.places import Places
from access_control.demo.plan import DOORS, Side
from access_control.demo.staging import Demo
from access_control.readers.records import EventRow

BRIDGE = "01939a5e-7c00-7000-8000-00000000b001"


class Deeds:
    """Buildings that say what a test wants them to say."""

    def __init__(self) -> None:
        self.doors = {str(door.id): {"released": False, "open": False} for door in DOORS}
        self.history: list[dict[str, Any]] = []

    def building(self, side: Side) -> dict[str, Any]:
        del side
        return {"doors": self.doors, "readers": {str(door.id): {"history": self.history} for door in DOORS}}


@pytest.fixture
def deeds() -> Deeds:
    return Deeds()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places.under(tmp_path / "demo")


@pytest.fixture
def evidence(places: Places, deeds: Deeds, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Evidence]:
    monkeypatch.setattr(subject, "PATIENCE_S", 0.0)
    demo = SimpleNamespace(places=places, deeds=deeds, school=SimpleNamespace(database=database))
    found = Evidence(cast("Demo", demo))
    monkeypatch.setattr(found, "wait", lambda what, look, within_s=0.0: _now(what, look, within_s))
    yield found
    places.clear_away()


def _now(what: str, look: Any, within_s: float) -> Any:
    """Look once instead of waiting."""
    seen = look()
    if seen is None or seen is False:
        raise StepFailedError(f"{what} was not seen within {within_s:.0f} seconds.")
    return seen


def write(places: Places, **line: Any) -> None:
    with places.side(Side.MAIN).relay_log.open("a") as log:
        log.write(json.dumps(line) + "\n")


def event(database: Database, seq: int, code: str, door: int) -> None:
    at = utc_now()
    with database.writing() as session:
        session.add(
            EventRow(
                bridge_id=BRIDGE,
                stream=BRIDGE,
                seq=seq,
                id=f"01939a5e-7c00-7000-8000-{seq:012x}",
                at=at,
                received_at=at,
                code=code,
                severity="info",
                door_id=door,
                drill=False,
                flagged=False,
                detail={},
            )
        )


def test_a_lock_that_moved_all_the_same_is_found(evidence: Evidence, places: Places) -> None:
    evidence.stayed_locked(3, 5.0)
    write(places, what="output", door=3, released=True, mono_s=6.0, by="command")
    with pytest.raises(StepFailedError, match="door 3 was released all the same"):
        evidence.stayed_locked(3, 5.0)
    assert evidence.released(3, 5.0).mono_s == 6.0


def test_a_door_that_is_open_in_truth_is_found(evidence: Evidence, deeds: Deeds) -> None:
    evidence.building_is_locked()
    deeds.doors["9"]["open"] = True
    with pytest.raises(StepFailedError, match="doors 102 are not locked and shut"):
        evidence.building_is_locked()


def test_a_reader_that_gives_somebody_away_in_a_lockdown_is_found(evidence: Evidence, deeds: Deeds) -> None:
    deeds.history += [
        {"mono_s": 1.0, "what": "buzzer", "shows": "1 x 100 ms"},
        {"mono_s": 6.0, "what": "led", "shows": "red/off"},
    ]
    evidence.stayed_red_and_silent(8, 5.0)
    deeds.history.append({"mono_s": 7.0, "what": "buzzer", "shows": "3 x 100 ms"})
    with pytest.raises(StepFailedError, match="3 x 100 ms"):
        evidence.stayed_red_and_silent(8, 5.0)
    deeds.history[-1] = {"mono_s": 7.0, "what": "led", "shows": "green"}
    with pytest.raises(StepFailedError, match="showed or sounded green"):
        evidence.stayed_red_and_silent(8, 5.0)


def test_events_are_those_that_the_service_did_not_have(evidence: Evidence, database: Database) -> None:
    event(database, 1, "ACCESS_GRANTED", 8)
    after = evidence.mark()
    with pytest.raises(StepFailedError, match="The service has instead: nothing"):
        evidence.event("ACCESS_GRANTED", after, 8)
    event(database, 2, "DENIED_DOOR", 8)
    with pytest.raises(StepFailedError, match="instead: DENIED_DOOR@8"):
        evidence.event("ACCESS_GRANTED", after, 8)
    assert evidence.event("DENIED_DOOR", after, 8).seq == 2


def test_what_does_not_happen_is_said(evidence: Evidence) -> None:
    with pytest.raises(StepFailedError, match="In the building: door door 3 open True was not seen"):
        evidence.happened(3, "door", 0.0, door=3, open=True)


def test_times_as_people_compare_them() -> None:
    assert ms(0.0214) == "21 ms"
