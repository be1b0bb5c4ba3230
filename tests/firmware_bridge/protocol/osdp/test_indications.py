"""What a reader shows and sounds, and that a hidden room stays quiet."""

import pytest

from firmware_bridge.controller.commands import Indication, ShowAtReader
from firmware_bridge.protocol.osdp.commands import Buzz, KeepActive, ShowText
from firmware_bridge.protocol.osdp.indications import LOOKS, WORDS, Display
from firmware_bridge.protocol.osdp.lights import Blink, Colour, LedOrder

RED = Blink(1, 0, Colour.RED, Colour.RED)
GREEN = Blink(1, 0, Colour.GREEN, Colour.GREEN)


def show(indication: Indication, for_s: float | None, *, silent: bool = False) -> ShowAtReader:
    return ShowAtReader(7, indication, for_s, silent)


def led_of(display: Display) -> LedOrder | None:
    command = display.take_led()
    return command.orders[0] if command else None


def test_nothing_is_shown_until_somebody_asks() -> None:
    display = Display()

    assert not display.waiting()
    assert led_of(display) is None
    assert display.take_buzz() is None


def test_granted_is_green_for_its_time_with_one_beep() -> None:
    display = Display()
    display.show(show(Indication.GRANTED, 5.0))

    assert display.waiting()
    assert led_of(display) == LedOrder(0, 0, temporary=GREEN, timer=50)
    assert display.take_buzz() == Buzz(0, 2, 1, 1, 1)
    assert not display.waiting()


def test_refused_flashes_and_beeps_three_times_or_stays_silent() -> None:
    display = Display()
    display.show(show(Indication.REFUSED, 2.0))
    assert led_of(display) == LedOrder(0, 0, temporary=Blink(2, 2, Colour.RED, Colour.OFF), timer=20)
    assert display.take_buzz() == Buzz(0, 2, 1, 1, 3)

    # What sounded a moment ago may still last, so the first silent wish ends it.
    display.show(show(Indication.REFUSED, 2.0, silent=True))
    assert display.take_buzz() == Buzz(0, 1, 0, 0, 0)
    display.show(show(Indication.REFUSED, 2.0, silent=True))
    assert display.take_buzz() is None


def test_a_warning_of_some_seconds_is_ended_by_a_silent_state() -> None:
    display = Display()
    display.show(show(Indication.HELD_PRE_ALARM, 10.0))
    assert display.take_buzz() == Buzz(0, 2, 2, 8, 10)
    display.show(show(Indication.LOCKDOWN, None, silent=True))
    assert display.take_buzz() == Buzz(0, 1, 0, 0, 0)


def test_a_new_resting_state_replaces_what_shows_now() -> None:
    display = Display()
    display.show(show(Indication.LOCKED, None))

    assert led_of(display) == LedOrder(0, 0, permanent=RED, cancel=True)


def test_the_same_resting_state_again_leaves_a_refusal_alone() -> None:
    display = Display()
    display.show(show(Indication.LOCKED, None))
    led_of(display)
    display.show(show(Indication.REFUSED, 2.0))
    display.show(show(Indication.LOCKED, None))

    refused = LOOKS[Indication.REFUSED].blink
    assert led_of(display) == LedOrder(0, 0, temporary=refused, timer=20, permanent=RED)


@pytest.mark.parametrize("granted", [Indication.GRANTED, Indication.GRANTED_EXTENDED])
@pytest.mark.parametrize("sent", [True, False])
def test_a_door_that_locks_again_behind_somebody_is_not_green_any_more(granted: Indication, sent: bool) -> None:
    display = Display()
    display.show(show(Indication.LOCKED, None))
    led_of(display)
    display.show(show(granted, 20.0))
    if sent:
        list(display.take())
    display.show(show(Indication.LOCKED, None))

    assert led_of(display) == LedOrder(0, 0, permanent=RED, cancel=True)
    display.show(show(Indication.LOCKED, None))
    assert led_of(display) == LedOrder(0, 0, permanent=RED)


def test_a_grant_that_comes_with_a_new_resting_state_is_green() -> None:
    display = Display()
    display.show(show(Indication.LOCKED, None))
    led_of(display)
    display.show(show(Indication.GRANTED, 5.0))
    display.show(show(Indication.ALONE, None))

    alone = LOOKS[Indication.ALONE].blink
    assert led_of(display) == LedOrder(0, 0, temporary=GREEN, timer=50, permanent=alone)


def test_a_grant_that_is_over_sends_nothing_to_the_sounder() -> None:
    display = Display()
    display.show(show(Indication.LOCKED, None))
    display.show(show(Indication.GRANTED, 5.0))
    list(display.take())
    display.show(show(Indication.LOCKED, None))

    assert display.take_buzz() is None


def test_a_warning_ends_as_its_door_is_shut() -> None:
    display = Display()
    display.show(show(Indication.LOCKED, None))
    list(display.take())
    display.show(show(Indication.HELD_PRE_ALARM, 10.0))
    list(display.take())
    display.show(show(Indication.LOCKED, None))

    assert led_of(display) == LedOrder(0, 0, permanent=RED, cancel=True)
    assert display.take_buzz() == Buzz(0, 1, 0, 0, 0)
    display.show(show(Indication.LOCKED, None))
    assert led_of(display) == LedOrder(0, 0, permanent=RED)
    assert display.take_buzz() is None


