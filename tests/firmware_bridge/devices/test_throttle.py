"""However mad the devices on a port are, the queue gets no more than the controller can take."""

from __future__ import annotations

from collections.abc import Sequence

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.controller.events import (
    BoardAlarmed,
    BoardLinkChanged,
    BoardTampered,
    CardPresented,
    DevicePowered,
    Event,
    InputChanged,
    InputState,
    KeysPressed,
    LineJabbers,
    LinkAlarm,
    LinkState,
    Moment,
    OutputProved,
    PortChanged,
    Proof,
    ReaderAlarmed,
    ReaderLinkChanged,
    ReaderTampered,
    TextScanned,
)
from firmware_bridge.devices.throttle import (
    ALARMS_AT_ONCE,
    CHANGES_AT_ONCE,
    CHANGES_PER_S,
    READS_AT_ONCE,
    READS_PER_S,
    TELL_AFTER_S,
    TELL_EVERY_S,
    Throttle,
)
from tests.firmware_bridge.controller.school import START

INPUT = Point(DeviceKind.BOARD, 1, 3)


def at(now: float) -> Moment:
    return Moment(START, now)


class Gate:
    """A throttle and what came out of it."""

    def __init__(self) -> None:
        self.out: list[Event] = []
        self.throttle = Throttle(self.out.append)

    def put(self, *events: Event) -> None:
        for event in events:
            self.throttle(event)

    def flush(self, now: float) -> Sequence[Event]:
        """What comes out when time has passed."""
        before = len(self.out)
        self.throttle.flush(at(now))
        return self.out[before:]

    def flap(self, times: int, now: float = 0.0) -> None:
        for n in range(times):
            self.put(InputChanged(at(now), INPUT, InputState.NORMAL if n % 2 else InputState.ACTIVE))


def test_a_flood_of_reads_passes_at_the_pace_of_people_and_the_rest_is_counted_in_one_alarm() -> None:
    gate = Gate()
    for n in range(1000):
        gate.put(TextScanned(at(n * 0.001), 4, f"{n}"))
    assert len(gate.out) <= READS_AT_ONCE + READS_PER_S
    assert gate.flush(0.5) == []
    passed = len(gate.out)
    (alarm,) = gate.flush(TELL_AFTER_S + 0.1)
    assert isinstance(alarm, ReaderAlarmed)
    assert (alarm.reader, alarm.alarm) == (4, LinkAlarm.GARBAGE)
    assert alarm.detail.startswith(f"{1000 - passed} reads came faster")
    for n in range(1000):
        gate.put(TextScanned(at(2.0), 4, f"{n}"))
        assert not [event for event in gate.flush(2.0) if isinstance(event, ReaderAlarmed)]
    assert len(gate.flush(TELL_EVERY_S + 3.0)) == 1
    assert gate.flush(2 * TELL_EVERY_S + 4.0) == []
    assert gate.flush(3 * TELL_EVERY_S + 4.0) == []


def test_one_readers_flood_takes_nothing_from_another_and_what_people_do_passes() -> None:
    gate = Gate()
    for n in range(500):
        gate.put(CardPresented(at(0.0), 1, Bits(n, 26)))
    before = len(gate.out)
    gate.put(CardPresented(at(0.0), 2, Bits(1, 26)), KeysPressed(at(0.1), 2, "1"))
    assert len(gate.out) == before + 2
    for n in range(300):  # somebody types ten keys a second for half a minute
        gate.put(KeysPressed(at(10.0 + n / READS_PER_S), 3, "1"))
    assert len(gate.out) == before + 302


def test_of_a_flapping_input_the_newest_state_always_arrives() -> None:
    gate = Gate()
    gate.flap(1001)
    assert len(gate.out) == CHANGES_AT_ONCE
    (last,) = gate.flush(1 / CHANGES_PER_S)
    assert isinstance(last, InputChanged)
    assert (last.state, last.moment.mono_s) == (InputState.ACTIVE, 1 / CHANGES_PER_S)
    assert gate.flush(10.0) == []


