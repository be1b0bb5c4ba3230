from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import BadgeStatus, EmergencyAction, Revision
from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.kept import fold
from access_control.core.wire.signing import SigningKey
from firmware_bridge.store.applied import Applied, NotStoredError
from firmware_bridge.store.memory import EmergencyKind
from tests.building.clock import MONDAY
from tests.building.document_store import Store
from tests.building.signed import (
    ADA,
    BEN,
    FRONT,
    OTHER_BRIDGE,
    TRUST,
    School,
    badge_digest,
    private,
)

LOCKDOWN = EmergencyAction.LOCKDOWN
ORIGIN = f"bridge:{TRUST.bridge}"


def test_documents_come_into_force_and_are_there_after_a_restart(ready: Store, school: School) -> None:
    applied = ready.apply(school.policy())
    assert applied.sentence == "Policy 1/2 is in force, for 3 doors."
    assert [announced.policy for announced in ready.announced] == [applied.policy]
    ready.restart()
    assert ready.findings == []
    assert ready.policy_revision == Revision(1, 2)
    assert ready.documents.orders().revision == Revision(1, 1)
    assert ready.documents.newest() == school.made_at


def test_without_the_schools_keys_nothing_is_taken(store: Store, school: School) -> None:
    for document in (school.policy(), school.orders(), school.directive()[1]):
        assert store.refusal(document) is RefusalCode.UNKNOWN_KEY


def test_a_key_statement_of_a_stranger_is_refused(store: Store, school: School) -> None:
    good = school.keys()
    assert store.refusal(good[:-3] + b"}}\n") in {RefusalCode.BAD_SIGNATURE, RefusalCode.BAD_CONTENT}
    assert store.apply(good).sentence == "The key statement 1/1 is in force."
    assert store.apply(good).sentence == "This key statement is already in force."


def test_going_backwards_is_refused_and_the_same_again_is_harmless(ready: Store, school: School) -> None:
    same = school.policy()
    ready.apply(same)
    assert ready.apply(same).sentence == "Policy 1/2 is already in force."
    assert ready.refusal(replace(school).policy(1)) is RefusalCode.OLDER
    assert ready.refusal(replace(school, made_at=MONDAY).policy(2)) is RefusalCode.SAME_REVISION
    ready.apply(school.orders(7))
    assert ready.refusal(school.orders(6)) is RefusalCode.OLDER
    assert ready.apply(school.orders(7)).sentence == "Orders 1/7 are already in force."


def test_what_is_meant_for_others_or_signed_by_others_is_refused(ready: Store, school: School) -> None:
    assert ready.refusal(replace(school, bridge=OTHER_BRIDGE).policy(9)) is RefusalCode.WRONG_RECIPIENT
    thief = replace(school, key=SigningKey(school.key.key_id, private("thief")))
    assert ready.refusal(thief.policy(9)) is RefusalCode.BAD_SIGNATURE
    assert ready.refusal(thief.orders(9)) is RefusalCode.BAD_SIGNATURE
    assert ready.refusal(b"hello") is RefusalCode.BAD_FRAME
    assert ready.policy_revision == Revision(1, 1)


@pytest.mark.parametrize("name", ["policy", "orders", "keys"])
def test_a_damaged_file_is_set_aside_and_the_last_good_one_serves(ready: Store, school: School, name: str) -> None:
    ready.apply(school.keys(2))
    ready.apply(school.policy())
    ready.apply(school.orders(revoked=[BEN]))
    ready.spoil(f"{name}.doc")
    ready.restart()
    assert ready.findings == [name]
    assert ready.documents.policy is not None
    assert ready.documents.statement is not None
    assert list((ready.place / "documents").glob(f"{name}.doc.damaged-*"))
    ready.restart()
    assert ready.findings == []


