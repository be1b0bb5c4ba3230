from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from access_control.core.decision.model import DeviceKind, FireAction, Point
from firmware_bridge.clock import SystemClock
from firmware_bridge.doctor.finding import Level
from firmware_bridge.doctor.school import look_at_age
from tests.building.signed import FRONT
from tests.firmware_bridge.doctor.patient import Patient


def test_no_policy(patient: Patient) -> None:
    for path in (patient.installation.state / "documents").glob("policy*"):
        path.unlink()
    assert patient.bad()["policy"].level is Level.WRONG


def test_a_policy_of_long_ago(patient: Patient) -> None:
    long_ago = SystemClock().moment().at - timedelta(days=20)
    patient.apply(patient.school.policy(draft=replace(patient.draft(), made_at=long_ago)))
    found = patient.bad()["policy"]
    assert found.level is Level.LOOK
    assert "20 days old" in found.sentence


@pytest.mark.parametrize(
    ("days", "steps", "level"),
    [(0, (0, 0), Level.GOOD), (16, (50, 0), Level.LOOK), (31, (100, 50), Level.WRONG)],
)
def test_a_policy_that_nobody_confirms(days: int, steps: tuple[int, int], level: Level) -> None:
    classes = ("exterior", "interior")
    limits, reached = dict(zip(classes, (30, 60), strict=True)), dict(zip(classes, steps, strict=True))
    age = {"policy_age_s": days * 86_400.0, "limits": limits, "steps": reached}
    first = next(look_at_age({"policy_age": age}))
    assert (first.check, first.level) == ("policy_age", level)


def test_a_bridge_that_does_not_run_counts_nothing() -> None:
    assert list(look_at_age(None)) == []
    assert list(look_at_age({"policy_age": None})) == []


@pytest.mark.parametrize(("days", "level"), [(10, Level.LOOK), (-1, Level.WRONG)])
def test_timetables_that_end(patient: Patient, days: int, level: Level) -> None:
    horizon = int((SystemClock().moment().at + timedelta(days=days)).timestamp())
    patient.apply(patient.school.policy(draft=replace(patient.draft(), horizon=horizon)))
    assert patient.bad()["horizon"].level is level


def test_a_reader_without_a_key(patient: Patient) -> None:
    (patient.installation.state / "keys" / "reader-A-2.key").unlink()
    found = patient.bad()["reader_unkeyed"]
    assert found.level is Level.WRONG
    assert "Reader 2 (Reader 2)" in found.sentence
    assert "commission --port A --address 2" in found.sentence


def test_a_door_that_fire_releases_by_its_own_wires_alone(patient: Patient) -> None:
    assert "fire_input" not in patient.bad()
    draft = patient.draft()
    doors = [
        replace(door, lock=replace(door.lock, fire_action=FireAction.RELEASE)) if door.id == FRONT else door
        for door in draft.doors
    ]
    patient.apply(patient.school.policy(draft=replace(draft, doors=doors)))
    found = patient.bad()["fire_input"]
    assert found.level is Level.LOOK
    assert "no fire shows at it" in found.sentence


def test_a_door_that_only_a_bench_may_have(patient: Patient) -> None:
    draft = patient.draft()
    doors = [
        replace(door, lock=replace(door.lock, secure_side=False, bench_override="Test bench in the workshop"))
        if door.id == FRONT
        else door
        for door in draft.doors
    ]
    patient.apply(patient.school.policy(draft=replace(draft, doors=doors)))
    found = patient.bad()["bench_override"]
    assert found.level is Level.LOOK
    assert "Test bench in the workshop" in found.sentence


def test_a_contact_behind_a_reader_outside(patient: Patient) -> None:
    assert "input_within_reach" not in patient.bad()
    draft = patient.draft()
    at_reader = Point(DeviceKind.READER, next(reader.id for reader in draft.readers if reader.door == FRONT), 0)
    doors = [replace(door, contact=at_reader) if door.id == FRONT else door for door in draft.doors]
    patient.apply(patient.school.policy(draft=replace(draft, doors=doors)))
    found = patient.bad()["input_within_reach"]
    assert found.level is Level.LOOK
    assert "takes the reader off the wall reaches its contact" in found.sentence
