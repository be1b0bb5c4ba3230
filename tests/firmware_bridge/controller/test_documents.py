"""Documents as they come into force."""

from __future__ import annotations

import pytest

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import EmergencyAction, Orders, Override, OverrideEffect, Revision
from firmware_bridge.controller.commands import RaiseDirective, RecordEvent
from firmware_bridge.controller.events import DocumentRefused, EmergencyAsked, OrdersAccepted, PolicyAccepted
from tests.firmware_bridge.controller.playbook import Playbook, _spell, with_directives
from tests.firmware_bridge.controller.school import T0, changed, draft, policy_of


def test_orders_that_leave_a_directive_out_do_not_release_it() -> None:
    play = Playbook()
    play.play(["heard", "lockdown", "d1", "site"])
    said = play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 9), DirectiveSet())))
    assert [_spell(command) for command in said] == ["event ORDERS_APPLIED epoch=1 n=9"]
    assert play.door("front").lockdown
    assert play.status().orders == Revision(1, 9)


def test_orders_bring_directives_and_releases() -> None:
    play = Playbook()
    orders = with_directives(Orders(Revision(1, 1), DirectiveSet()), play.directive("secure", "d1", "site"))
    said = [_spell(command) for command in play.tell(OrdersAccepted(play.moment, orders))]
    assert said[:2] == ["relay front off emergency", "relay gate off emergency"]
    released = Orders(Revision(1, 2), orders.directives.with_release(play.release("d1")))
    said = [_spell(command) for command in play.tell(OrdersAccepted(play.moment, released))]
    assert any(line.startswith("event SRP_SECURE_END") for line in said)
    assert play.status().emergencies == ()


def test_overrides_are_told_as_they_come_and_go() -> None:
    play = Playbook()
    lock = Override("o1", 1, OverrideEffect.LOCK, "desk", "Broken glass", None)
    said = play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 1), DirectiveSet(), (lock,))))
    assert "MANUAL_OVERRIDE_SET" in [command.code for command in said if isinstance(command, RecordEvent)]
    said = play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 2), DirectiveSet())))
    assert "MANUAL_OVERRIDE_ENDED" in [command.code for command in said if isinstance(command, RecordEvent)]


def test_a_refused_document_is_told_by_its_kind() -> None:
    play = Playbook()
    kinds = ("policy", "orders", "directive", "release", "keys", "action")
    codes = []
    for kind in kinds:
        (said,) = play.tell(DocumentRefused(play.moment, kind, "bad_signature", "It was not signed by this school."))
        assert isinstance(said, RecordEvent)
        codes.append(said.code)
    assert codes == [f"{kind.upper()}_REFUSED" for kind in kinds]


def test_an_emergency_for_a_place_that_nobody_knows_is_for_every_door() -> None:
    play = Playbook()
    play.play(["lockdown", "building:99"])
    assert all(door.lockdown for door in play.status().doors)


def test_timetables_that_end_soon_are_told() -> None:
    play = Playbook()
    said = play.tell(PolicyAccepted(play.moment, changed(horizon=T0 + 30 * 86400 + 5)))
    assert "event HORIZON_NEAR days=30" in [_spell(command) for command in said]


def test_the_clock_matters_only_when_it_changes() -> None:
    Playbook().run("""
        >> clock trusted
        >> clock untrusted
        << event CLOCK_UNTRUSTED
        >> clock untrusted
    """)


def test_the_same_policy_again_moves_nothing() -> None:
    play = Playbook()
    play.wait(5)
    said = [_spell(command) for command in play.tell(PolicyAccepted(play.moment, policy_of(draft())))]
    assert said == ["event POLICY_APPLIED epoch=1 n=1"]


@pytest.mark.parametrize(
    ("action", "ruled"),
    [(EmergencyAction.LOCKDOWN, {1, 2, 3, 4, 5}), (EmergencyAction.EVACUATE, set())],
)
def test_a_scope_that_nobody_knows_means_every_door_to_what_locks_and_none_to_what_unlocks(
    action: EmergencyAction, ruled: set[int]
) -> None:
    play = Playbook()
    said = play.tell(EmergencyAsked(play.moment, "d1", action, "zone:77", "desk", drill=False))
    (raised,) = [command.directive for command in said if isinstance(command, RaiseDirective)]
    assert raised.doors == ruled
