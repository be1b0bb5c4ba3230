"""Wrong PINs are counted for each person."""

from __future__ import annotations

import pytest

from firmware_bridge.controller import pin_attempts
from firmware_bridge.controller.pin_attempts import PinAttempts
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import ALWAYS, changed

PIA, BEN = 1, 2


def attempts(*seconds: float) -> PinAttempts:
    made = PinAttempts()
    for second in seconds:
        made.wrong(PIA, second)
    return made


def test_the_fifth_within_ten_minutes_pauses_for_a_minute() -> None:
    made = attempts(0, 100, 200, 300)
    assert not made.paused(PIA, 300)
    made.wrong(PIA, 599)
    assert [made.paused(PIA, at) for at in (599, 658.9, 659)] == [True, True, False]
    assert (made.paused(BEN, 600), made.any_paused(600), made.any_paused(700)) == (False, True, False)


def test_five_in_more_than_ten_minutes_are_no_guessing() -> None:
    assert not attempts(0, 100, 200, 300, 600).paused(PIA, 600)


def test_the_right_pin_ends_the_counting() -> None:
    made = attempts(0, 1, 2, 3)
    made.right(PIA)
    made.wrong(PIA, 4)
    assert not made.paused(PIA, 4)


def test_whoever_guessed_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pin_attempts, "REMEMBERED", 2)
    made = attempts(0, 1, 2, 3, 4)
    made.wrong(BEN, 5)
    made.wrong(PIA, 6)
    made.wrong(3, 7)
    assert made.paused(PIA, 8)
    assert sorted(made._wrong) == [PIA, 3]


def wrong_pin(play: Playbook, reader: str) -> None:
    play.run(f"""
        >> wait 20
        >> card {reader} pia
        << show {reader} pin_wanted 5s
        >> keys {reader} 0000#
        << event DENIED_WRONG_PIN {reader} by pia
        << show {reader} refused 2s
    """)


def test_who_guesses_a_pin_from_reader_to_reader_waits_a_minute_after_the_fifth() -> None:
    play = Playbook(changed(readers={1: {"pin_times": ALWAYS}, 2: {"pin_times": ALWAYS}}))
    for reader in ("front", "hall", "front", "hall", "front"):
        wrong_pin(play, reader)
    play.run("""
        >> wait 20
        >> card hall pia
        << event DENIED_MAX_ATTEMPTS hall by pia
        << show hall refused 2s
        # Somebody else is not kept out by that.
        >> card hall ada
        << event DENIED_PIN_REQUIRED hall by ada
        << show hall refused 2s
        >> wait 41
        >> card hall pia
        << show hall pin_wanted 5s
        >> keys hall 0000#
        << event DENIED_WRONG_PIN hall by pia
        << show hall refused 2s
        # One more within the ten minutes, and the break begins again.
        >> wait 5
        >> card front pia
        << event DENIED_MAX_ATTEMPTS front by pia
        << show front refused 2s
        >> wait 60
        >> card front pia
        << show front pin_wanted 5s
        >> keys front 4711#
        << event ACCESS_GRANTED front by pia
        << show front granted 5s
        << relay front on 5s grant momentary
    """)


def test_a_pin_whose_break_begins_while_it_is_typed_is_not_judged() -> None:
    play = Playbook(changed(readers={n: {"pin_times": ALWAYS} for n in (1, 2)}))
    for reader in ("front", "hall", "front", "hall"):
        wrong_pin(play, reader)
    play.run("""
        >> wait 20
        >> card front pia
        << show front pin_wanted 5s
        >> card hall pia
        << show hall pin_wanted 5s
        >> keys hall 0000#
        << event DENIED_WRONG_PIN hall by pia
        << show hall refused 2s
        >> keys front 4711#
        << event DENIED_MAX_ATTEMPTS front by pia
        << show front refused 2s
    """)
