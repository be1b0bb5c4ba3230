"""In a Lockdown nothing sounds at its doors: whatever happens, and whatever sounded when it began."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access_control.core.decision.model import Timetable
from firmware_bridge.controller.commands import Command, Indication, ShowAtReader
from firmware_bridge.controller.events import CardPresented, PolicyAccepted
from firmware_bridge.controller.indications import lockdown_anywhere, silent_at
from firmware_bridge.controller.world import World
from firmware_bridge.protocol.osdp.indications import Display
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import DOORS, PEOPLE, alarms, card, changed, draft, policy_of

LONG = int(os.environ.get("LONG", "0"))
ALWAYS = Timetable(always=True)
# A PIN is asked for at the front; room 12 warns early, so that its warning is under way when something else begins.
POLICIES = [
    policy_of(replace(draft(), inputs=alarms())),
    changed(readers={1: {"pin_times": ALWAYS}}, inputs=alarms()),
]
doors = st.sampled_from(["front", "hall", "room12", "gate"])
STEPS = st.one_of(
    st.tuples(st.just("card"), st.sampled_from(list(DOORS)), st.sampled_from([*PEOPLE, "noise"])),
    st.tuples(st.just("scan"), st.sampled_from(list(DOORS)), st.sampled_from(["1", "2r"])),
    st.tuples(st.just("keys"), st.just("front"), st.sampled_from(["4711#", "1#"])),
    st.tuples(st.sampled_from(["open", "close", "cut"]), doors),
    st.tuples(st.just("reader"), st.sampled_from(list(DOORS)), st.sampled_from(["secure", "clear", "down"])),
    st.tuples(st.just("board"), st.sampled_from(["up", "down"])),
    st.tuples(st.sampled_from(["lockdown", "secure", "hold"]), st.sampled_from(["site", "building:1"])),
    st.tuples(st.just("alarm"), st.sampled_from(["panic", "office"]), st.sampled_from(["on", "off"])),
    st.tuples(st.just("fire"), st.sampled_from(["on", "off"])),
    st.tuples(st.just("release"), st.sampled_from(["asked-1", "asked-2", "pressed-1"])),
    st.tuples(st.just("unlock"), doors),
    st.tuples(st.just("policy"), st.sampled_from(["0", "1"])),
    st.tuples(st.just("stranger")),
    st.tuples(st.just("wait"), st.sampled_from(["0.2", "3", "21", "31"])),
)


class Buzzer:
    """A reader's buzzer behind its real display: until when it sounds. ``slow``: its line sends one thing a step."""

    def __init__(self) -> None:
        self.display = Display()
        self.until = 0.0

    def show(self, wish: ShowAtReader, now: float) -> None:
        self.display.show(wish)
        sent = self.display.take_buzz()
        if sent is not None:
            self.until = now + sent.count * (sent.on + sent.off) / 10 if sent.tone > 1 else now


class School:
    """A bridge whose readers are listened to."""

    def __init__(self) -> None:
        self.play = Playbook(POLICIES[0])
        self.buzzers = {reader: Buzzer() for reader in [*DOORS.values(), 77]}
        self.hear(self.play.commands)

    def do(self, *words: str) -> None:
        if words[0] == "policy":
            self.hear(self.play.tell(PolicyAccepted(self.play.moment, POLICIES[int(words[1])])))
        elif words[0] == "stranger":
            self.hear(self.play.tell(CardPresented(self.play.moment, 77, card("ada"))))
        else:
            self.hear(self.play.play(words))

    def hear(self, commands: list[Command]) -> None:
        world, now = self.play.controller._world, self.play.moment.mono_s
        for command in commands:
            if isinstance(command, ShowAtReader):
                quiet = silent_at(command.reader, world) if command.reader != 77 else lockdown_anywhere(world)
                assert command.silent or not quiet, command
                self.buzzers[command.reader].show(command, now)
        for door in DOORS.values():
            if silent_at(door, world):
                assert self.buzzers[door].until <= now, f"door {door} sounds in a Lockdown"


@settings(max_examples=1500 if LONG else 150, deadline=None)
@given(steps=st.lists(STEPS, max_size=30))
def test_nothing_sounds_in_a_lockdown_whatever_happens(steps: list[tuple[str, ...]]) -> None:
    school = School()
    for step in steps:
        school.do(*step)


@pytest.mark.parametrize("begins", [("lockdown", "building:1"), ("alarm", "panic", "on")])
def test_a_warning_that_sounds_when_it_begins_ends_at_once(begins: tuple[str, ...]) -> None:
    school = School()
    school.do("open", "gate")
    school.do("card", "front", "stranger")
    school.do("open", "front")
    school.do("wait", "20")
    school.do("wait", "1")
    assert school.buzzers[1].until > school.play.moment.mono_s, "it warns"
    school.do(*begins)
    assert school.buzzers[1].until <= school.play.moment.mono_s
    assert school.buzzers[5].until > school.play.moment.mono_s, "the gate is in no Lockdown"


def test_what_is_tried_in_a_lockdown_is_shown_and_not_heard() -> None:
    school = School()
    school.do("policy", "1")
    school.do("lockdown", "site")
    for step in (
        ("card", "front", "pia"),
        ("keys", "front", "1#"),
        ("card", "room12", "ben"),
        ("card", "room12", "olga"),
        ("scan", "shed", "1"),
        ("open", "gate"),
        ("wait", "25"),
        ("wait", "300"),
        ("reader", "hall", "down"),
        ("reader", "hall", "secure"),
        ("stranger",),
    ):
        school.do(*step)
    assert {buzzer.until for buzzer in school.buzzers.values()} == {0.0}


def test_a_reader_of_no_door_is_silent_while_any_door_is_in_a_lockdown() -> None:
    play = Playbook()
    stranger = CardPresented(play.moment, 77, card("ada"))
    assert ShowAtReader(77, Indication.REFUSED, 2.0, silent=False) in play.tell(stranger)
    play.play(["lockdown", "building:1"])
    assert ShowAtReader(77, Indication.REFUSED, 2.0, silent=True) in play.tell(stranger)
    assert not lockdown_anywhere(World())