def test_a_newer_state_takes_the_place_of_one_that_waits() -> None:
    gate = Gate()
    gate.flap(CHANGES_AT_ONCE + 1)
    gate.put(InputChanged(at(5.0), INPUT, InputState.NORMAL))
    assert gate.flush(9.0) == []
    assert isinstance(gate.out[-1], InputChanged)
    assert gate.out[-1].state is InputState.NORMAL


def test_other_inputs_of_the_board_do_not_wait() -> None:
    gate = Gate()
    gate.flap(500)
    exit_button = InputChanged(at(0.0), Point(DeviceKind.BOARD, 1, 4), InputState.ACTIVE)
    gate.put(exit_button)
    assert gate.out[-1] is exit_button


def test_what_waits_of_a_device_that_is_lost_does_not_come_after_that() -> None:
    for lost in (
        BoardLinkChanged(at(0.0), 1, LinkState.DOWN),
        PortChanged(at(0.0), "B", up=False, why="Gone."),
        LineJabbers(at(0.0), "B", jabbers=True, why="Unplug it."),
    ):
        gate = Gate()
        gate.flap(CHANGES_AT_ONCE + 3)
        gate.put(lost)
        assert gate.out[-1] is lost
        assert gate.flush(60.0) == []


def test_what_waits_of_a_device_goes_on_waiting_when_another_is_lost() -> None:
    for other in (
        BoardLinkChanged(at(0.0), 2, LinkState.DOWN),
        ReaderLinkChanged(at(0.0), 1, LinkState.DOWN),
        BoardLinkChanged(at(0.0), 1, LinkState.UP),
        PortChanged(at(0.0), "B", up=True),
    ):
        gate = Gate()
        gate.flap(CHANGES_AT_ONCE + 1)
        gate.put(other)
        assert len(gate.flush(60.0)) == 1


def test_switches_supplies_and_alarms_are_bounded_one_by_one() -> None:
    gate = Gate()
    for n in range(200):
        state = bool(n % 2)
        gate.put(ReaderTampered(at(0.0), 1, state), BoardTampered(at(0.0), 1, state))
        gate.put(DevicePowered(at(0.0), (DeviceKind.READER, 1), state))
        gate.put(ReaderAlarmed(at(0.0), 1, LinkAlarm.GARBAGE, "x"), BoardAlarmed(at(0.0), 1, LinkAlarm.NAK, "x"))
    assert len(gate.out) == 3 * CHANGES_AT_ONCE + 2 * ALARMS_AT_ONCE
    gate.put(ReaderAlarmed(at(0.0), 1, LinkAlarm.WRONG_KEY, "another kind"))
    assert len(gate.flush(1.0)) == 3


def test_a_lost_reader_does_not_hide_that_it_was_opened() -> None:
    gate = Gate()
    for n in range(CHANGES_AT_ONCE + 1):
        gate.put(ReaderTampered(at(0.0), 1, not n % 2))
    gate.put(ReaderLinkChanged(at(0.0), 1, LinkState.DOWN))
    (opened,) = gate.flush(1.0)
    assert isinstance(opened, ReaderTampered)
    assert opened.tampered


def test_what_the_bridge_asked_for_is_never_held_back() -> None:
    gate = Gate()
    gate.put(*[OutputProved(at(0.0), INPUT, n % 2 == 0, Proof.READ_BACK) for n in range(500)])
    assert len(gate.out) == 500


def test_an_input_that_uses_its_allowance_up_is_marked_until_it_changes_as_seldom_as_it_may() -> None:
    gate = Gate()
    gate.flap(2 * CHANGES_AT_ONCE)
    gate.flush(1 / CHANGES_PER_S)
    assert [event.restless for event in gate.out if isinstance(event, InputChanged)] == [False] * 9 + [True] * 2
    gate.put(InputChanged(at(5.0), INPUT, InputState.NORMAL), InputChanged(at(6.0), INPUT, InputState.ACTIVE))
    assert [event.restless for event in gate.out[-2:] if isinstance(event, InputChanged)] == [False, False]
