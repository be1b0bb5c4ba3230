"""The port thread on real ptys: with libosdp as a reader that is not ours, and with lines that come and go."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.commands import DriveOutput, Indication, ShowAtReader, Urgency
from firmware_bridge.controller.events import (
    BoardLinkChanged,
    BoardTampered,
    CardPresented,
    Event,
    InputChanged,
    InputState,
    KeysPressed,
    LineJabbers,
    LinkAlarm,
    LinkState,
    OutputFailed,
    OutputLapsed,
    OutputProved,
    PortChanged,
    Proof,
    ReaderAlarmed,
    ReaderLinkChanged,
    ReaderTampered,
)
from firmware_bridge.devices.osdp_port import OsdpPort, ReaderSetup
from firmware_bridge.devices.throttle import READS_PER_S
from firmware_bridge.protocol.osdp.checks import Checks
from firmware_bridge.protocol.osdp.commands import Poll
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config import BuildingConfig, LineConfig, LineKind, ReaderConfig
from firmware_bridge.simulator.wire import LineFaults
from tests.firmware_bridge.devices.foreign_line import ForeignReader, Log, events, foreign_reader

KEY = bytes(range(16))
CARD = Bits(0x2F623AE, 26)
OUT, LED, BUZZER, TEXT = 1, 2, 3, 4
CLOCK = SystemClock()


def lock(*, on: bool, lease_s: float = 30.0, reader: int = 1) -> DriveOutput:
    expires = CLOCK.monotonic_s() + 20.0
    return DriveOutput(Point(DeviceKind.READER, reader, 0), on, lease_s, Urgency.GRANT, expires)


@contextmanager
def port_at(path: str, *readers: ReaderSetup) -> Iterator[tuple[OsdpPort, Log]]:
    log, emit = events()
    port = OsdpPort("A", path, 115200, readers, emit=emit, clock=CLOCK)
    port.start()
    try:
        yield port, log
    finally:
        port.stop()


@contextmanager
def building(folder: Path, *numbers: int, second_head: int | None = None) -> Iterator[VirtualBuilding]:
    line = LineConfig("A", LineKind.OSDP, folder / "A", 115200, grain_s=0.001)
    readers = tuple(ReaderConfig(number, "A", number, KEY, second_head=second_head) for number in numbers)
    with VirtualBuilding(BuildingConfig(lines=(line,), readers=readers)) as built:
        yield built


@pytest.fixture
def foreign() -> Iterator[ForeignReader]:
    with foreign_reader(KEY) as reader:
        yield reader


def secure(event: ReaderLinkChanged) -> bool:
    return event.state is LinkState.SECURE


# -- a reader that is not ours


def test_a_foreign_reader_comes_up_with_secure_channel(foreign: ForeignReader) -> None:
    with port_at(foreign.path, ReaderSetup(1, 1, KEY)) as (_, log):
        log.await_one(ReaderLinkChanged, secure)

    assert foreign.said.wait(lambda: {"secure": True} in foreign.said.entries)
    assert log.of(ReaderAlarmed) == []


def test_a_foreign_readers_card_keys_and_tamper_arrive(foreign: ForeignReader) -> None:
    with port_at(foreign.path, ReaderSetup(1, 1, KEY)) as (_, log):
        log.await_one(ReaderTampered)
        foreign.do(card=CARD.left_justified().hex(), bits=26)
        foreign.do(keys="31327f0d")
        foreign.do(tamper=True)

        assert log.await_one(CardPresented).bits == CARD
        assert log.await_one(KeysPressed).keys == "12*#"
        log.await_one(ReaderTampered, lambda event: event.tampered)


def test_a_foreign_reader_moves_its_output_with_a_timer_of_its_own(foreign: ForeignReader) -> None:
    with port_at(foreign.path, ReaderSetup(1, 1, KEY, read_back=False)) as (port, log):
        log.await_one(ReaderTampered)
        port.submit(lock(on=True))
        log.await_one(OutputProved, lambda event: event.energised and event.proof is Proof.ACKNOWLEDGED)
        done = foreign.await_executed(OUT)
        assert (done["control_code"], done["output_no"]) == (5, 0)
        assert 200 < done["timer_count"] <= 300

        port.submit(lock(on=False))
        log.await_one(OutputProved, lambda event: not event.energised)

    assert foreign.executed(OUT)[-1]["control_code"] == 1


def test_a_foreign_reader_shows_and_sounds(foreign: ForeignReader) -> None:
    with port_at(foreign.path, ReaderSetup(1, 1, KEY)) as (port, log):
        log.await_one(ReaderTampered)
        port.submit(ShowAtReader(1, Indication.GRANTED, 5.0, silent=False))
        led, buzzer = foreign.await_executed(LED), foreign.await_executed(BUZZER)

    assert (led["temporary"], led["on_color"], led["timer_count"]) == (True, 2, 50)
    assert (buzzer["on_count"], buzzer["rep_count"]) == (1, 1)


def test_a_foreign_reader_shows_words(foreign: ForeignReader) -> None:
    with port_at(foreign.path, ReaderSetup(1, 1, KEY)) as (port, log):
        log.await_one(ReaderTampered)
        port.submit(ShowAtReader(1, Indication.REFUSED, 2.0, silent=False))
        text = foreign.await_executed(TEXT)

    assert text["data"].rstrip() == "No entry"
    assert text["temp_time"] == 2


def test_a_foreign_board_moves_its_output_and_tells_its_inputs_and_tamper(foreign: ForeignReader) -> None:
    board = ReaderSetup(4, 1, KEY, kind=DeviceKind.BOARD)
    with port_at(foreign.path, board) as (port, log):
        log.await_one(BoardTampered)
        port.submit(replace(lock(on=True), point=Point(DeviceKind.BOARD, 4, 1)))
        log.await_one(OutputProved, lambda event: event.energised)
        foreign.do(inputs="0001")
        changed = log.await_one(InputChanged, lambda event: event.state is InputState.ACTIVE)
        foreign.do(tamper=True)
        log.await_one(BoardTampered, lambda event: event.tampered)

        assert changed.point == Point(DeviceKind.BOARD, 4, 1)
        assert foreign.await_executed(OUT)["output_no"] == 1
        assert [(event.board, event.state) for event in log.of(BoardLinkChanged)] == [(4, LinkState.SECURE)]


class SumsOnly(Checks):
    """What is learned about a peripheral that knows nothing else; libosdp's reader answers with a CRC all the same."""

    def heard(self, packet: Packet) -> None:
        del packet

    def proved(self, packet: Packet) -> None:
        del packet


