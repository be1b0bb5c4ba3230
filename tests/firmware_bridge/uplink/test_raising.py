"""Which emergencies a bridge tells its service of."""

from __future__ import annotations

from dataclasses import replace

from access_control.core.decision.model import Policy
from access_control.core.wire.directives import decode_directive, seal_directive
from access_control.core.wire.kept import Kept, recall_directive, recall_release
from access_control.core.wire.policy import decode_policy, encode_policy
from access_control.core.wire.signing import Kind, reread
from firmware_bridge.uplink.raising import foreign_emergencies, own_emergencies
from tests.building.neighbours import key_of, uuid_of
from tests.building.signed import DIGEST_KEY, DOCUMENT_KEY, SITE, School
from tests.building.town import sealed_by


def test_its_own_for_ever_a_neighbours_while_they_stand_and_the_services_never() -> None:
    school = School()
    (own_id, own), (foreign_id, foreign) = sealed_by(key_of("a")), sealed_by(key_of("b"))
    kept = Kept()
    for sealed in (own, foreign, school.directive()[1]):
        kept, _ = recall_directive(kept, sealed)
    office = {DOCUMENT_KEY.key_id}
    assert list(own_emergencies(kept, uuid_of("a"))[0].values()) == [own]
    assert list(foreign_emergencies(kept, uuid_of("a"), office).values()) == [foreign]
    for directive in (own_id, foreign_id):
        kept, _ = recall_release(kept, school.release(directive))
    assert list(own_emergencies(kept, uuid_of("a"))[0].values()) == [own]
    assert foreign_emergencies(kept, uuid_of("a"), office) == {}


def test_of_the_services_those_that_rule_no_door_here_because_it_would_tell_nothing_of_their_end() -> None:
    school = School()
    (here_id, here), (away_id, away) = school.directive(), school.directive()
    elsewhere = replace(decode_directive(reread(away, kind=Kind.DIRECTIVE)), scope="building:2", doors=frozenset({99}))
    kept = Kept()
    for sealed in (here, seal_directive(elsewhere, DOCUMENT_KEY, site=SITE)):
        kept, _ = recall_directive(kept, sealed)
    office = {DOCUMENT_KEY.key_id}
    policy = decode_policy(encode_policy(school.draft(1), DIGEST_KEY), DIGEST_KEY)

    def told(kept: Kept, policy: Policy | None) -> list[str]:
        found = foreign_emergencies(kept, uuid_of("a"), office, policy).values()
        return [decode_directive(reread(sealed, kind=Kind.DIRECTIVE)).id for sealed in found]

    assert told(kept, policy) == [away_id]
    assert told(kept, None) == [], "without a Policy nobody knows which doors are here"
    over, _ = recall_release(kept, school.release(away_id))
    assert told(over, policy) == []
    assert here_id != away_id
