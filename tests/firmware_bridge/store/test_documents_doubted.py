"""What a bridge cannot believe of its Orders yet is tried again when its signer becomes known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.directives import seal_directive
from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.signing import SigningKey
from tests.building.clock import MONDAY
from tests.building.document_store import Store
from tests.building.signed import (
    DOORS,
    OTHER_BRIDGE,
    SITE,
    TRUST,
    School,
    private,
)

LOCKDOWN = EmergencyAction.LOCKDOWN
ORIGIN = f"bridge:{TRUST.bridge}"


NEIGHBOUR = SigningKey(OTHER_BRIDGE, private("neighbour"))


def raised_next_door() -> tuple[str, bytes]:
    """A lockdown that a neighbouring bridge signed: its id and the sealed bytes."""
    identity = "0193a000-0000-7000-8000-0000000000d2"
    lockdown = Directive(
        identity,
        LOCKDOWN,
        "site",
        frozenset(DOORS),
        f"bridge:{OTHER_BRIDGE}",
        "input:1",
        drill=False,
        started_at=MONDAY,
    )
    return identity, seal_directive(lockdown, NEIGHBOUR, site=SITE)


def naming_the_neighbour(school: School, n: int) -> bytes:
    keys = {OTHER_BRIDGE: (NEIGHBOUR.public_bytes(), ("site",))}
    return school.policy(n, draft=replace(school.draft(n), neighbour_keys=keys))


@pytest.mark.parametrize("restarts", [False, True], ids=["at once", "restarted between"])
def test_a_lockdown_whose_orders_come_before_the_policy_that_names_its_signer_begins_with_that_policy(
    store: Store, school: School, *, restarts: bool
) -> None:
    identity, sealed = raised_next_door()
    store.apply(school.keys())
    applied = store.apply(school.orders(directives=[sealed]))
    assert [error.code for error in applied.refused] == [RefusalCode.UNKNOWN_KEY]
    assert not store.documents.orders().directives.directives
    if restarts:
        store.restart()
    applied = store.apply(naming_the_neighbour(school, 1))
    assert applied.orders is not None
    assert identity in applied.orders.directives.directives
    assert applied.unkept == ""
    store.spoil("orders.doc")
    store.spoil("orders.previous.doc")
    store.restart()
    assert identity in store.documents.orders().directives.directives, "it has its copies in the memory, too"


def test_a_lockdown_signed_by_a_replaced_neighbour_begins_when_its_new_key_comes(ready: Store, school: School) -> None:
    identity, sealed = raised_next_door()
    dead = {OTHER_BRIDGE: (SigningKey(OTHER_BRIDGE, private("dead")).public_bytes(), ("site",))}
    ready.apply(school.policy(2, draft=replace(school.draft(2), neighbour_keys=dead)))
    applied = ready.apply(school.orders(directives=[sealed]))
    assert [error.code for error in applied.refused] == [RefusalCode.BAD_SIGNATURE]
    ready.apply(naming_the_neighbour(school, 3))
    assert identity in ready.documents.orders().directives.directives


def test_what_a_new_document_key_signed_begins_with_the_statement_that_names_it(ready: Store, school: School) -> None:
    moved = replace(school, key=SigningKey("office-2", private("document two")))
    identity, sealed = moved.directive()
    assert ready.apply(school.orders(directives=[sealed])).refused
    applied = ready.apply(school.keys(2, also={"office-2": moved.key.public_bytes()}))
    assert applied.orders is not None
    assert identity in applied.orders.directives.directives
    ready.restart()
    assert identity in ready.documents.orders().directives.directives


def test_what_is_believed_since_a_power_cut_between_policy_and_orders_begins_at_the_start(
    store: Store, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, sealed = raised_next_door()
    store.apply(school.keys())
    store.apply(school.orders(directives=[sealed]))
    with monkeypatch.context() as cut:
        cut.setattr(store.documents, "_hear_doubted", list)
        store.apply(naming_the_neighbour(school, 1))
    store.restart()
    assert identity in store.documents.orders().directives.directives