def test_a_foreign_reader_is_spoken_to_with_sums_and_secure_channel(foreign: ForeignReader) -> None:
    log, emit = events()
    port = OsdpPort("A", foreign.path, 115200, [ReaderSetup(1, 1, KEY)], emit=emit, clock=CLOCK)
    (session,) = port._bus._by_id.values()
    session._envelope.checks = SumsOnly()
    session._envelope.checks.crc = False
    port.start()
    try:
        log.await_one(ReaderLinkChanged, secure)
        port.submit(lock(on=True))
        log.await_one(OutputProved, lambda event: event.energised)
        foreign.do(card=CARD.left_justified().hex(), bits=26)
        assert log.await_one(CardPresented).bits == CARD
        assert not Packet.from_bytes(session._envelope.clear(Poll()).frame).crc
    finally:
        port.stop()


def test_a_foreign_reader_that_refuses_a_question_stays_on_line(foreign: ForeignReader) -> None:
    with port_at(foreign.path, ReaderSetup(1, 1, KEY)) as (port, log):
        log.await_one(ReaderTampered)
        port.submit(lock(on=False))
        # libosdp's reader cannot answer the output status that is asked for within five seconds.
        log.await_one(ReaderAlarmed, lambda event: event.alarm is LinkAlarm.NAK)
        foreign.do(card=CARD.left_justified().hex(), bits=26)
        log.await_one(CardPresented)

        assert [event.state for event in log.of(ReaderLinkChanged)] == [LinkState.SECURE]


def test_a_foreign_reader_with_another_key_stays_down(foreign: ForeignReader) -> None:
    with port_at(foreign.path, ReaderSetup(1, 1, b"X" * 16)) as (port, log):
        alarm = log.await_one(ReaderAlarmed)
        port.submit(replace(lock(on=True), expires_mono_s=CLOCK.monotonic_s() + 0.2))
        assert log.await_one(OutputFailed).expired

    assert alarm.alarm is LinkAlarm.WRONG_KEY
    assert [event.state for event in log.of(ReaderLinkChanged)] == [LinkState.DOWN]
    assert foreign.executed(OUT) == []


