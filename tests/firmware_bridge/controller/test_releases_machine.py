"""Whatever is presented, typed and changed in whatever order: less than two people who may end nothing."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from access_control.core.decision.model import BadgeStatus, Orders, Revision
from firmware_bridge.controller.commands import Command, EndEmergency
from firmware_bridge.controller.events import OrdersAccepted, PolicyAccepted
from firmware_bridge.controller.releases import AGREE_S
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.releasers import PINS, badge_digest, marked, present
from tests.firmware_bridge.controller.school import ALWAYS, DOORS, PEOPLE

READERS: dict[int, dict[str, object]] = {1: {"takes_releases": True, "pin_times": ALWAYS}, 2: {"takes_releases": True}}
MAY = {"ada", "olga", "pia", "rob"}
POLICIES = {
    "as it was": (marked(readers=READERS), MAY, {"front", "hall"}),
    "Ada may not": (marked(readers=READERS, ada={"may_release": False}), MAY - {"ada"}, {"front", "hall"}),
    "only one reader": (marked(readers={1: READERS[1]}), MAY, {"front"}),
}
NUMBERS = {**PEOPLE, "rob": 7}
WHO = {"ada's other card": "ada"}
doors = st.sampled_from(["front", "hall", "hall", "gate"])
people = st.sampled_from(["ada", "ada", "pia", "pia", "olga", "rob", "ada's other card", "ben", "eve", "stranger"])
keys = st.sampled_from(["*", "#", "1", *PINS.values(), *(f"*{pin}#" for pin in PINS.values())])
links = st.sampled_from(["secure", "secure", "down", "clear", "up"])


class AnyHands(RuleBasedStateMachine):
    """A bridge with two marked readers, and a list of who has really proved himself where."""

    @initialize()
    def begin(self) -> None:
        self.policy, self.may, self.marked = POLICIES["as it was"]
        self.play = Playbook(self.policy)
        self.shown: dict[str, tuple[str, str]] = {}
        self.proofs: list[tuple[float, str, str]] = []
        self.broken = dict.fromkeys(DOORS, 0.0)
        self.in_force: dict[str, float] = {}
        self.revoked: set[str] = set()
        self.play.play(["heard", "lockdown", "d0", "site"])
        self.in_force["d0"] = self.play.moment.mono_s

    def seen(self, said: list[Command]) -> None:
        for command in said:
            if isinstance(command, EndEmergency):
                self.judge(command)

    def judge(self, end: EndEmergency) -> None:
        """Both were here within the minute, each with card and PIN, and nothing has changed since the first came."""
        door = next(name for name, number in DOORS.items() if number == end.reader)
        names = {number: name for name, number in NUMBERS.items()}
        first, second = names[end.first], names[end.second]
        assert first != second
        assert {first, second} <= self.may - self.revoked
        assert door in self.marked
        now = self.play.moment.mono_s
        times = {who: at for at, where, who in self.proofs if where == door and at >= now - AGREE_S}
        assert times[second] == now
        assert times[first] >= self.broken[door]
        assert all(self.in_force[id_] <= times[first] for id_ in end.directives)

    @rule(door=doors, who=people)
    def card(self, door: str, who: str) -> None:
        self.shown[door] = WHO.get(who, who), ""
        present(self.play, door, who)

    @rule(door=doors, typed=keys)
    def type(self, door: str, typed: str) -> None:
        who, before = self.shown.get(door, ("nobody", ""))
        for key in typed:
            before += key
            if key == "#":
                pin = before[:-1].rpartition("*")[2]
                if before.startswith("*") and pin == PINS.get(who):
                    self.proofs.append((self.play.moment.mono_s, door, who))
                who, before = "nobody", ""
        self.shown[door] = who, before
        self.seen(self.play.play(["keys", door, typed]))

    @rule(door=doors, who=people)
    def does_all_of_it(self, door: str, who: str) -> None:
        self.card(door, who)
        self.type(door, f"*{PINS.get(WHO.get(who, who), '1111')}#")
        self.passes(2.5)

    @rule(pair=st.permutations(["ada", "pia", "olga"]), between=st.sampled_from(["nothing", "a minute", "another"]))
    def one_after_the_other(self, pair: list[str], between: str) -> None:
        self.does_all_of_it("hall", pair[0])
        if between == "a minute":
            self.passes(61.0)
        if between == "another":
            self.begins("secure", len(self.in_force), "gate")
        self.does_all_of_it("hall", pair[1])

    @rule(seconds=st.sampled_from([0.5, 2.5, 6.0, 30.0, 61.0]))
    def passes(self, seconds: float) -> None:
        self.seen(self.play.wait(seconds))

    @rule(door=doors, state=links)
    def link(self, door: str, state: str) -> None:
        if state != "secure":
            self.broken[door] = self.play.moment.mono_s
        self.seen(self.play.play(["reader", door, state]))

    @rule(action=st.sampled_from(["secure", "hold"]), number=st.integers(1, 3), scope=st.sampled_from(["site", "gate"]))
    def begins(self, action: str, number: int, scope: str) -> None:
        self.in_force.setdefault(f"d{number}", self.play.moment.mono_s)
        self.seen(self.play.play(["heard", action, f"d{number}", scope]))

    @rule(name=st.sampled_from(list(POLICIES)))
    def new_policy(self, name: str) -> None:
        self.policy, self.may, self.marked = POLICIES[name]
        self.seen(self.play.tell(PolicyAccepted(self.play.moment, self.policy)))

    @rule(who=st.sampled_from(["ada", "pia"]))
    def revoked_or_good_again(self, who: str) -> None:
        self.revoked ^= {who}
        cards = self.revoked | ({"ada's other card"} if "ada" in self.revoked else set())
        dead = {badge_digest(one): BadgeStatus.LOST for one in cards}
        directives = self.play.controller._world.orders.directives
        self.seen(self.play.tell(OrdersAccepted(self.play.moment, Orders(Revision(1, 1), directives, revoked=dead))))

    @invariant()
    def only_a_release_ends_an_emergency(self) -> None:
        if hasattr(self, "play"):
            directives = self.play.controller._world.orders.directives
            assert {directive.id for directive, _ in directives.standing} == self.in_force.keys()


LONG = int(os.environ.get("LONG", "0"))
TestAnyHands = AnyHands.TestCase
TestAnyHands.settings = settings(
    max_examples=1000 if LONG else 80,
    stateful_step_count=60 if LONG else 40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
