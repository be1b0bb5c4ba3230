"""What is remembered of documents that came, and what of a Status counts as a change."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from access_control.core.wire.event_codes import EventCode
from firmware_bridge.uplink.polling import Once
from tests.building.processes import until
from tests.firmware_bridge.uplink.wicked import Wicked

if TYPE_CHECKING:
    from tests.firmware_bridge.uplink.conftest import Around, Script


def test_what_came_is_new_once_and_the_oldest_is_forgotten_first() -> None:
    once = Once(most=2)
    assert [once.first(document) for document in (b"a", b"a", b"b", b"a")] == [True, False, True, False]
    once.first(b"c")
    assert not once.first(b"c")
    assert once.first(b"a")


def statuses(script: Script) -> int:
    with script.lock:
        return [path for path, _ in script.asked].count("status")


def test_the_services_time_is_judged_and_a_duplicate_is_an_alarm(
    around: Around, script: Script, server: Wicked
) -> None:
    script.status_more = {"duplicate": True}
    with around.uplink(server):
        until(lambda: statuses(script) >= 3, "Statuses go on")
    assert around.told.count(EventCode.BRIDGE_DUPLICATED) == 1
    assert len(around.times) >= 2


def test_a_status_says_where_neighbours_reach_the_bridge(around: Around, script: Script, server: Wicked) -> None:
    with around.uplink(server) as uplink:
        until(lambda: statuses(script), "a Status comes")
        until(lambda: uplink.silent_s() < inf, "the service is heard")
    with script.lock:
        (said, *_) = [body for path, body in script.asked if path == "status"]
    assert b'"listens":"gym.school.lan:4711"' in said


def test_a_time_that_is_none_is_trouble_and_not_believed(around: Around, script: Script, server: Wicked) -> None:
    script.status_more = {"time": "yesterday"}
    with around.uplink(server) as uplink:
        until(lambda: uplink.shape()["trouble"] != "", "it is said")
        assert around.times == []
        assert uplink.shape()["heard_age_s"] is None


def test_an_action_that_is_no_base64_is_trouble(around: Around, script: Script, server: Wicked) -> None:
    script.status_more = {"actions": ["***"]}
    with around.uplink(server) as uplink:
        until(lambda: "no base64" in uplink.shape()["trouble"], "it is said")
    assert around.applied == ["keys"]


def test_the_policy_is_confirmed_when_the_service_has_no_other_one(
    around: Around, script: Script, server: Wicked
) -> None:
    sealed = around.school.policy()
    around.apply(sealed)
    policy = around.documents.policy
    assert policy is not None
    in_force = f"{policy.revision.epoch}/{policy.revision.n}"
    script.documents["policy"] = sealed
    script.status_more = {"policy": f"{policy.revision.epoch}/{policy.revision.n + 1}"}
    with around.uplink(server):
        until(lambda: len(around.times) >= 2, "Statuses are answered")
        assert around.confirmed == []
        script.status_more = {"policy": in_force}
        until(lambda: around.confirmed != [], "the Policy is confirmed")
    assert set(around.confirmed) == {policy.revision}


def test_without_a_policy_nothing_is_confirmed(around: Around, server: Wicked) -> None:
    with around.uplink(server):
        until(lambda: len(around.times) >= 2, "Statuses are answered")
    assert around.confirmed == []
