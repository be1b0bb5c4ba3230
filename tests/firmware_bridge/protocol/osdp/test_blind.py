"""What is said to a peripheral that is not heard: the same bytes again, and both of what its session may expect."""

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.protocol.osdp.blind import AGAIN_S, Blind
from firmware_bridge.protocol.osdp.commands import OutputControl, OutputOrder, Poll, SetOutputs
from firmware_bridge.protocol.osdp.envelope import Envelope
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.outputs import Pending
from firmware_bridge.protocol.osdp.secure import SecureSession

LOCK = SetOutputs((OutputOrder(0, OutputControl.OFF),))
OFF = DriveOutput(Point(DeviceKind.READER, 1, 0), energised=False, lease_s=0.0, urgency=Urgency.EMERGENCY)
PENDING = Pending(OFF, 0.0)


def in_session() -> tuple[Envelope, SecureSession]:
    envelope = Envelope(1)
    session = envelope.session = SecureSession(b"K" * 16, b"A" * 8, b"B" * 8)
    envelope.sequence = 2
    return envelope, session


def said(blind: Blind, mono_s: float, times: int) -> list[tuple[bytes, tuple[Pending, ...]]]:
    return [blind.frame(mono_s) for _ in range(times)]


def sequences(frames: list[tuple[bytes, tuple[Pending, ...]]]) -> list[int]:
    return [Packet.from_bytes(frame).sequence for frame, _ in frames]


def test_until_there_is_something_to_tell_the_last_question_goes_again() -> None:
    envelope, session = in_session()
    asked = envelope.sealed(session, Poll())
    blind = Blind(envelope, session, asked)
    blind.tell(None, ())
    assert said(blind, 5.0, 1) == [(asked.frame, ())]
    assert blind.due_s() == 5.0 + AGAIN_S


def test_a_command_goes_for_both_cases_the_later_number_first_and_then_the_same_bytes_again() -> None:
    envelope, session = in_session()
    blind = Blind(envelope, session, envelope.sealed(session, Poll()))
    blind.tell(LOCK, (PENDING,))
    assert blind.owes
    assert blind.urgency == Urgency.EMERGENCY
    first = said(blind, 5.0, 2)
    assert sequences(first) == [3, 2]
    assert [told for _, told in first] == [(), (PENDING,)]
    assert not blind.owes
    assert [frame for frame, _ in said(blind, 6.0, 2)] == [frame for frame, _ in first]


def test_another_command_supposes_that_the_one_before_arrived() -> None:
    envelope, session = in_session()
    blind = Blind(envelope, session, None)
    blind.tell(LOCK, (PENDING,))
    said(blind, 5.0, 2)
    blind.tell(None, ())
    assert sequences(said(blind, 6.0, 2)) == [1, 3]


def test_a_command_that_may_come_too_late_is_not_said_again() -> None:
    envelope, session = in_session()
    flying = envelope.sealed(session, LOCK, PENDING)
    blind = Blind(envelope, session, flying)
    blind.tell(None, ())
    assert flying.frame not in [frame for frame, _ in said(blind, 5.0, 4)]
