"""No refusal takes a door off-line that could go on, whichever command it is about, sealed or in the clear."""

from collections.abc import Callable

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.controller.commands import DriveOutput, Indication, ShowAtReader, Urgency
from firmware_bridge.controller.events import (
    CardPresented,
    LinkAlarm,
    LinkState,
    OutputFailed,
    OutputProved,
    ReaderAlarmed,
    ReaderLinkChanged,
)
from firmware_bridge.protocol.osdp.commands import Command, UnknownCommand
from firmware_bridge.protocol.osdp.fields import Malformed
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import Busy, Nak, Reply
from firmware_bridge.protocol.osdp.sentences import STUCK
from firmware_bridge.protocol.osdp.setup import LinkTiming
from firmware_bridge.simulator.peripheral import Peripheral
from tests.building.memory_line import MemoryLine, line_with, output

KEY = b"K" * 16
CARD = Bits(0x2F623AE, 26)
CODES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 77]
POLL, CAP, LSTAT, ISTAT, OSTAT, OUT, LED, TEXT = 0x60, 0x62, 0x64, 0x65, 0x66, 0x68, 0x69, 0x6B
NEEDLESS = (0x62, 0x64, 0x65, 0x66, 0x67, 0x69, 0x6A, 0x6B, 0x7B)

Answer = Callable[[Command | UnknownCommand | Malformed], Reply | None]


def stubborn(reader: Peripheral, answer: Answer) -> None:
    """Make a reader give other replies, sealed as all its replies are."""
    usual = reader._execute

    def execute(command: Command | UnknownCommand | Malformed, now_s: float) -> Reply:
        return answer(command) or usual(command, now_s)

    reader._execute = execute  # type: ignore[method-assign]  # one reader that is like that


def code_of(command: Command | UnknownCommand | Malformed) -> int:
    return command.code if isinstance(command, UnknownCommand | Malformed) else command.CODE


def refusing(code: int, error: int, often: int | None = None) -> Answer:
    left = [often]

    def answer(command: Command | UnknownCommand | Malformed) -> Reply | None:
        if code_of(command) != code or left[0] == 0:
            return None
        if left[0] is not None:
            left[0] -= 1
        return Nak(error)

    return answer


def links(line: MemoryLine) -> list[LinkState]:
    return [event.state for event in line.happened(ReaderLinkChanged)]


def drive(line: MemoryLine, *, on: bool) -> None:
    line.bus.submit(DriveOutput(output(1), on, 5.0, Urgency.GRANT), line.clock.moment())


def sent(line: MemoryLine, code: int) -> int:
    return sum(Packet.from_bytes(frame).code == code for _, frame in line.sent)


@pytest.mark.parametrize("error", CODES)
def test_a_reader_that_refuses_all_but_polls_and_outputs_for_ever_still_opens_its_door(error: int) -> None:
    line, readers = line_with({1: KEY}, display=True)
    stubborn(readers[1], lambda command: Nak(error) if code_of(command) in NEEDLESS else None)
    line.bus.submit(ShowAtReader(1, Indication.UNLOCKED, None, silent=False), line.clock.moment())
    line.bus.submit(ShowAtReader(1, Indication.GRANTED, 3.0, silent=False), line.clock.moment())
    line.run(1.0)
    drive(line, on=True)
    readers[1].head.present(CARD)
    line.run(6.0)

    assert links(line) == [LinkState.SECURE]
    assert [card.bits for card in line.happened(CardPresented)] == [CARD]
    assert line.happened(OutputProved)[0].energised
    assert max(sent(line, code) for code in NEEDLESS) <= 12


@pytest.mark.parametrize(("code", "error"), [(CAP, 3), (LED, 6), (ISTAT, 9), (OSTAT, 2), (TEXT, 5)])
def test_a_refusal_of_one_command_is_told_once_and_leaves_the_others(code: int, error: int) -> None:
    line, readers = line_with({1: KEY}, display=True)
    stubborn(readers[1], refusing(code, error))
    line.bus.submit(ShowAtReader(1, Indication.UNLOCKED, None, silent=False), line.clock.moment())
    line.bus.submit(ShowAtReader(1, Indication.GRANTED, 3.0, silent=False), line.clock.moment())
    drive(line, on=True)
    line.run(2 * LinkTiming().read_back_s + 1.0)

    assert links(line) == [LinkState.SECURE]
    told = [event for event in line.happened(ReaderAlarmed) if event.alarm is LinkAlarm.NAK]
    assert len(told) == (0 if code == CAP else 1)
    assert all(f"refusal {error}" in event.detail for event in told)
    others = {LED, ISTAT, TEXT} if code != CAP else set()
    assert all(sent(line, other) for other in others)


