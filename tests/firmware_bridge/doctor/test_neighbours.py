from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from access_control.core.decision.model import Policy
from access_control.core.wire.policy import decode_policy, encode_policy
from firmware_bridge.doctor.finding import Level
from firmware_bridge.doctor.neighbours import look_at_neighbours
from tests.building.signed import DIGEST_KEY, School, private

OTHER = "01939a5e-7c00-7000-8000-0000000000b2"


@pytest.fixture(scope="module")
def policy() -> Policy:
    """A Policy with one neighbour."""
    key = private("neighbour").public_key().public_bytes_raw()
    draft = replace(School().draft(1), neighbour_keys={OTHER: (key, ("site",))})
    return decode_policy(encode_policy(draft, DIGEST_KEY), DIGEST_KEY)


def seen(*, reachable: bool, listening: str | None = "10.0.0.5:8453", trouble: str = "") -> dict[str, Any]:
    one = {"bridge": OTHER, "address": "10.0.0.6:8453", "reachable": reachable, "trouble": trouble}
    return {
        "neighbours": {
            "listening": listening,
            "trouble": "The port is taken." if not listening else "",
            "bridges": [one],
        }
    }


def test_one_that_answers_and_one_that_does_not(policy: Policy) -> None:
    (well,) = look_at_neighbours(policy, seen(reachable=True))
    assert (well.check, well.level) == (f"neighbour.{OTHER}", Level.GOOD)
    (ill,) = look_at_neighbours(policy, seen(reachable=False, trouble="It refused the line."))
    assert ill.level is Level.LOOK
    assert ill.sentence.endswith("It refused the line.")


def test_a_bridge_that_does_not_listen(policy: Policy) -> None:
    first, _ = look_at_neighbours(policy, seen(reachable=True, listening=None))
    assert first.level is Level.LOOK
    assert first.sentence.endswith("does not listen for them. The port is taken.")
    (none,) = look_at_neighbours(policy, {"neighbours": None})
    assert none.level is Level.LOOK


def test_what_only_a_running_bridge_can_say(policy: Policy) -> None:
    assert [finding.level for finding in look_at_neighbours(policy, None)] == [Level.UNSEEN]


def test_without_neighbours_nothing_is_said(policy: Policy) -> None:
    alone = replace(policy, neighbour_keys={})
    assert list(look_at_neighbours(alone, seen(reachable=True))) == []
    assert list(look_at_neighbours(None, None)) == []
