"""LED commands."""

from firmware_bridge.protocol.osdp.lights import Blink, Colour, LedOrder, SetLeds

GREEN = Blink(1, 0, Colour.GREEN, Colour.GREEN)
RED = Blink(1, 0, Colour.RED, Colour.RED)


def test_a_timed_colour_and_the_one_after_it_go_in_one_command() -> None:
    command = SetLeds((LedOrder(0, 1, temporary=GREEN, timer=300, permanent=RED),))

    data = command.to_bytes()

    assert data == bytes.fromhex("00 01 02 01 00 02 02 2C01 01 01 00 01 01")
    assert SetLeds.from_bytes(data) == command


def test_several_leds_go_in_one_command() -> None:
    command = SetLeds((LedOrder(0, 0, permanent=RED), LedOrder(0, 1, cancel=True)))

    assert SetLeds.from_bytes(command.to_bytes()) == command