def test_a_foreign_reader_without_a_key_opens_nothing() -> None:
    with foreign_reader(None) as reader, port_at(reader.path, ReaderSetup(1, 1)) as (port, log):
        log.await_one(ReaderLinkChanged, lambda event: event.state is LinkState.CLEAR)
        reader.do(card=CARD.left_justified().hex(), bits=26)
        port.submit(replace(lock(on=True), expires_mono_s=CLOCK.monotonic_s() + 0.5))
        log.await_one(OutputFailed)

        assert log.of(CardPresented) == []
        assert reader.executed(OUT) == []


# -- ports that are missing, taken, lost, and stopped


def test_a_missing_port_is_named_once_and_opened_when_it_is_there(tmp_path: Path) -> None:
    with port_at(str(tmp_path / "A"), ReaderSetup(1, 1, KEY)) as (_, log):
        missing = log.await_one(PortChanged)
        assert not missing.up
        assert "is not there" in missing.why
        with building(tmp_path, 1):
            log.await_one(ReaderLinkChanged, secure)

    assert [event.up for event in log.of(PortChanged)][:2] == [False, True]


def test_a_taken_port_is_said_to_be_taken(tmp_path: Path) -> None:
    setup = ReaderSetup(1, 1, KEY)
    with building(tmp_path, 1), port_at(str(tmp_path / "A"), setup) as (_, first):
        first.await_one(PortChanged, lambda event: event.up)
        with port_at(str(tmp_path / "A"), setup) as (_, second):
            assert "used by another program" in second.await_one(PortChanged).why


def test_an_unplugged_adapter_is_noticed_and_found_again(tmp_path: Path) -> None:
    with port_at(str(tmp_path / "A"), ReaderSetup(1, 1, KEY)) as (_, log):
        with building(tmp_path, 1):
            log.await_one(ReaderLinkChanged, secure)
        log.await_one(ReaderLinkChanged, lambda event: event.state is LinkState.DOWN)
        log.await_one(PortChanged, lambda event: not event.up and "has gone" in event.why)
        before = len(log.of(ReaderLinkChanged))
        with building(tmp_path, 1):
            assert log.wait(lambda: any(secure(event) for event in log.of(ReaderLinkChanged)[before:]))


def test_a_lease_ends_without_a_line_too(tmp_path: Path) -> None:
    with port_at(str(tmp_path / "A"), ReaderSetup(1, 1, KEY)) as (port, log):
        with building(tmp_path, 1):
            log.await_one(ReaderLinkChanged, secure)
            port.submit(lock(on=True, lease_s=2.0))
            log.await_one(OutputProved)
        log.await_one(PortChanged, lambda event: not event.up)
        log.await_one(OutputLapsed)


def test_a_lease_that_nobody_renews_is_ended_by_the_port(tmp_path: Path) -> None:
    with building(tmp_path, 1) as built, port_at(str(tmp_path / "A"), ReaderSetup(1, 1, KEY)) as (port, log):
        log.await_one(ReaderLinkChanged, secure)
        port.submit(lock(on=True, lease_s=0.5))
        log.await_one(OutputProved, lambda event: event.energised)
        log.await_one(OutputLapsed)
        log.await_one(OutputProved, lambda event: not event.energised)

        assert built.readers[1].head.outputs == [False]


def test_stopping_sends_every_output_to_rest(tmp_path: Path) -> None:
    with building(tmp_path, 1) as built:
        with port_at(str(tmp_path / "A"), ReaderSetup(1, 1, KEY)) as (port, log):
            log.await_one(ReaderLinkChanged, secure)
            port.submit(lock(on=True))
            log.await_one(OutputProved)
            assert built.readers[1].head.outputs == [True]
        port.stop()

        assert built.readers[1].head.outputs == [False]
        assert not log.of(PortChanged)[-1].up


def test_stopping_on_a_dead_line_takes_about_a_second(tmp_path: Path) -> None:
    with building(tmp_path, 1) as built, port_at(str(tmp_path / "A"), ReaderSetup(1, 1, KEY)) as (port, log):
        log.await_one(ReaderLinkChanged, secure)
        port.submit(lock(on=True))
        log.await_one(OutputProved)
        built.set_line_faults("A", LineFaults(cut=True))
        port.stop()

    assert not log.of(PortChanged)[-1].up


def test_a_port_that_was_never_started_can_be_stopped(tmp_path: Path) -> None:
    OsdpPort("A", str(tmp_path / "A"), 9600, [], emit=lambda _event: None, clock=CLOCK).stop()


