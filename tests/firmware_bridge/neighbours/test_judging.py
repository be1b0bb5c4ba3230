"""What a neighbour may tell at all, before its signature is looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import pytest

from access_control.core.decision.model import Policy
from access_control.core.wire.directives import decode_directive, seal_directive
from access_control.core.wire.errors import Refused
from access_control.core.wire.kept import Kept, recall_directive
from access_control.core.wire.policy import decode_policy, encode_policy
from access_control.core.wire.signing import Kind, reread
from firmware_bridge.neighbours import judging
from firmware_bridge.neighbours.judging import require_neighbourly
from tests.building.neighbours import key_of, uuid_of
from tests.building.signed import DIGEST_KEY, DOORS, SITE, School
from tests.building.town import sealed_by

MOST = 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MOST_OF_ONE", MOST)


def policy() -> Policy:
    draft = replace(School().draft(1), scopes={"building:1": DOORS})
    return decode_policy(encode_policy(draft, DIGEST_KEY), DIGEST_KEY)


def told(scope: str, doors: Collection[int]) -> bytes:
    _, sealed = sealed_by(key_of("a"))
    directive = decode_directive(reread(sealed, kind=Kind.DIRECTIVE))
    return seal_directive(replace(directive, scope=scope, doors=frozenset(doors)), key_of("a"), site=SITE)


def elsewhere() -> bytes:
    """Over a building in which this bridge has no door."""
    return told("building:2", [99])


def here() -> bytes:
    """Over this building, raised by somebody who does not know its doors."""
    return told("building:1", [99])


def holding(*sealed: bytes) -> Kept:
    kept = Kept()
    for one in sealed:
        kept, _ = recall_directive(kept, one)
    return kept


@pytest.mark.parametrize(("these", "those"), [(elsewhere, here), (here, elsewhere)])
def test_what_concerns_others_does_not_use_up_what_may_concern_this_bridge(
    these: Callable[[], bytes], those: Callable[[], bytes]
) -> None:
    kept = holding(*(these() for _ in range(MOST)))
    require_neighbourly(those(), kept, uuid_of("b"), policy())
    with pytest.raises(Refused, match="in force already"):
        require_neighbourly(these(), kept, uuid_of("b"), policy())


def test_before_it_has_a_policy_each_may_concern_it() -> None:
    kept = holding(*(elsewhere() for _ in range(MOST)))
    with pytest.raises(Refused, match="in force already"):
        require_neighbourly(here(), kept, uuid_of("b"), None)


def test_what_cannot_be_read_is_left_to_whoever_opens_it() -> None:
    require_neighbourly(here().replace(b'"action"', b'"auction"'), Kept(), uuid_of("b"), policy())
