"""A device that never stops sending: it is told once, locks are sent all the same, and all is well after it."""

import pytest

from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import (
    LineJabbers,
    LinkState,
    OutputFailed,
    OutputLapsed,
    OutputProved,
    Proof,
    ReaderLinkChanged,
)
from firmware_bridge.protocol.osdp.deaf import DROWNED
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.simulator.peripheral import Peripheral
from tests.building.memory_line import MemoryLine, line_with, output

NUMBERS = (1, 2, 3)


def connected() -> tuple[MemoryLine, dict[int, Peripheral]]:
    line, readers = line_with({number: bytes((number,)) * 16 for number in NUMBERS})
    assert line.run_until(lambda: all(reader.secure for reader in readers.values()))
    line.run(2.0)
    line.events.clear()
    return line, readers


def order(
    line: MemoryLine, number: int, *, on: bool, urgency: Urgency = Urgency.EMERGENCY, expires: bool = False
) -> None:
    moment = line.clock.moment()
    expires_s = moment.mono_s + 2.0 if expires else None
    line.bus.submit(DriveOutput(output(number), on, 5.0, urgency, expires_s), moment)


def told(line: MemoryLine, number: int) -> list[tuple[bool, Proof]]:
    return [(e.energised, e.proof) for e in line.happened(OutputProved) if e.point == output(number)]


def all_secure(line: MemoryLine) -> bool:
    states = {event.reader: event.state for event in line.happened(ReaderLinkChanged)}
    return len(states) == len(NUMBERS) and set(states.values()) == {LinkState.SECURE}


def test_it_is_told_once_and_the_line_is_back_soon_after_it_ends() -> None:
    line, _ = connected()
    line.jabber(20.0)
    assert line.run_until(lambda: bool(line.happened(LineJabbers)), 2.0)
    line.run_until(lambda: line.clock.mono_s >= line.drowned_until_s, 30.0)

    (alarm,) = line.happened(LineJabbers)
    assert alarm.jabbers
    assert alarm.address is None
    assert "port A" in alarm.why
    assert "cannot be told" in alarm.why
    assert [event.state for event in line.happened(ReaderLinkChanged)] == [LinkState.DOWN] * 3

    assert line.run_until(lambda: all_secure(line), 2.0)
    assert [event.jabbers for event in line.happened(LineJabbers)] == [True, False]
    line.run(5.0)
    assert all_secure(line)


def test_eight_readers_at_9600_baud_are_back_within_two_seconds() -> None:
    line, readers = line_with({number: bytes((number,)) * 16 for number in range(1, 9)})
    assert line.run_until(lambda: all(reader.secure for reader in readers.values()))
    line.run(3.0)
    line.jabber(4.0)
    line.run(4.0)
    line.events.clear()

    def back() -> bool:
        return {e.reader for e in line.happened(ReaderLinkChanged) if e.state is LinkState.SECURE} == set(readers)

    assert line.run_until(back, 2.0)


@pytest.mark.parametrize(("address", "said"), [(2, "which is reader 2"), (9, "where nothing is set up")])
def test_a_device_that_talks_in_packets_is_named(address: int, said: str) -> None:
    line, _ = connected()
    line.jabber(3.0, Packet(address, 1, 0x40, reply=True).to_bytes())
    line.run(3.0)

    alarm = line.happened(LineJabbers)[0]
    assert alarm.address == address
    assert f"address {address}, {said}" in alarm.why


def test_an_emergency_is_sent_into_the_noise_and_whoever_can_hear_acts_on_it() -> None:
    line, readers = connected()
    line.jabber(15.0)
    line.run_until(lambda: bool(line.happened(LineJabbers)), 2.0)
    for number in NUMBERS:
        order(line, number, on=True)
    line.run(2.0)

    assert all(readers[number].head.outputs[0] for number in NUMBERS)
    assert [told(line, number) for number in NUMBERS] == [[(True, Proof.SENT)]] * 3

    order(line, 2, on=False)
    line.run(2.0)
    assert not readers[2].head.outputs[0]
    assert told(line, 2) == [(True, Proof.SENT), (False, Proof.SENT)]

    line.run(15.0)
    assert told(line, 2)[2] == (False, Proof.ACKNOWLEDGED)


@pytest.mark.parametrize("lost", [False, True])
def test_it_arrives_whether_or_not_the_last_question_before_the_noise_did(lost: bool) -> None:
    line, readers = connected()
    line.manners.cut = lost
    line.jabber(12.0)
    line.run_until(lambda: bool(line.happened(LineJabbers)), 2.0)
    line.manners.cut = False
    order(line, 1, on=True)
    line.run(0.5)
    assert readers[1].head.outputs[0]
    assert readers[1].secure


@pytest.mark.parametrize("pause_s", [0.01, 0.03])
def test_sessions_outlast_the_time_until_it_is_certain_even_where_questions_still_go_out(pause_s: float) -> None:
    line, readers = connected()
    for burst in range(60):
        line.jabber(0.2 - pause_s, begins_s=burst * 0.2)
    line.run_until(lambda: bool(line.happened(LineJabbers)), 2.0)
    assert {event.why for event in line.happened(ReaderLinkChanged)} == {DROWNED}
    order(line, 1, on=True)
    line.run(1.0)
    assert readers[1].head.outputs[0]


def test_sessions_are_kept_alive_so_that_an_emergency_long_after_it_began_arrives() -> None:
    line, readers = connected()
    line.jabber(40.0)
    line.run(30.0)
    order(line, 1, on=True)
    line.run(1.0)
    assert readers[1].head.outputs[0]


def test_a_grant_is_not_sent_into_the_noise_and_is_dropped_when_it_is_too_late() -> None:
    line, readers = connected()
    line.jabber(10.0)
    line.run_until(lambda: bool(line.happened(LineJabbers)), 2.0)
    order(line, 1, on=True, urgency=Urgency.GRANT, expires=True)
    line.run(5.0)
    assert not readers[1].head.outputs[0]
    assert [event.expired for event in line.happened(OutputFailed)] == [True]


def test_a_lease_ends_in_the_noise_as_well() -> None:
    line, readers = connected()
    order(line, 1, on=True)
    line.run(1.0)
    line.jabber(10.0)
    line.run(8.0)
    assert not readers[1].head.outputs[0]
    assert line.happened(OutputLapsed)


def test_at_a_stop_outputs_are_told_off_into_the_noise() -> None:
    line, readers = connected()
    order(line, 1, on=True)
    line.run(1.0)
    line.jabber(10.0)
    line.run(2.0)
    line.bus.all_off(line.clock.moment())
    assert not line.bus.settled()
    assert line.run_until(line.bus.settled, 1.0)
    line.run(0.1)
    assert not readers[1].head.outputs[0]


def test_a_gap_is_waited_for_but_not_for_long() -> None:
    line, readers = connected()
    line.jabber(10.0)
    line.run_until(lambda: bool(line.happened(LineJabbers)), 2.0)
    asked_s = line.clock.mono_s
    order(line, 1, on=True)
    assert line.run_until(lambda: readers[1].head.outputs[0], 2.0)
    assert line.clock.mono_s - asked_s < 0.5