@pytest.mark.parametrize("error", CODES)
def test_a_refused_output_is_told_once_and_the_reader_goes_on(error: int) -> None:
    line, readers = line_with({1: KEY})
    line.run(1.0)
    stubborn(readers[1], refusing(OUT, error))
    drive(line, on=True)
    line.run(5.0)

    assert links(line) == [LinkState.SECURE]
    assert [event.energised for event in line.happened(OutputFailed)][:1] == [True]
    assert sent(line, OUT) <= 12
    readers[1].head.present(CARD)
    line.run(2.0)
    assert line.happened(CardPresented)


@pytest.mark.parametrize("error", [1, 4, 6, 9])
def test_what_is_refused_once_and_can_be_put_right_moves_the_lock(error: int) -> None:
    line, readers = line_with({1: KEY})
    line.run(1.0)
    stubborn(readers[1], refusing(OUT, error, often=1))
    drive(line, on=True)
    line.run(1.0)

    assert readers[1].head.outputs == [True]
    assert line.happened(OutputFailed) == []
    assert links(line) == [LinkState.SECURE]


@pytest.mark.parametrize("error", CODES)
def test_even_a_refused_poll_leaves_the_reader_up_and_is_told_once(error: int) -> None:
    line, readers = line_with({1: KEY})
    line.run(1.0)
    stubborn(readers[1], refusing(POLL, error))
    line.run(5.0)
    drive(line, on=True)
    line.run(1.0)

    assert links(line) == [LinkState.SECURE]
    assert readers[1].head.outputs == [True]
    assert len(line.happened(ReaderAlarmed)) <= 3


@pytest.mark.parametrize("error", [1, 9])
def test_a_question_that_was_put_off_is_asked_again(error: int) -> None:
    line, readers = line_with({1: KEY})
    stubborn(readers[1], refusing(LSTAT, error, often=4 if error == 1 else 1))
    readers[1].head.tampered = True
    line.run(12.0)

    assert sent(line, LSTAT) >= 2
    assert links(line) == [LinkState.SECURE]


@pytest.mark.parametrize("error", CODES)
def test_a_refusal_in_the_clear_costs_no_event(error: int) -> None:
    line, readers = line_with({1: KEY})
    line.run(1.0)
    left = [1]

    def refuse(asked: Packet, answer: bytes) -> bytes:
        return (
            Packet(1, asked.sequence, 0x41, bytes((error,)), reply=True).to_bytes() if left and left.pop() else answer
        )

    line.tamper = refuse
    readers[1].head.present(CARD)
    line.run(1.0)

    assert links(line) == [LinkState.SECURE]
    assert line.happened(ReaderAlarmed) == []
    handshakes = sent(line, 0x76)
    assert handshakes == (1 if error in (1, 2) else 2)


def refusing_in_clear(reader: Peripheral, *codes: int, ahead: bool = False) -> list[int]:
    """Have somebody refuse these commands without protection; ``ahead`` of the true answer, which is lost then."""
    usual, refused = reader._obey, []

    def obey(packet: Packet, now_s: float) -> bytes:
        if packet.code not in codes:
            return usual(packet, now_s)
        refused.append(packet.code)
        if ahead:
            usual(packet, now_s)
        return Packet(packet.address, packet.sequence, Nak.CODE, b"\x03", reply=True).to_bytes()

    reader._obey = obey  # type: ignore[method-assign]  # one reader to which that happens
    return refused


@pytest.mark.parametrize("neighbours", [0, 3])
@pytest.mark.parametrize("codes", [(CAP,), (LSTAT,), (ISTAT,), (LED,), (OSTAT,), NEEDLESS])
def test_what_is_refused_in_the_clear_for_ever_is_given_up_and_cards_arrive(
    codes: tuple[int, ...], neighbours: int
) -> None:
    line, readers = line_with({number: bytes((number,)) * 16 for number in range(1, 2 + neighbours)}, baud=38400)
    refused = refusing_in_clear(readers[1], *codes)
    line.bus.submit(ShowAtReader(1, Indication.LOCKED, None, silent=True), line.clock.moment())
    drive(line, on=True)
    line.run(18.0)  # its output is asked for every five seconds
    line.sent.clear()
    for _ in range(6):
        readers[1].head.present(CARD)
        line.run(2.0)

    victim = [event.state for event in line.happened(ReaderLinkChanged) if event.reader == 1]
    assert victim == [LinkState.SECURE]
    assert len(line.happened(CardPresented)) == 6
    assert line.happened(OutputProved)[0].energised
    assert sent(line, 0x76) == 0
    told = [event.detail for event in line.happened(ReaderAlarmed) if event.alarm is LinkAlarm.NAK]
    assert len(told) == len(set(told))
    assert 1 <= len(told) <= len(codes)
    assert "without protection" in told[0]
    assert len(refused) <= 3 * len(NEEDLESS)


