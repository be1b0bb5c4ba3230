from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from access_control.core.wire.kept import Kept, recall_directive, recall_release
from access_control.core.wire.policy import decode_policy, encode_policy
from firmware_bridge.neighbours.passing_on import PassingOn, neighbours_in
from tests.building.neighbours import key_of, uuid_of
from tests.building.signed import DIGEST_KEY, DOORS, School
from tests.building.town import sealed_by


def test_its_own_always_and_the_others_only_while_it_is_alone() -> None:
    own, foreign, (_, service) = sealed_by(key_of("a"))[1], sealed_by(key_of("b"))[1], School().directive()
    kept = Kept()
    for sealed in (own, foreign, service):
        kept, _ = recall_directive(kept, sealed)
    passing_on = PassingOn(uuid_of("a"))
    assert list(passing_on.directives(kept, alone=False).values()) == [own]
    assert passing_on.directives(kept, alone=True) == {
        sha256(sealed).hexdigest(): sealed for sealed in (own, foreign, service)
    }


def test_what_is_released_everywhere_is_told_no_more_and_what_is_released_at_doors_is() -> None:
    school = School()
    directive, sealed = school.directive()
    kept, _ = recall_directive(Kept(), sealed)
    passing_on = PassingOn(uuid_of("a"))
    here, _ = recall_release(kept, school.release(directive, frozenset(DOORS)))
    assert list(passing_on.directives(here, alone=True).values()) == [sealed]
    over, _ = recall_release(kept, school.release(directive))
    assert passing_on.directives(over, alone=True) == {}


def test_neighbours_are_those_with_an_address() -> None:
    assert neighbours_in(None) == {}
    draft = School().draft(1)
    draft = replace(
        draft,
        neighbour_keys={uuid_of(name): (key_of(name).public_bytes(), ("site",)) for name in "bc"},
        neighbour_addresses={uuid_of("b"): "b.school.lan:4711"},
    )
    (found,) = neighbours_in(decode_policy(encode_policy(draft, DIGEST_KEY), DIGEST_KEY)).values()
    assert (found.bridge, found.key, found.address) == (uuid_of("b"), key_of("b").public_bytes(), "b.school.lan:4711")
