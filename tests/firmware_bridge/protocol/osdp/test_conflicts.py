"""Two devices at one address and answers in another's name are alarms, once an hour, and a slow or bad line is none."""

import pytest

from firmware_bridge.controller.events import LinkAlarm, ReaderAlarmed
from firmware_bridge.protocol.osdp.frames import Packet, crc
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
from tests.building.memory_line import MemoryLine, line_with

NUMBERS = (1, 2, 3)


def connected() -> tuple[MemoryLine, dict[int, Peripheral]]:
    line, readers = line_with({number: bytes((number,)) * 16 for number in NUMBERS})
    assert line.run_until(lambda: all(reader.secure for reader in readers.values()))
    line.run(2.0)
    line.events.clear()
    return line, readers


def conflicts(line: MemoryLine) -> list[tuple[int, str]]:
    return [(e.reader, e.detail) for e in line.happened(ReaderAlarmed) if e.alarm is LinkAlarm.CONFLICT]


def in_the_name_of(address: int, answer: bytes) -> bytes:
    body = answer[:1] + bytes((0x80 | address,)) + answer[2:-2]
    return body + crc(body)


def test_two_devices_that_answer_one_after_the_other_are_told_once_an_hour() -> None:
    line, _ = connected()
    line.manners.bytewise = True
    line.tamper = lambda asked, answer: answer * 2 if asked.address == 2 else answer
    line.run(10.0)
    ((reader, detail),) = conflicts(line)
    assert reader == 2
    assert detail.startswith("Address 2 answers twice")

    line.clock.go_on(3600.0)
    line.run(10.0)
    assert len(conflicts(line)) == 2


@pytest.mark.parametrize("other", [3, 9])
def test_an_answer_in_the_name_of_another_address_is_told(other: int) -> None:
    line, _ = connected()

    def as_another(asked: Packet, answer: bytes) -> bytes:
        return in_the_name_of(other, answer) if asked.address == 2 else answer

    line.tamper = as_another
    line.run(10.0)
    assert [(reader, f"in the name of address {other}" in detail) for reader, detail in conflicts(line)] == [(2, True)]


def test_two_devices_that_talk_at_once_are_told_where_the_others_are_understood() -> None:
    line, readers = connected()
    readers[3].set_faults(ReaderFaults(dead=True))  # which says nothing for or against it
    line.tamper = lambda asked, answer: bytes(b ^ 0x15 for b in answer) if asked.address == 2 else answer
    line.run(10.0)
    assert [(reader, "is garbled while the other" in detail) for reader, detail in conflicts(line)] == [(2, True)]


def test_a_line_on_which_all_is_garbled_has_no_conflict() -> None:
    line, _ = connected()
    line.tamper = lambda _asked, answer: bytes(b ^ 0x15 for b in answer)
    line.run(20.0)
    assert conflicts(line) == []


@pytest.mark.parametrize("turn_around_s", [0.0, 0.02, 0.05, 0.15])
def test_slow_readers_have_no_conflict(turn_around_s: float) -> None:
    line, _ = connected()
    line.manners.turn_around_s = turn_around_s
    line.run(20.0)
    assert conflicts(line) == []


def test_readers_that_come_and_go_have_no_conflict() -> None:
    line, readers = connected()
    for _ in range(6):
        readers[2].set_faults(ReaderFaults(dead=True))
        line.run(1.5)
        readers[2].set_faults(ReaderFaults())
        line.run(1.5)
    assert conflicts(line) == []


def test_what_comes_back_otherwise_from_the_adapter_again_and_again_is_told() -> None:
    line, _ = connected()
    for _ in range(6):
        assert line.run_until(lambda: line.bus._slot is not None)
        line.bus.collided(line.clock.moment())
        line.run(0.2)
    assert all("something else was sending" in detail for _, detail in conflicts(line))
    assert len(conflicts(line)) == 1