@pytest.mark.parametrize("neighbours", [0, 3])
@pytest.mark.parametrize("code", [CAP, LSTAT, ISTAT])
def test_a_forged_refusal_that_ends_sessions_ends_few_of_them(code: int, neighbours: int) -> None:
    line, readers = line_with({number: bytes((number,)) * 16 for number in range(1, 2 + neighbours)}, baud=38400)
    line.run(1.0)
    refusing_in_clear(readers[1], code, ahead=True)
    readers[1].restart(line.clock.mono_s)
    line.run(5.0)
    line.sent.clear()
    for _ in range(10):
        readers[1].head.present(CARD)
        line.run(3.0)

    assert [event.state for event in line.happened(ReaderLinkChanged) if event.reader == 1] == [LinkState.SECURE]
    assert len(line.happened(CardPresented)) == 10
    assert sent(line, 0x76) <= 12
    assert len([event for event in line.happened(ReaderAlarmed) if event.alarm is LinkAlarm.NAK]) <= 1


def test_what_was_given_up_is_tried_again_when_its_time_is_over() -> None:
    line, readers = line_with({1: KEY}, baud=38400, timing=LinkTiming(given_up_s=30.0))
    usual = readers[1]._obey
    refusing_in_clear(readers[1], LSTAT)
    line.run(5.0)
    readers[1]._obey = usual  # type: ignore[method-assign]  # whoever did it has gone
    readers[1].head.tampered = True
    line.sent.clear()
    line.run(20.0)
    assert sent(line, LSTAT) == 0
    line.run(20.0)

    assert sent(line, LSTAT) == 1
    assert sent(line, 0x76) == 0


def test_capabilities_that_were_given_up_are_learned_later_and_all_else_is_asked_then() -> None:
    line, readers = line_with({1: KEY}, baud=38400, timing=LinkTiming(given_up_s=30.0))
    usual = readers[1]._obey
    refusing_in_clear(readers[1], CAP)
    line.run(5.0)
    assert sent(line, ISTAT) == 0
    readers[1]._obey = usual  # type: ignore[method-assign]  # whoever did it has gone
    line.run(40.0)

    assert sent(line, ISTAT) == 1
    assert links(line) == [LinkState.SECURE]


def test_an_output_that_is_refused_in_the_clear_for_ever_is_told_and_cards_arrive() -> None:
    line, readers = line_with({1: KEY}, baud=38400)
    line.run(1.0)
    refusing_in_clear(readers[1], OUT)
    drive(line, on=True)
    line.run(2.0)
    readers[1].head.present(CARD)
    line.run(1.0)

    assert links(line) == [LinkState.SECURE]
    assert [event.energised for event in line.happened(OutputFailed)] == [True]
    assert line.happened(CardPresented)
    assert sent(line, 0x76) == 3


def test_a_poll_that_is_refused_in_the_clear_for_ever_takes_the_reader_down_although_questions_are_answered() -> None:
    line, readers = line_with({1: KEY, 2: b"L" * 16}, baud=38400)
    line.run(1.0)
    refusing_in_clear(readers[1], POLL)
    line.run(60.0)

    assert [event.state for event in line.happened(ReaderLinkChanged) if event.reader == 1] == [
        LinkState.SECURE,
        LinkState.DOWN,
    ]


def test_the_same_bytes_go_again_when_they_did_not_arrive_whole() -> None:
    line, _ = line_with({1: KEY})
    line.run(1.0)
    line.sent.clear()
    assert line.run_until(lambda: bool(line.sent))
    line.sent.clear()  # its answer is under way
    left = [1, 1]
    line.tamper = lambda _asked, answer: (
        Packet(1, 0, 0x41, b"\x01", reply=True).to_bytes() if left and left.pop() else answer
    )
    line.run(0.2)

    assert len({frame for _, frame in line.sent[:3]}) == 1
    assert len({frame for _, frame in line.sent[:4]}) == 2
    assert sent(line, 0x76) == 0


def test_a_reader_that_says_busy_under_protection_for_too_long_is_down_and_comes_back() -> None:
    line, readers = line_with({1: KEY})
    line.run(1.0)
    busy = [True]
    stubborn(readers[1], lambda _command: Busy() if busy[0] else None)
    line.run(4.0)
    assert links(line) == [LinkState.SECURE]
    line.run(2.0)
    assert links(line) == [LinkState.SECURE, LinkState.DOWN]
    assert line.happened(ReaderLinkChanged)[-1].why == STUCK

    busy[0] = False
    assert line.run_until(lambda: links(line)[-1] is LinkState.SECURE, 3.0)