def test_lockdown_ends_a_green_light_at_once_and_makes_no_sound() -> None:
    display = Display()
    display.show(show(Indication.GRANTED, 5.0))
    display.take_buzz()
    display.show(show(Indication.LOCKDOWN, None))

    assert led_of(display) == LedOrder(0, 0, permanent=LOOKS[Indication.LOCKDOWN].blink, cancel=True)
    assert display.take_buzz() is None


def test_lockdown_silences_a_beep_that_has_not_been_sent() -> None:
    display = Display()
    display.show(show(Indication.GRANTED, 5.0))
    display.show(show(Indication.LOCKDOWN, None))

    assert display.take_buzz() == Buzz(0, 1, 0, 0, 0)


def test_the_pre_alarm_sounds_until_something_else_shows() -> None:
    display = Display()
    display.show(show(Indication.HELD_PRE_ALARM, None))
    assert display.take_buzz() == Buzz(0, 2, 2, 8, 0)

    display.show(show(Indication.LOCKED, None))
    assert display.take_buzz() == Buzz(0, 1, 0, 0, 0)

    display.show(show(Indication.LOCKED, None))
    assert display.take_buzz() is None


def test_a_timed_pre_alarm_sounds_for_its_time_or_not_at_all() -> None:
    display = Display()
    display.show(show(Indication.HELD_PRE_ALARM, 10.0))
    assert display.take_buzz() == Buzz(0, 2, 2, 8, 10)

    display.show(show(Indication.HELD_PRE_ALARM, 10.0, silent=True))
    assert display.take_buzz() == Buzz(0, 1, 0, 0, 0)
    display.show(show(Indication.HELD_PRE_ALARM, 10.0, silent=True))
    assert display.take_buzz() is None


def test_a_new_session_shows_the_resting_state_again() -> None:
    display = Display()
    display.new_session()
    assert not display.waiting()

    display.show(show(Indication.UNLOCKED, None))
    led_of(display)
    display.new_session()

    assert led_of(display) == LedOrder(0, 0, permanent=GREEN)


@pytest.mark.parametrize("indication", Indication)
def test_every_indication_has_a_look(indication: Indication) -> None:
    assert indication in LOOKS


def test_very_long_times_fit_the_field() -> None:
    display = Display()
    display.show(show(Indication.UNLOCKED, 1e9))

    led = led_of(display)
    assert led is not None
    assert led.timer == 0xFFFF


# -- words and the card's field


def words_of(display: Display) -> list[tuple[int, int, str]]:
    found = []
    while (text := display.take_text()) is not None:
        found.append((text.mode, text.seconds, text.text.decode()))
    return found


def test_words_are_written_for_what_rests_and_above_it_for_what_passes() -> None:
    display = Display()
    display.show(show(Indication.LOCKED, None))
    display.show(show(Indication.REFUSED, 1.2))

    assert words_of(display) == [(1, 0, "Locked".ljust(16)), (3, 2, "No entry".ljust(16))]
    display.new_session()
    assert words_of(display) == [(1, 0, "Locked".ljust(16))]


def test_where_nothing_may_sound_nothing_is_written() -> None:
    display = Display()
    display.show(show(Indication.LOCKDOWN, None, silent=True))
    display.show(show(Indication.REFUSED, 2.0, silent=True))
    display.show(show(Indication.GRANTED, 2.0, silent=True))

    assert words_of(display) == [(1, 0, " " * 16)]


def test_words_that_wait_are_dropped_when_silence_begins_and_what_rests_is_blank_whatever_it_is() -> None:
    display = Display()
    display.show(show(Indication.GRANTED, 5.0))
    display.show(show(Indication.LOCKED, None, silent=True))

    assert words_of(display) == [(1, 0, " " * 16)]


def test_every_indication_has_words_that_fit_and_never_say_why() -> None:
    assert set(WORDS) == set(Indication)
    assert all(len(words) <= 16 and words.isascii() for words in WORDS.values())
    assert WORDS[Indication.LOCKDOWN] == ""


def test_words_and_the_field_wait_only_where_the_reader_has_them() -> None:
    display = Display()
    display.show(show(Indication.PIN_WANTED, 5.0))
    display.take_led()
    display.take_buzz()
    assert not display.waiting()

    display.keeps_field = True
    assert display.waiting()
    display.keeps_field, display.writes = False, True
    assert display.waiting()
    assert [type(command) for command in display.take()] == [ShowText, KeepActive]
    assert not display.waiting()


def test_the_field_stays_on_for_as_long_as_a_pin_may_be_typed() -> None:
    display = Display()
    display.show(show(Indication.PIN_WANTED, 5.0))
    assert list(display.take())[-1] == KeepActive(5000)
    display.show(show(Indication.PIN_WANTED, 500.0))
    assert list(display.take())[-1] == KeepActive(0xFFFF)
    display.show(show(Indication.GRANTED, 5.0))
    assert not any(isinstance(command, KeepActive) for command in display.take())


def test_words_of_a_grant_that_is_over_are_not_written_any_more() -> None:
    display = Display()
    display.show(show(Indication.LOCKED, None))
    words_of(display)
    display.show(show(Indication.GRANTED_EXTENDED, 20.0))
    display.show(show(Indication.LOCKED, None))

    assert words_of(display) == [(1, 0, "Locked".ljust(16))]
