"""Keys that are wrong or missing: what the panel refuses, and what it never says in the clear."""

from dataclasses import replace

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import (
    CardPresented,
    LinkAlarm,
    LinkState,
    OutputFailed,
    ReaderAlarmed,
    ReaderLinkChanged,
)
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.outputs import TOO_LATE
from firmware_bridge.protocol.osdp.replies import Nak
from firmware_bridge.protocol.osdp.secure import SCBK_D
from firmware_bridge.protocol.osdp.sentences import NO_KEY, UNSTABLE
from firmware_bridge.protocol.osdp.setup import ReaderSetup
from tests.building.memory_line import MemoryLine, line_with, output

KEY, OTHER = b"K" * 16, b"X" * 16
CARD = Bits(0x2F623AE, 26)
IN_CLEAR = {0x61, 0x76, 0x77}
"""ID, CHLNG and SCRYPT: all that a reader with a key may ever be sent in the clear."""


def links(line: MemoryLine) -> list[tuple[LinkState, str]]:
    return [(event.state, event.why) for event in line.happened(ReaderLinkChanged)]


def alarms(line: MemoryLine) -> list[LinkAlarm]:
    return [event.alarm for event in line.happened(ReaderAlarmed)]


def clear_codes(line: MemoryLine) -> set[int]:
    packets = [Packet.from_bytes(frame) for _, frame in line.sent]
    return {packet.code for packet in packets if not packet.security or packet.security[0] < 0x15}


def submit(line: MemoryLine, *, on: bool, urgency: Urgency = Urgency.GRANT, expires_in_s: float | None = None) -> None:
    expires = None if expires_in_s is None else line.clock.mono_s + expires_in_s
    line.bus.submit(DriveOutput(output(1), on, 5.0, urgency, expires), line.clock.moment())


# -- keys that are wrong


def test_a_reader_with_another_key_stays_down_and_hears_nothing_in_the_clear() -> None:
    line, readers = line_with({1: OTHER}, panel_keys={1: KEY})
    readers[1].head.present(CARD)
    submit(line, on=True, expires_in_s=1.0)
    line.run(10.0)

    assert [state for state, _ in links(line)] == [LinkState.DOWN]
    assert alarms(line) == [LinkAlarm.WRONG_KEY]
    assert clear_codes(line) <= IN_CLEAR
    assert line.happened(CardPresented) == []
    assert [(event.why, event.expired) for event in line.happened(OutputFailed)] == [(TOO_LATE, True)]
    assert readers[1].head.outputs == [False]


def test_a_reader_in_install_mode_never_gets_our_key_by_itself() -> None:
    line, readers = line_with({1: None}, panel_keys={1: KEY})
    line.run(5.0)

    assert [state for state, _ in links(line)] == [LinkState.DOWN]
    assert alarms(line) == [LinkAlarm.DOWNGRADE]
    assert readers[1].key is None


def test_a_reader_that_proves_only_the_default_key_is_refused() -> None:
    line, _ = line_with({1: SCBK_D}, panel_keys={1: KEY})
    line.run(5.0)

    assert alarms(line) == [LinkAlarm.DEFAULT_KEY]
    assert [state for state, _ in links(line)] == [LinkState.DOWN]


def test_a_reader_that_lies_about_the_beginning_of_a_session_has_the_right_key_and_no_session() -> None:
    line, _ = line_with({1: KEY})
    line.tamper = lambda asked, answer: (
        replace(Packet.from_bytes(answer), data=b"m" * 16).to_bytes() if asked.code == 0x77 else answer
    )
    line.run(5.0)

    assert alarms(line) == []
    assert links(line) == [(LinkState.DOWN, UNSTABLE)]


@pytest.mark.parametrize("security", [b"\x14\x01", b"\x14\xff"])
def test_one_handshake_that_comes_to_nothing_after_the_key_was_proved_is_begun_again(security: bytes) -> None:
    line, readers = line_with({1: KEY})
    left = [1]

    def once(asked: Packet, answer: bytes) -> bytes:
        if asked.code != 0x77 or not left:
            return answer
        left.pop()
        return replace(Packet.from_bytes(answer), security=security, data=b"m" * 16).to_bytes()

    line.tamper = once

    assert line.run_until(lambda: links(line) == [(LinkState.SECURE, "")], 1.0)
    assert alarms(line) == []
    assert readers[1].secure


