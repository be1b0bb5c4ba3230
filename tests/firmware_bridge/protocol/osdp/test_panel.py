"""One reader's session, on a line in memory with a conforming reader: from the first question to the last refusal."""

from dataclasses import replace

import pytest

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind
from firmware_bridge.controller.commands import DriveOutput, Indication, ShowAtReader, Urgency
from firmware_bridge.controller.events import (
    CardPresented,
    LinkAlarm,
    LinkState,
    OutputFailed,
    OutputProved,
    Proof,
    ReaderAlarmed,
    ReaderLinkChanged,
)
from firmware_bridge.protocol.osdp.commands import SetOutputs
from firmware_bridge.protocol.osdp.exchange import Heard
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.outputs import TOO_LATE
from firmware_bridge.protocol.osdp.replies import Ack, Busy, Nak, OutputStatus, RawCard
from firmware_bridge.protocol.osdp.sentences import NO_ANSWER, UNSTABLE
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
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


def connected(key: bytes = KEY) -> tuple[MemoryLine, Peripheral]:
    line, readers = line_with({1: key})
    assert line.run_until(lambda: links(line) == [(LinkState.SECURE, "")])
    line.run(1.0)
    return line, readers[1]


def submit(line: MemoryLine, *, on: bool, urgency: Urgency = Urgency.GRANT, expires_in_s: float | None = None) -> None:
    expires = None if expires_in_s is None else line.clock.mono_s + expires_in_s
    line.bus.submit(DriveOutput(output(1), on, 5.0, urgency, expires), line.clock.moment())


def refusal(asked: Packet, error: int) -> bytes:
    return Packet(asked.address, asked.sequence, Nak.CODE, bytes((error,)), reply=True).to_bytes()


def test_a_reader_with_its_key_comes_up_and_says_nothing_in_the_clear() -> None:
    line, reader = connected()

    assert reader.secure
    assert clear_codes(line) == IN_CLEAR
    assert line.bus.settled()


def test_a_card_arrives_with_its_bits() -> None:
    line, reader = connected()
    reader.head.present(CARD)
    line.run(0.2)

    [card] = line.happened(CardPresented)
    assert (card.reader, card.bits) == (1, CARD)


def test_an_output_moves_and_is_proved() -> None:
    line, reader = connected()
    submit(line, on=True)
    line.run(0.2)

    assert reader.head.outputs == [True]
    assert line.happened(OutputProved)[0].proof is Proof.ACKNOWLEDGED


def test_an_output_is_read_back_within_five_seconds() -> None:
    line, _ = connected()
    submit(line, on=False)
    line.run(6.0)

    assert Proof.READ_BACK in [event.proof for event in line.happened(OutputProved)]


def test_an_indication_reaches_the_reader() -> None:
    line, reader = connected()
    line.bus.submit(ShowAtReader(1, Indication.UNLOCKED, None, silent=False), line.clock.moment())
    line.run(0.5)

    assert str(reader.head.face.looks(line.clock.mono_s)) == "green"


# -- silence, restarts, noise


def test_a_silent_reader_is_noticed_within_a_second_and_met_again_when_it_is_back() -> None:
    line, reader = connected()
    reader.set_faults(ReaderFaults(dead=True))
    assert line.run_until(lambda: links(line)[-1] == (LinkState.DOWN, NO_ANSWER), 1.0)

    line.run(20.0)
    reader.set_faults(ReaderFaults())

    assert line.run_until(lambda: links(line)[-1][0] is LinkState.SECURE, 1.5)


def test_a_reader_that_was_never_there_is_reported_once() -> None:
    line, readers = line_with({1: KEY})
    readers[1].set_faults(ReaderFaults(dead=True))
    line.run(30.0)

    assert links(line) == [(LinkState.DOWN, NO_ANSWER)]
    assert len(line.sent) < 60


def test_a_restarted_reader_gets_new_keys_at_once_without_an_event_and_its_lock_again() -> None:
    line, reader = connected()
    submit(line, on=True, urgency=Urgency.ROUTINE)
    line.run(0.3)
    reader.restart(line.clock.mono_s)
    assert reader.head.outputs == [False]

    line.run(0.5)

    assert links(line) == [(LinkState.SECURE, "")]
    assert reader.head.outputs == [True]


def test_a_command_on_its_way_when_the_reader_restarts_goes_again() -> None:
    line, reader = connected()
    reader.restart(line.clock.mono_s)
    submit(line, on=True)
    line.run(0.5)

    assert reader.head.outputs == [True]
    assert links(line) == [(LinkState.SECURE, "")]