def test_readers_can_be_exchanged_while_the_line_runs(tmp_path: Path) -> None:
    with building(tmp_path, 1, 2), port_at(str(tmp_path / "A"), ReaderSetup(1, 1, KEY)) as (port, log):
        log.await_one(ReaderLinkChanged, secure)
        port.reconfigure([ReaderSetup(1, 1, KEY), ReaderSetup(2, 2, KEY)])
        log.await_one(ReaderLinkChanged, lambda event: event.reader == 2 and secure(event))

        assert len([event for event in log.of(ReaderLinkChanged) if event.reader == 1]) == 1
        with pytest.raises(ValueError, match="share"):
            port.reconfigure([ReaderSetup(1, 1, KEY), ReaderSetup(2, 1, KEY)])


def test_a_fault_of_our_own_is_reported_and_the_line_served_again(tmp_path: Path) -> None:
    log = Log()
    left = [1]

    def emit(event: Event) -> None:
        log.add(event)
        if isinstance(event, CardPresented) and left:
            left.pop()
            raise ZeroDivisionError

    with building(tmp_path, 1) as built:
        port = OsdpPort("A", str(tmp_path / "A"), 115200, [ReaderSetup(1, 1, KEY)], emit=emit, clock=CLOCK)
        port.start()
        log.await_one(ReaderLinkChanged, secure)
        built.present(1, CARD)
        log.await_one(PortChanged, lambda event: not event.up and "failed" in event.why)
        assert log.wait(lambda: sum(secure(event) for event in log.of(ReaderLinkChanged)) == 2)
        port.stop()


def test_a_garbled_line_loses_no_card(tmp_path: Path) -> None:
    with building(tmp_path, 1) as built, port_at(str(tmp_path / "A"), ReaderSetup(1, 1, KEY)) as (_, log):
        log.await_one(ReaderLinkChanged, secure)
        built.set_line_faults("A", LineFaults(garble=0.002, drop=0.001, noise_every_s=0.1, byte_wise=True))
        shown = 10 * (1 + 20 * int(os.environ.get("LONG", "0")))
        for number in range(shown):
            built.present(1, Bits(number, 26))
            time.sleep(1.1 / READS_PER_S)  # no faster than the port takes them
        built.set_line_faults("A", LineFaults())

        assert log.wait(lambda: len(log.of(CardPresented)) == shown)
        assert [event.bits.value for event in log.of(CardPresented)] == list(range(shown))


def test_a_device_that_never_stops_sending_is_told_once_and_locks_are_moved_all_the_same(tmp_path: Path) -> None:
    setups = ReaderSetup(1, 1, KEY), ReaderSetup(2, 2, KEY)
    with building(tmp_path, 1, 2) as built, port_at(str(tmp_path / "A"), *setups) as (port, log):
        assert log.wait(lambda: len(log.of(ReaderTampered)) == 2)  # the last of the first questions is answered
        built.set_line_faults("A", LineFaults(jabber=True, jabber_as=2))
        alarm = log.await_one(LineJabbers)
        assert (alarm.port, alarm.jabbers, alarm.address) == ("A", True, 2)

        port.submit(
            DriveOutput(Point(DeviceKind.READER, 1, 0), energised=True, lease_s=30.0, urgency=Urgency.EMERGENCY)
        )
        log.await_one(OutputProved, lambda event: event.proof is Proof.SENT)
        assert built.wait_for(lambda: built.readers[1].head.outputs == [True])

        built.set_line_faults("A", LineFaults())
        assert log.wait(lambda: sum(secure(event) for event in log.of(ReaderLinkChanged)) == 4)
        log.await_one(OutputProved, lambda event: event.proof is Proof.ACKNOWLEDGED)
        assert [event.jabbers for event in log.of(LineJabbers)] == [True, False]


def test_two_heads_behind_one_address_are_two_readers(tmp_path: Path) -> None:
    setup = ReaderSetup(1, 1, KEY, heads=((0, 1), (1, 8)))
    with building(tmp_path, 1, second_head=8) as built, port_at(str(tmp_path / "A"), setup) as (port, log):
        log.await_one(ReaderLinkChanged, lambda event: event.reader == 8 and secure(event))
        built.present(8, CARD)
        assert log.await_one(CardPresented).reader == 8
        port.submit(ShowAtReader(8, Indication.UNLOCKED, None, silent=True))
        faces = built.readers[1].head.faces
        assert built.wait_for(lambda: str(faces[1].looks(CLOCK.monotonic_s())) == "green")
        assert str(faces[0].looks(CLOCK.monotonic_s())) == "off"
