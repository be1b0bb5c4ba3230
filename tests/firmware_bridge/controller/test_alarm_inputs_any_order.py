"""A panic button in whatever order: no press is lost, none counts twice, only a release ends what it began."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from access_control.core.decision.emergency import DirectiveSet
from firmware_bridge.controller.alarm_inputs import CALM_S
from firmware_bridge.controller.commands import Command, RaiseDirective, RememberPress
from firmware_bridge.controller.events import PolicyAccepted
from firmware_bridge.controller.memory import Memory
from firmware_bridge.controller.world import NO_ORDERS
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import alarms, changed

LONG = int(os.environ.get("LONG", "0"))
POLICY = changed(inputs=alarms())
RENAMED = changed(inputs=[replace(one, name=f"{one.name} again") for one in alarms()])
PRESS = [("wire", "on"), ("wire", "off"), ("wait", "2")]
BOUNCE = [("wire", "on"), ("release", "front"), ("wire", "off"), ("wait", "0.3"), ("wire", "on")]
ONE = st.one_of(
    st.tuples(st.just("wire"), st.sampled_from(["on", "on", "off", "cut", "short"])),
    st.tuples(st.just("board"), st.sampled_from(["up", "down"])),
    st.tuples(st.just("wait"), st.sampled_from(["0.3", "2", "40"])),
    st.tuples(st.just("release"), st.sampled_from(["front", "everywhere"])),
    st.tuples(st.just("restart"), st.sampled_from(["kept", "forgotten"])),
    st.tuples(st.just("policy"), st.sampled_from(["old", "new"])),
)
STEPS = st.lists(
    st.one_of(ONE.map(lambda step: [step]), ONE.map(lambda step: [step]), st.sampled_from([PRESS, BOUNCE]))
)


class Button:
    """The wire of the panic button in somebody's hand, and a disk that keeps what it is told to."""

    def __init__(self) -> None:
        self.play = Playbook(POLICY)
        self.wire, self.up = "off", True
        self.presses: dict[int, str] = {}
        self.kept = DirectiveSet()
        self.raised = 0
        self.begun = 0
        self.standing = False
        self.calm_since: float | None = None
        self.see()

    def do(self, what: str, how: str) -> None:
        play = self.play
        if what == "wire":
            self.wire = how
            self.see()
        elif what == "board":
            self.up = how == "up"
            self.hear(play.play(["board", how]))
            self.see()
        elif what == "wait":
            before = play.moment.mono_s
            self.hear(play.wait(float(how)))
            if self.calm_since is not None and before + float(how) >= self.calm_since + CALM_S:
                self.standing, self.calm_since = False, None
        elif what == "release":
            for id_ in [held.id for held, _ in play.controller._world.orders.directives.standing]:
                self.hear(play.play(["release", id_, *([how] if how == "front" else [])]))
        elif what == "policy":
            self.hear(play.tell(PolicyAccepted(play.moment, POLICY if how == "old" else RENAMED)))
        else:
            self.restart(forgotten=how == "forgotten")

    def see(self) -> None:
        """The bridge sees the wire, if its board is there."""
        if not self.up:
            self.calm_since = None if self.wire == "on" else self.calm_since
            return
        now = self.play.moment.mono_s
        if self.wire == "on":
            if not self.standing:
                self.begun += 1
            self.standing, self.calm_since = True, None
        elif self.wire != "off":
            self.calm_since = None
        elif self.standing and self.calm_since is None:
            self.calm_since = now
        before = self.raised
        self.hear(self.play.play(["alarm", "panic", self.wire]))
        assert self.raised - before <= (self.wire == "on"), "only a press starts anything"

    def hear(self, commands: list[Command]) -> None:
        for command in commands:
            if isinstance(command, RaiseDirective):
                self.raised += 1
            elif isinstance(command, RememberPress):
                if command.directive is None:
                    self.presses.pop(command.input, None)
                else:
                    self.presses[command.input] = command.directive

    def restart(self, *, forgotten: bool) -> None:
        """Start anew from the disk; ``forgotten``: it took nothing of the press, so the press counts again."""
        directives = self.play.controller._world.orders.directives
        if forgotten:
            self.presses.clear()
            self.standing = False
        moment, pressed = self.play.moment, self.play._pressed
        memory = Memory(clock_trusted=True, presses=dict(self.presses))
        self.play = Playbook(POLICY, replace(NO_ORDERS, directives=directives), memory, quiet=False)
        self.play.moment, self.play._pressed = replace(moment, mono_s=moment.mono_s + 5), pressed
        self.calm_since = None
        self.standing = bool(self.presses)
        self.hear(self.play.play(["board", "up" if self.up else "down"]))
        self.see()


@settings(max_examples=1500 if LONG else 120, deadline=None)
@given(several=STEPS)
def test_each_press_counts_once_whatever_happens(several: list[list[tuple[str, str]]]) -> None:
    button = Button()
    locked: set[str] = set()
    for step in chain.from_iterable(several):
        begun, raised = button.begun, button.raised
        button.do(*step)
        assert button.raised - raised <= button.begun - begun, "a press counted twice, or nobody pressed"
        doors = {status.name for status in button.play.status().doors if status.lockdown}
        if button.begun > begun:
            assert {"Front", "Hall", "Room 12"} <= doors, "a press was lost"
        if step[0] != "release":
            assert locked <= doors, "something else than a release ended it"
        locked = doors
