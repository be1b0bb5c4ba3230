"""Somebody at the line refuses commands in the clear: no lock is undone and no lease taken away by that."""

from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import LinkAlarm, OutputFailed, OutputProved, ReaderAlarmed
from firmware_bridge.protocol.osdp.commands import Command, OutputControl, SetOutputs, UnknownCommand
from firmware_bridge.protocol.osdp.fields import Malformed
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import Capabilities, Capability, Function, Nak, Reply
from firmware_bridge.simulator.peripheral import Peripheral
from tests.building.memory_line import MemoryLine, line_with, output
from tests.firmware_bridge.protocol.osdp.test_panel_refusals import (
    CAP,
    ISTAT,
    KEY,
    OUT,
    drive,
    refusing_in_clear,
    sent,
    stubborn,
)

ID = 0x61


def wish(line: MemoryLine, *, on: bool) -> None:
    """What the door wants until further notice."""
    urgency = Urgency.ROUTINE if on else Urgency.EMERGENCY
    line.bus.submit(DriveOutput(output(1), on, 30.0 if on else 0.0, urgency), line.clock.moment())


def test_a_lockdown_that_is_refused_in_the_clear_after_it_was_obeyed_leaves_the_door_locked() -> None:
    line, readers = line_with({1: KEY}, baud=38400)
    line.run(1.0)
    wish(line, on=True)
    line.run(1.0)
    assert readers[1].head.outputs == [True]
    usual = readers[1]._obey
    refusing_in_clear(readers[1], OUT, ahead=True)
    wish(line, on=False)
    line.run(0.2)
    line.sent.clear()
    for _ in range(100):
        line.run(0.1)
        assert readers[1].head.outputs == [False]
        assert len(line.happened(OutputFailed)) <= 1

    assert sent(line, OUT) <= 12, "it is said again, with a pause"
    told = [event for event in line.happened(ReaderAlarmed) if event.alarm is LinkAlarm.NAK]
    assert len(told) == 1
    assert [event.energised for event in line.happened(OutputFailed)] == [False]

    readers[1]._obey = usual  # type: ignore[method-assign]  # whoever did it has gone
    line.run(2.0)
    assert not line.happened(OutputProved)[-1].energised


def test_a_lockdown_that_never_reaches_the_reader_reaches_it_once_nobody_refuses_it_any_more() -> None:
    line, readers = line_with({1: KEY}, baud=38400)
    line.run(1.0)
    wish(line, on=True)
    line.run(1.0)
    usual = readers[1]._obey
    refusing_in_clear(readers[1], OUT)
    wish(line, on=False)
    line.run(10.0)
    assert readers[1].head.outputs == [True]

    readers[1]._obey = usual  # type: ignore[method-assign]  # whoever did it has gone
    line.run(1.5)
    assert readers[1].head.outputs == [False]
    assert not line.happened(OutputProved)[-1].energised


def timing_its_outputs(reader: Peripheral) -> list[SetOutputs]:
    """Have a reader say that its outputs time themselves; what they are told."""
    usual, told = reader._execute, list[SetOutputs]()

    def execute(command: Command | UnknownCommand | Malformed, now_s: float) -> Reply:
        told.extend([command] if isinstance(command, SetOutputs) else [])
        reply = usual(command, now_s)
        if isinstance(reply, Capabilities):
            others = tuple(item for item in reply.items if item.function != Function.OUTPUTS)
            return Capabilities((*others, Capability(Function.OUTPUTS, 4, 1)))
        return reply

    reader._execute = execute  # type: ignore[method-assign]  # one reader that is like that
    return told


def unknown_again(line: MemoryLine, reader: Peripheral) -> None:
    """Cut the line, then refuse once to say who the reader is, and for ever what it can do."""
    usual, refused = reader._obey, [1]

    def obey(packet: Packet, now_s: float) -> bytes:
        if (packet.code == ID and refused[0]) or packet.code == CAP:
            refused[0] -= packet.code == ID
            return Packet(packet.address, packet.sequence, Nak.CODE, b"\x03", reply=True).to_bytes()
        return usual(packet, now_s)

    reader._obey = obey  # type: ignore[method-assign]  # one reader to which that happens
    line.manners.cut = True
    line.run(2.0)
    line.manners.cut = False
    line.run(8.0)


def test_what_a_reader_can_do_is_not_forgotten_by_a_refusal_that_anybody_could_have_said() -> None:
    line, readers = line_with({1: KEY}, baud=38400)
    told = timing_its_outputs(readers[1])
    line.run(1.0)
    line.sent.clear()
    unknown_again(line, readers[1])
    assert sent(line, CAP) == 3
    assert sent(line, ISTAT) >= 1
    drive(line, on=True)
    line.run(1.0)

    assert [order.control for order in told[-1].orders] == [OutputControl.ON_FOR_TIMER]


def test_a_reader_that_refuses_to_say_what_it_can_under_protection_moves_its_lock() -> None:
    line, readers = line_with({1: KEY}, baud=38400)
    stubborn(readers[1], lambda command: Nak(3) if getattr(command, "CODE", 0) == CAP else None)
    line.run(1.0)
    drive(line, on=True)
    line.run(1.0)

    assert readers[1].head.outputs == [True]