def test_a_lockdown_given_while_the_reader_is_away_arrives_and_a_grant_does_not() -> None:
    line, reader = connected()
    submit(line, on=True, urgency=Urgency.ROUTINE)
    line.run(0.3)
    reader.set_faults(ReaderFaults(dead=True))
    line.run(1.0)
    submit(line, on=False, urgency=Urgency.EMERGENCY)
    submit(line, on=True, expires_in_s=1.0)
    line.run(3.0)
    reader.set_faults(ReaderFaults())
    line.run(2.0)

    assert reader.head.outputs == [False]
    assert [event.expired for event in line.happened(OutputFailed)] == [True]


def test_a_grant_whose_acknowledgement_is_lost_for_too_long_is_not_repeated_later() -> None:
    line, reader = connected()
    reader.set_faults(ReaderFaults(deaf_to=0x68))
    submit(line, on=True, expires_in_s=0.2)
    line.run(0.5)
    reader.set_faults(ReaderFaults())
    line.run(1.0)

    assert reader.head.outputs == [False]
    assert [event.why for event in line.happened(OutputFailed)] == [TOO_LATE]
    assert links(line) == [(LinkState.SECURE, "")]


def test_a_retry_is_the_same_bytes() -> None:
    line, reader = connected()
    line.sent.clear()
    reader.set_faults(ReaderFaults(dead=True))
    line.run(0.3)

    assert len(line.sent) > 1
    assert len({frame for _, frame in line.sent}) == 1


def test_a_busy_reader_is_asked_again_with_the_same_bytes_and_stays_on_line() -> None:
    line, reader = connected()
    line.sent.clear()
    reader.set_faults(ReaderFaults(busy=30))
    submit(line, on=True)
    assert line.run_until(lambda: reader.head.outputs == [True], 3.0)

    assert links(line) == [(LinkState.SECURE, "")]
    assert len({frame for _, frame in line.sent[:30]}) == 1


def test_a_clear_answer_inside_a_session_is_an_alarm_and_believed_by_nobody() -> None:
    line, _ = connected()
    forged = RawCard(0, 0, CARD)
    line.tamper = lambda asked, _answer: Packet(
        asked.address, asked.sequence, forged.CODE, forged.to_bytes(), reply=True
    ).to_bytes()
    line.run(0.4)

    assert line.happened(CardPresented) == []
    assert alarms(line) == [LinkAlarm.DOWNGRADE]


def test_damaged_answers_lead_to_new_keys_and_not_off_line() -> None:
    line, reader = connected()
    damaged: list[Packet] = []
    new_keys: list[Packet] = []

    def damage(asked: Packet, answer: bytes) -> bytes:
        if asked.code == 0x76:
            new_keys.append(asked)
        if new_keys:
            return answer
        damaged.append(asked)
        return replace(Packet.from_bytes(answer), mac=b"\0\0\0\0").to_bytes()

    line.tamper = damage
    line.run(1.0)

    assert len(damaged) == 3
    assert reader.secure
    assert links(line) == [(LinkState.SECURE, "")]


def test_a_reader_that_drops_every_session_goes_down_and_is_tried_later() -> None:
    line, _ = connected()
    line.tamper = lambda asked, answer: refusal(asked, 6) if asked.security[:1] in (b"\x15", b"\x17") else answer
    assert line.run_until(lambda: links(line)[-1] == (LinkState.DOWN, UNSTABLE), 2.0)

    line.tamper = lambda _asked, answer: answer

    assert line.run_until(lambda: links(line)[-1][0] is LinkState.SECURE, 2.0)


@pytest.mark.parametrize("error", [4, 6])
def test_a_sealed_refusal_about_the_session_itself_makes_a_new_one(error: int) -> None:
    line, reader = connected()
    reader.set_faults(ReaderFaults(nak=error))
    submit(line, on=True)
    line.run(0.1)
    reader.set_faults(ReaderFaults())
    line.run(2.0)

    assert reader.head.outputs == [True]


def test_a_refused_output_is_reported_and_the_door_goes_on() -> None:
    line, reader = connected()
    line.bus.submit(
        DriveOutput(output(1, 9), energised=False, lease_s=0.0, urgency=Urgency.EMERGENCY), line.clock.moment()
    )
    line.run(1.0)
    submit(line, on=True)
    line.run(0.3)

    [failed] = line.happened(OutputFailed)
    assert (failed.point.index, failed.why) == (9, "The reader has no output 9.")
    assert reader.head.outputs == [True]
    assert links(line) == [(LinkState.SECURE, "")]