def test_damage_does_not_bring_a_withdrawn_key_back(ready: Store, school: School) -> None:
    ready.apply(school.keys(2))
    for name in ("keys.doc", "keys.previous.doc"):
        ready.spoil(name)
    ready.restart()
    assert ready.documents.statement is None
    assert ready.refusal(school.keys(1)) is RefusalCode.OLDER
    assert ready.apply(school.keys(2)).sentence == "The key statement 1/2 is in force."


def test_a_damaged_newest_policy_can_come_again_but_an_older_one_cannot(ready: Store, school: School) -> None:
    second, third = school.policy(), school.policy()
    for document in (second, third):
        ready.apply(document)
    ready.spoil("policy.doc")
    ready.restart()
    assert ready.policy_revision == Revision(1, 2)
    assert ready.apply(second).sentence.endswith("already in force.")
    assert ready.refusal(replace(school).policy(1)) is RefusalCode.OLDER
    ready.apply(third)
    assert ready.policy_revision == Revision(1, 3)


def test_a_revoked_badge_stays_dead_while_the_policy_still_grants_it(ready: Store, school: School) -> None:
    ready.apply(school.orders(revoked=[BEN]))
    ready.apply(school.orders())
    assert ready.documents.orders().revoked == {badge_digest(BEN): BadgeStatus.LOST}
    ready.restart()
    assert badge_digest(BEN) in ready.documents.orders().revoked
    school.everybody.remove(BEN)
    ready.apply(school.policy())
    applied = ready.apply(school.policy())
    assert applied.orders is not None
    assert applied.orders.revoked == {}


def test_a_revoked_badge_stays_dead_when_the_policy_before_has_to_serve(ready: Store, school: School) -> None:
    ready.apply(school.orders(revoked=[BEN]))
    ready.apply(school.orders())
    school.everybody.remove(BEN)
    ready.apply(school.policy())
    ready.spoil("policy.doc")
    ready.restart()
    assert ready.policy_revision == Revision(1, 1)
    assert badge_digest(BEN) in ready.documents.orders().revoked


def test_a_revoked_badge_stays_dead_when_a_copy_of_the_orders_is_damaged(ready: Store, school: School) -> None:
    ready.apply(school.orders(revoked=[BEN]))
    ready.spoil("orders.doc")
    ready.restart()
    assert ready.findings == ["orders"]
    assert badge_digest(BEN) in ready.documents.orders().revoked


def test_a_lockdown_is_kept_twice_and_one_copy_is_enough(ready: Store, school: School) -> None:
    identity, sealed = school.directive()
    applied = ready.apply(sealed)
    assert applied.directive is not None
    assert applied.unkept == ""
    assert ready.apply(sealed).sentence == "This directive was taken before."
    for damaged in ("memory.db", f"emergencies/directive-{identity}"):
        ready.memory.close()
        (ready.place / damaged).write_bytes(b"rubbish" * 1000)
        ready.open()
        assert "memory" in ready.findings
        assert identity in ready.documents.orders().directives.directives


