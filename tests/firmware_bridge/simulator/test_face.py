from __future__ import annotations

from firmware_bridge.protocol.osdp.commands import Buzz
from firmware_bridge.protocol.osdp.lights import Blink, Colour, LedOrder
from firmware_bridge.simulator.face import Face, Shown, shown

RED = Blink(1, 0, Colour.RED, Colour.OFF)
GREEN = Blink(1, 0, Colour.GREEN, Colour.OFF)
RED_FLASH = Blink(2, 2, Colour.RED, Colour.OFF)


def test_green_for_three_seconds_then_red_again() -> None:
    face = Face()
    face.led(LedOrder(0, 0, permanent=RED), 0.0)
    ends_s = face.led(LedOrder(0, 0, temporary=GREEN, timer=30), 1.0)
    assert ends_s == 4.0
    assert face.looks(3.9) == Shown("green")
    assert face.looks(4.0) == Shown("red")
    face.refresh(4.0)
    assert [how for _, what, how in face.history if what == "led"] == ["red", "green", "red"]


def test_a_temporary_colour_can_be_cancelled() -> None:
    face = Face()
    face.led(LedOrder(0, 0, temporary=GREEN, timer=0), 0.0)
    assert face.looks(1000.0) == Shown("green"), "no timer means for ever"
    face.led(LedOrder(0, 0, cancel=True), 5.0)
    assert face.looks(5.0) == Shown("off")


def test_what_a_rhythm_looks_like() -> None:
    assert str(shown(RED_FLASH)) == "red/off"
    assert str(shown(RED)) == "red"
    assert str(shown(Blink(0, 1, Colour.RED, Colour.AMBER))) == "amber"
    assert str(shown(Blink(1, 1, Colour.RED, Colour.RED))) == "red"
    assert str(shown(Blink(1, 0, 99, 0))) == "colour 99"


def test_the_buzzer_sounds_as_long_as_it_was_told() -> None:
    told: list[tuple[str, str]] = []
    face = Face(lambda what, how: told.append((what, how)))
    face.buzz(Buzz(0, 2, 1, 1, 3), 10.0)
    assert face.sounding(10.5)
    assert not face.sounding(10.7)
    face.buzz(Buzz(0, 2, 1, 1, 0), 20.0)
    assert face.sounding(9999.0)
    face.buzz(Buzz(0, 1, 0, 0, 0), 30.0)
    assert not face.sounding(30.0)
    assert told == [("buzzer", "3 x 100 ms"), ("buzzer", "endless x 100 ms")]


def test_without_power_it_is_dark_and_silent() -> None:
    face = Face()
    face.led(LedOrder(0, 0, permanent=RED), 0.0)
    face.buzz(Buzz(0, 2, 1, 1, 0), 0.0)
    face.dark(1.0)
    assert face.looks(1.0) == Shown("off")
    assert not face.sounding(1.0)