def test_answers_to_another_question_are_ignored() -> None:
    line, reader = connected()
    session = line.bus._by_id[DeviceKind.READER, 1]
    stranger = Packet(1, 0, Ack.CODE, reply=True)
    of_another = replace(stranger, sequence=(session._envelope.sequence + 1) % 4)
    assert session.heard(of_another, line.clock.moment()) is Heard.NOTHING

    session._exchange = None
    assert session.heard(stranger, line.clock.moment()) is Heard.NOTHING
    session.silent(line.clock.moment())
    session.silence._since_s = 0.0
    session.pass_time(line.clock.moment())

    line.run(0.5)
    assert reader.secure
    assert len(links(line)) == 1
    assert alarms(line) == []


def test_a_busy_answer_may_carry_the_questions_own_number() -> None:
    line, _ = connected()
    left = [1]

    def busy(asked: Packet, answer: bytes) -> bytes:
        return Packet(1, asked.sequence, Busy.CODE, reply=True).to_bytes() if left and left.pop() else answer

    line.tamper = busy
    line.run(0.5)

    assert links(line) == [(LinkState.SECURE, "")]


def test_a_stream_of_commands_does_not_starve_cards() -> None:
    line, reader = connected()
    line.on_event = lambda event: (
        submit(line, on=False, urgency=Urgency.ROUTINE) if isinstance(event, OutputProved) else None
    )
    submit(line, on=False, urgency=Urgency.ROUTINE)
    reader.head.present(CARD)

    assert line.run_until(lambda: bool(line.happened(CardPresented)), 1.0)


def test_a_lost_line_is_a_lost_session() -> None:
    line, _ = connected()
    line.bus.line_lost("The serial port has gone.", line.clock.moment())
    line.run(1.0)

    assert links(line)[1:] == [(LinkState.DOWN, "The serial port has gone."), (LinkState.SECURE, "")]


# -- answers that are none


class AnswersOnce:
    """Has a reader answer one output command with something else, without obeying it."""

    def __init__(self, code: int, data: bytes = b"") -> None:
        self.CODE, self._data, self._left = code, data, 1

    def to_bytes(self) -> bytes:
        return self._data

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = Peripheral._execute

        def execute(reader: Peripheral, command: object, now_s: float) -> object:
            if isinstance(command, SetOutputs) and self._left:
                self._left -= 1
                return self
            return real(reader, command, now_s)  # type: ignore[arg-type]  # what it is called with anyway

        monkeypatch.setattr(Peripheral, "_execute", execute)


def test_a_reader_that_only_says_busy_is_not_secure() -> None:
    line, reader = connected()
    reader.set_faults(ReaderFaults(busy=100_000))
    assert line.run_until(lambda: links(line)[-1] == (LinkState.DOWN, NO_ANSWER), 8.0)

    reader.set_faults(ReaderFaults())
    assert line.run_until(lambda: links(line)[-1][0] is LinkState.SECURE, 1.5)


@pytest.mark.parametrize(
    ("code", "data"),
    [(Busy.CODE, b""), (0x5A, b"x"), (0x51, b"x"), (0x45, bytes(12)), (0x76, bytes(32)), (0x54, bytes(5))],
    ids=["busy", "unknown", "malformed", "identity", "cryptogram", "communication"],
)
def test_what_is_no_acknowledgement_moves_and_proves_nothing(
    monkeypatch: pytest.MonkeyPatch, code: int, data: bytes
) -> None:
    line, reader = connected()
    AnswersOnce(code, data).install(monkeypatch)
    submit(line, on=True)
    moved: list[list[bool]] = []
    line.on_event = lambda event: moved.append(list(reader.head.outputs)) if isinstance(event, OutputProved) else None
    line.run(0.5)

    assert moved[0] == [True]


def test_a_reader_that_says_at_once_where_its_outputs_are_is_taken_at_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    line, _ = connected()
    AnswersOnce(OutputStatus.CODE, b"\0").install(monkeypatch)
    submit(line, on=True)
    line.run(0.5)

    [proved] = line.happened(OutputProved)
    assert (proved.energised, proved.proof) == (False, Proof.READ_BACK)


@pytest.mark.parametrize("dead", [False, True])
def test_a_reader_that_is_served_no_more_is_switched_off_if_it_can_be_and_then_forgotten(dead: bool) -> None:
    line, reader = connected()
    submit(line, on=True, urgency=Urgency.ROUTINE)
    line.run(0.3)
    reader.set_faults(ReaderFaults(dead=dead))
    line.bus.reconfigure([], line.clock.moment())

    assert line.run_until(lambda: links(line)[-1][0] is LinkState.DOWN, 1.5)
    assert reader.head.outputs == [dead]
    line.run(1.5)
    asked = len(line.sent)
    line.run(1.0)
    assert len(line.sent) == asked