def test_a_directive_of_its_own_holds_before_anything_is_written_and_whatever_else_comes(
    ready: Store, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = "0193a000-0000-7000-8000-0000000000d1"
    raised = Directive(identity, LOCKDOWN, "site", frozenset({FRONT}), ORIGIN, "desk", drill=False, started_at=MONDAY)
    write = ready.documents.raise_directive(raised)
    assert ready.documents.kept.directives.in_force_at(FRONT, {}) == (raised,)
    assert ready.memory.emergencies(EmergencyKind.DIRECTIVE) == {}
    write()
    assert len(ready.memory.emergencies(EmergencyKind.DIRECTIVE)[identity]) == 2

    def fold_and_raise(*arguments: Any, **named: Any) -> Any:
        found = fold(*arguments, **named)
        ready.documents.raise_directive(replace(raised, id="0193a000-0000-7000-8000-0000000000d2"))
        return found

    monkeypatch.setattr("firmware_bridge.store.documents.fold", fold_and_raise)
    ready.apply(school.orders(revoked=[ADA]))
    orders = ready.documents.orders()
    assert len(orders.directives.in_force_at(FRONT, {})) == 2
    assert badge_digest(ADA) in orders.revoked


def test_a_release_ends_it_for_good_and_a_replayed_directive_changes_nothing(ready: Store, school: School) -> None:
    identity, sealed = school.directive()
    ready.apply(sealed)
    ready.apply(school.release(identity))
    ready.restart()
    ready.apply(sealed)
    orders = ready.documents.orders()
    assert orders.directives.in_force_at(FRONT, {}) == ()


def test_a_directive_that_comes_after_its_release_is_neither_told_nor_kept(ready: Store, school: School) -> None:
    identity, sealed = school.directive()
    ready.apply(school.release(identity))
    before = list(ready.announced)
    assert ready.apply(sealed).sentence == "This directive is over."
    assert ready.announced == before
    assert not ready.documents.kept.sealed_directives


def test_a_full_disk_refuses_a_policy_but_never_an_emergency(
    ready: Store, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, sealed = school.directive()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("os.fsync", refuse)
        with pytest.raises(NotStoredError, match="Make room on the disk"):
            ready.apply(school.policy())
        applied = ready.apply(school.orders(directives=[sealed], revoked=[ADA]))
        assert "a restart would forget it" in applied.unkept
    assert identity in ready.documents.orders().directives.directives
    assert ready.policy_revision == Revision(1, 1)
    ready.documents.keep_again()
    ready.restart()
    assert identity in ready.documents.orders().directives.directives
    assert badge_digest(ADA) in ready.documents.orders().revoked


def test_an_action_is_carried_out_once_and_not_after_its_time(ready: Store, school: School) -> None:
    action = school.unlock_once(FRONT, MONDAY)
    applied = ready.apply(action)
    assert applied.action is not None
    assert applied.action.target == FRONT
    assert ready.refusal(action) is RefusalCode.NOT_ALLOWED
    ready.restart()
    assert ready.refusal(action) is RefusalCode.NOT_ALLOWED
    assert ready.refusal(school.unlock_once(FRONT, school.made_at)) is RefusalCode.EXPIRED


def test_an_old_document_key_counts_for_what_is_kept_but_not_for_what_comes(ready: Store, school: School) -> None:
    identity, sealed = school.directive()
    ready.apply(sealed)
    moved = replace(school, key=SigningKey("office-2", private("document two")))
    ready.apply(moved.keys(2))
    ready.restart()
    assert ready.findings == []
    assert ready.policy_revision == Revision(1, 1)
    assert identity in ready.documents.orders().directives.directives
    assert ready.refusal(school.policy(9)) is RefusalCode.UNKNOWN_KEY
    ready.apply(moved.policy(9))


def test_an_emergency_is_announced_before_anything_is_written(
    ready: Store, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    keep = ready.memory.keep_emergency

    def noted(kind: EmergencyKind, identity: str, body: bytes) -> None:
        order.append("kept")
        keep(kind, identity, body)

    monkeypatch.setattr(ready.memory, "keep_emergency", noted)

    def announce(_: Applied) -> None:
        order.append("announced")

    (_, alone), (_, inside) = school.directive(), school.directive()
    for document in (alone, school.orders(directives=[inside])):
        ready.documents.apply(document, MONDAY, clock_trusted=True, announce=announce)
    assert order == ["announced", "kept"] * 2


def test_a_lockdown_of_very_many_scattered_doors_survives_a_restart_and_ends_by_one_release(
    ready: Store, school: School
) -> None:
    doors = frozenset(range(1, 2001, 2))
    raised = Directive(
        "0193a000-0000-7000-8000-0000000000d1", LOCKDOWN, "site", doors, ORIGIN, "desk", drill=False, started_at=MONDAY
    )
    ready.documents.raise_directive(raised)()
    ready.restart()
    assert ready.findings == []
    assert all(ready.documents.orders().directives.in_force_at(door, {}) for door in doors)
    ready.apply(school.release(raised.id))
    ready.restart()
    assert ready.documents.orders().directives.standing == ()
