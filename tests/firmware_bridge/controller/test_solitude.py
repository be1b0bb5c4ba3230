"""Readers show that the bridge decides alone, after a minute and not for a glitch."""

from __future__ import annotations

from tests.firmware_bridge.controller.playbook import Playbook

ALL_SHOW = "".join(f"<< show {door} {{0}}\n" for door in ("front", "hall", "room12", "shed", "gate"))


def test_a_bridge_that_is_alone_for_a_minute_shows_it_once_and_until_it_is_not() -> None:
    Playbook().run(f"""
        >> service away
        >> wait 49
        >> service away
        >> wait 2
        {ALL_SHOW.format("alone")}
        >> wait 100
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 6
        << relay front off grant
        << show front alone
        << event ACCESS_NOT_TAKEN front by ada
        >> service reached
        {ALL_SHOW.format("locked")}
        >> service reached
    """)


def test_a_glitch_of_the_network_shows_nothing() -> None:
    Playbook().run("""
        >> service away
        >> wait 49
        >> service reached
        >> wait 60
        >> service away
        >> wait 49
    """)
