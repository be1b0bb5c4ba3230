"""The order of an answer."""

from __future__ import annotations

from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import DriveOutput, RecordEvent, Urgency
from firmware_bridge.controller.events import Moment
from tests.firmware_bridge.controller.school import START, output


def test_emergencies_first_and_everything_else_as_it_was_asked_for() -> None:
    answer = Answer(Moment(START, 1.0), 1.0)
    grant = DriveOutput(output(1), energised=True, lease_s=5, urgency=Urgency.GRANT)
    lock = DriveOutput(output(1), energised=False, lease_s=0, urgency=Urgency.EMERGENCY)
    answer.record("ACCESS_GRANTED", door=1, empty="", nothing=None, kept=0)
    answer.drive(grant)
    answer.drive(lock)
    first, record, last = answer.commands()
    assert (first, last) == (lock, grant)
    assert isinstance(record, RecordEvent)
    assert record.detail == {"kept": 0}
