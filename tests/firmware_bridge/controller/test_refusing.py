"""A refusal: one event, one count, one look."""

from __future__ import annotations

from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import Indication, RecordEvent, ShowAtReader
from firmware_bridge.controller.events import Moment
from firmware_bridge.controller.reader import LOCKOUT_AFTER, ReaderMachine
from firmware_bridge.controller.refusing import refuse, show
from firmware_bridge.controller.world import World
from tests.firmware_bridge.controller.school import START, draft, policy_of

POLICY = policy_of(draft())


def refusals(reader: ReaderMachine, reason: Reason, code: EventCode | None = None) -> list[str]:
    answer = Answer(Moment(START, 10.0), 10.0)
    refuse(reader, reason, World(policy=POLICY), answer, code=code, holder=1)
    return [command.code for command in answer.commands() if isinstance(command, RecordEvent)]


def test_guesses_make_the_reader_pause_under_whatever_name_they_are_told() -> None:
    reader = ReaderMachine(POLICY.readers[1])
    told = [refusals(reader, Reason.DENIED_WRONG_PIN, EventCode.RELEASE_PIN_WRONG) for _ in range(LOCKOUT_AFTER)]
    assert told[0] == ["RELEASE_PIN_WRONG"]
    assert told[-1] == ["RELEASE_PIN_WRONG", "READER_LOCKOUT"]
    assert reader.locked_out(11.0)


def test_what_could_fill_the_record_is_counted_instead() -> None:
    reader = ReaderMachine(POLICY.readers[1])
    told = [refusals(reader, Reason.DENIED_MAX_ATTEMPTS) for _ in range(20)]
    assert sum(map(len, told)) == 10


def test_every_refusal_looks_the_same() -> None:
    shown = set()
    for reason in (Reason.DENIED_WRONG_PIN, Reason.DENIED_STOLEN, Reason.DENIED_DOOR):
        answer = Answer(Moment(START, 10.0), 10.0)
        refuse(ReaderMachine(POLICY.readers[1]), reason, World(policy=POLICY), answer)
        shown |= {command for command in answer.commands() if isinstance(command, ShowAtReader)}
    assert shown == {ShowAtReader(1, Indication.REFUSED, 2.0, silent=False)}


def test_what_is_shown_sounds_only_where_nobody_hides() -> None:
    answer = Answer(Moment(START, 10.0), 10.0)
    show(ReaderMachine(POLICY.readers[1]), Indication.GRANTED, 5.0, World(policy=POLICY), answer)
    assert answer.commands() == [ShowAtReader(1, Indication.GRANTED, 5.0, silent=False)]