@pytest.mark.parametrize("baud", [9600, 115200])
def test_a_reader_that_answers_polls_at_once_has_its_whole_time_for_the_handshake(baud: int) -> None:
    line, readers = line_with({1: KEY}, baud=baud)
    line.run(3.0)
    usual = readers[1].receive
    asked: list[int] = []
    free_s = [0.0]

    def slowly(packet: Packet, heard_s: float) -> None:
        """It works off one packet after the other, and the challenge takes it 0.1 s."""
        free_s[0] = max(heard_s, free_s[0]) + (0.1 if packet.code == 0x76 else 0.002)
        asked.append(packet.code)

        def work() -> None:
            answer = usual(packet, line.clock.mono_s)
            if answer is not None:
                line._arrive(answer, line.clock.mono_s)

        line._later(free_s[0], work)

    line._answer = slowly  # type: ignore[method-assign]  # one slow reader
    line.events.clear()
    readers[1].restart(line.clock.mono_s)
    line.run(3.0)

    assert asked.count(0x76) == 1
    assert readers[1].secure
    assert line.happened(ReaderLinkChanged) == []
    assert alarms(line) == []


def test_a_reader_that_suddenly_cannot_protect_its_line_stays_down() -> None:
    line, _ = line_with({1: KEY})
    line.tamper = lambda asked, answer: refusal(asked, 5) if asked.code == 0x76 else answer
    line.run(5.0)

    assert alarms(line) == [LinkAlarm.DOWNGRADE]
    assert [state for state, _ in links(line)] == [LinkState.DOWN]


def test_a_reader_that_garbles_one_handshake_gets_another() -> None:
    line, _ = line_with({1: KEY})
    left = [1]

    def once(asked: Packet, answer: bytes) -> bytes:
        if asked.code == 0x77 and left:
            left.pop()
            return refusal(asked, 4)
        return answer

    line.tamper = once

    assert line.run_until(lambda: links(line) == [(LinkState.SECURE, "")])
    assert alarms(line) == []


def refusal(asked: Packet, error: int) -> bytes:
    return Packet(asked.address, asked.sequence, Nak.CODE, bytes((error,)), reply=True).to_bytes()


# -- readers without a key


def test_a_reader_without_a_key_is_there_but_opens_nothing() -> None:
    line, readers = line_with({1: None})
    readers[1].head.present(CARD)
    submit(line, on=True, expires_in_s=1.0)
    line.run(5.0)

    assert links(line) == [(LinkState.CLEAR, NO_KEY)]
    assert line.happened(CardPresented) == []
    assert readers[1].head.outputs == [False]
    assert clear_codes(line) == {0x61, 0x62, 0x60}


def test_a_reader_whose_key_we_lack_is_shown_as_such() -> None:
    line, _ = line_with({1: KEY}, panel_keys={1: None})
    line.run(5.0)

    assert links(line) == [(LinkState.CLEAR, NO_KEY)]


def test_a_reader_without_a_key_that_restarts_is_met_anew() -> None:
    line, readers = line_with({1: None})
    line.run(1.0)
    readers[1].restart(line.clock.mono_s)
    line.sent.clear()
    line.run(1.0)

    assert 0x61 in clear_codes(line)
    assert links(line) == [(LinkState.CLEAR, NO_KEY)]


def test_a_reader_that_will_not_say_who_it_is_still_gets_its_session() -> None:
    line, _ = line_with({1: KEY})
    line.tamper = lambda asked, answer: refusal(asked, 3) if asked.code == 0x61 else answer

    assert line.run_until(lambda: links(line) == [(LinkState.SECURE, "")])


def test_a_reader_without_a_key_that_will_not_say_what_it_can_is_there_all_the_same() -> None:
    line, _ = line_with({1: None})
    line.tamper = lambda asked, answer: refusal(asked, 3) if asked.code in (0x61, 0x62) else answer

    assert line.run_until(lambda: links(line) == [(LinkState.CLEAR, NO_KEY)])


# -- an exchange of keys that was broken off


def test_of_two_keys_the_right_one_is_found_and_tried_first_from_then_on() -> None:
    line, readers = line_with({1: OTHER})
    line.bus.reconfigure([ReaderSetup(1, 1, KEY, spare=OTHER)], line.clock.moment())
    line.bus.events.clear()
    assert line.run_until(lambda: [state for state, _ in links(line)] == [LinkState.SECURE], 2.0)
    assert alarms(line) == []

    line.sent.clear()
    readers[1].restart(line.clock.mono_s)
    line.run(1.0)
    challenges = [frame for _, frame in line.sent if Packet.from_bytes(frame).code == 0x76]
    assert len(challenges) == 1
    assert readers[1].secure


def test_neither_of_two_keys_is_one_alarm_and_nothing_is_said_in_the_clear() -> None:
    line, _ = line_with({1: b"Z" * 16})
    line.bus.reconfigure([ReaderSetup(1, 1, KEY, spare=OTHER)], line.clock.moment())
    line.bus.events.clear()
    line.sent.clear()
    line.run(5.0)

    assert [state for state, _ in links(line)] == [LinkState.DOWN]
    assert alarms(line) == [LinkAlarm.WRONG_KEY]
    assert clear_codes(line) <= IN_CLEAR
