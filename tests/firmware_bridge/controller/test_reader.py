"""One reader: repeats, guessing, storms, and lines that are not secured."""

from __future__ import annotations

import pytest

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.decision.reasons import Reason
from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.events import CardPresented
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import ALWAYS, changed


def test_a_card_that_is_held_there_is_one_read() -> None:
    Playbook().run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 1.5
        >> card front ada
        >> wait 1.5
        >> card front ada
        >> wait 2
        << relay front off grant
        << show front locked
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> card gate ada
        << event ACCESS_GRANTED gate by ada
        << show gate granted 5s
        << relay gate on 5s grant momentary
    """)


def test_five_refusals_and_the_reader_pauses_for_a_minute_but_not_for_responders() -> None:
    play = Playbook()
    for _ in range(4):
        play.play(["card", "front", "stranger"])
        play.wait(3)
    play.run("""
        >> card front stranger
        << event DENIED_UNKNOWN_CREDENTIAL front
        << event READER_LOCKOUT front
        << show front refused 2s
        >> card front ada
        << event DENIED_MAX_ATTEMPTS front by ada
        << show front refused 2s
        >> card front olga
        << event GRANTED_RESPONDER front by olga
        << show front granted 5s
        << relay front on 5s grant momentary
    """)
    assert [reader.locked_out for reader in play.status().readers] == [True, False, False, False, False]
    play.run("""
        >> wait 59
        << relay front off grant
        << show front locked
        << event ACCESS_NOT_TAKEN front by olga
        >> wait 1
        << event READER_LOCKOUT_RELEASED front
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
    """)


def test_a_card_emulator_does_not_fill_the_record() -> None:
    play = Playbook(changed(readers={5: {"enabled": False}}))
    told = 0
    for number in range(200):
        for door in (1, 5):
            said = play.tell(CardPresented(play.moment, door, encode(FORMATS["H10301"], 12, 1000 + number)))
            told += sum(isinstance(command, RecordEvent) for command in said)
        play.wait(0.1)
    assert told < 50


def test_refusals_that_are_a_minute_apart_are_no_guessing() -> None:
    play = Playbook()
    for _ in range(9):
        play.play(["card", "front", "stranger"])
        play.wait(16)
    assert not play.status().readers[0].locked_out


def test_pupils_at_a_locked_door_do_not_make_their_teacher_wait() -> None:
    play = Playbook()
    play.play(["lockdown", "site"])
    for _ in range(9):
        play.play(["card", "room12", "ben"])
        play.wait(2.5)
    play.run("""
        >> card room12 ada
        << event ACCESS_GRANTED room12 by ada despite_lock=True
        << show room12 granted 5s silent
        << relay room12 on 5s grant momentary
    """)


def test_pupils_at_the_wrong_door_do_not_make_the_next_one_wait() -> None:
    play = Playbook()
    for _ in range(9):
        play.play(["card", "room12", "ben"])
        play.wait(2.5)
    assert not play.status().readers[2].locked_out
    play.run("""
        >> card room12 ada
        << event ACCESS_GRANTED room12 by ada
        << show room12 granted 5s
        << relay room12 on 5s grant momentary
    """)


@pytest.mark.parametrize("wait", ["0", "0.7"])
def test_a_storm_of_bad_reads_is_counted_and_not_written_down_one_by_one(wait: str) -> None:
    play = Playbook()
    codes: list[RecordEvent] = []
    for n in range(60):
        said = play.play(["card", "front", "noise" if n % 2 else "stranger"]) + play.wait(float(wait) + 0.01)
        codes += [command for command in said if isinstance(command, RecordEvent)]
    told = [command.code for command in codes]
    assert told.count(Reason.DENIED_MAX_ATTEMPTS) <= 10
    assert told.count("READER_LOCKOUT") == 1
    play.wait(90)
    (again,) = [c for c in play.play(["card", "front", "noise"]) if isinstance(c, RecordEvent)]
    assert again.code == Reason.DENIED_BAD_READ
    assert int(str(again.detail["unreported"])) >= 20


def test_keys_mean_nothing_without_a_card_that_wants_a_pin_and_too_many_are_dropped() -> None:
    play = Playbook(changed(readers={1: {"pin_times": ALWAYS}}))
    play.run("""
        >> keys front 4711#
        >> card front pia
        << show front pin_wanted 5s
        >> keys front A4711
        >> keys front 00000000000000000#
        << event DENIED_WRONG_PIN front by pia
        << show front refused 2s
    """)


def test_a_pin_may_be_typed_slowly_but_not_with_a_long_pause() -> None:
    play = Playbook(changed(readers={1: {"pin_times": ALWAYS}}))
    play.run("""
        >> card front pia
        << show front pin_wanted 5s
        >> keys front 4
        >> wait 4
        >> keys front 7
        >> wait 4
        >> keys front 11
        >> wait 4
        >> wait 2
        << event DENIED_PIN_REQUIRED front by pia cause=pin_timeout
        << show front refused 2s
        # What comes too late is a PIN without a card, which means nothing.
        >> keys front 4711#
    """)


def test_a_star_begins_anew_and_too_many_digits_are_no_pin() -> None:
    play = Playbook(changed(readers={1: {"pin_times": ALWAYS}}))
    play.run("""
        >> card front pia
        << show front pin_wanted 5s
        >> keys front 471100000000000000000000#
        << event DENIED_WRONG_PIN front by pia
        << show front refused 2s
        >> wait 3
        >> card front pia
        << show front pin_wanted 5s
        >> keys front 47119*
        >> keys front 4711#
        << event ACCESS_GRANTED front by pia
        << show front granted 5s
        << relay front on 5s grant momentary
    """)


def test_nothing_is_taken_from_a_reader_that_speaks_in_clear() -> None:
    play = Playbook()
    play.run("""
        >> reader front clear
        << event READER_OFFLINE front link=clear
        << show front locked
        >> card front ada
        << event OSDP_SC_DOWNGRADE front kind=read_in_clear
        >> reader front secure
        << event READER_ONLINE front link=secure
        << show front locked
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
    """)
    play.play(["reader", "front", "clear"])
    told = [play.play(["card", "front", "ada"]) for _ in range(20)]
    assert sum(map(len, told)) == 4


@pytest.mark.parametrize("bits", [4, 8])
def test_a_keypad_that_sends_each_key_as_a_burst_of_bits_is_typed_on(bits: int) -> None:
    play = Playbook(changed(readers={1: {"pin_times": ALWAYS}}))
    play.play(["burst", "front", "1", str(bits)])  # without a card it means nothing
    play.play(["card", "front", "pia"])
    for key in "99*4711":
        assert play.play(["burst", "front", key, str(bits)]) == []
    codes = [c.code for c in play.play(["burst", "front", "#", str(bits)]) if isinstance(c, RecordEvent)]
    assert codes == ["ACCESS_GRANTED"]


@pytest.mark.parametrize("asks", [{"takes_releases": True}, {"copyable": frozenset({"H10301"})}])
def test_wherever_a_pin_can_be_asked_for_there_is_a_keypad(asks: dict[str, object]) -> None:
    play = Playbook(changed(readers={1: asks}))
    assert [c for c in play.play(["burst", "front", "1", "8"]) if isinstance(c, RecordEvent)] == []


@pytest.mark.parametrize("bits", [4, 8])
def test_bursts_of_bits_at_a_reader_that_never_asks_for_a_pin_are_bad_reads(bits: int) -> None:
    said = Playbook().play(["burst", "front", "1", str(bits)])
    assert [c.code for c in said if isinstance(c, RecordEvent)] == [Reason.DENIED_BAD_READ]


def test_a_burst_that_is_no_key_is_a_bad_read_anywhere() -> None:
    play = Playbook(changed(readers={1: {"pin_times": ALWAYS}}))
    said = [play.tell(CardPresented(play.moment, 1, bits)) for bits in (Bits(0xF, 4), Bits(0xFF, 8))]
    assert [c.code for told in said for c in told if isinstance(c, RecordEvent)] == [Reason.DENIED_BAD_READ] * 2


def test_a_card_that_is_presented_over_and_over_counts_again_after_fifteen_seconds() -> None:
    play = Playbook()
    judged = []
    for second in range(31):
        if any(isinstance(command, RecordEvent) for command in play.play(["card", "front", "stranger"])):
            judged.append(second)
        play.wait(1)
    assert judged == [0, 15, 30]


def test_a_card_that_is_left_at_a_reader_all_day_does_not_make_it_pause() -> None:
    play = Playbook()
    codes = []
    for _ in range(240):
        said = [*play.play(["card", "front", "stranger"]), *play.wait(1)]
        codes += [command.code for command in said if isinstance(command, RecordEvent)]
    assert codes == [Reason.DENIED_UNKNOWN_CREDENTIAL] * 5
