"""How the bridge stands with its service: news once, alarms seldom, and quiet about a service that is just slow."""

from __future__ import annotations

import pytest

from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.uplink import Problem
from firmware_bridge.uplink.errors import RefusedError, UnreachableError, UplinkError, WrongKeyError
from firmware_bridge.uplink.standing import ALARM_EVERY_S, OFFLINE_S, Standing
from tests.building.clock import SetClock

GONE = UnreachableError("The line broke.")


class Heard:
    """A standing, its clock, and what it told."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.told: list[EventCode] = []
        self.reached: list[bool] = []
        self.standing = Standing(
            self.clock, "https://school", lambda code, _: self.told.append(code), self.reached.append
        )


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_offline_is_told_once_after_ten_seconds_and_back_online_once(heard: Heard) -> None:
    heard.standing.heard()
    for _ in range(4):
        heard.clock.go_on(OFFLINE_S / 4 - 0.1)
        heard.standing.failed(GONE)
    assert heard.told == []
    for _ in range(3):
        heard.clock.go_on(1)
        heard.standing.failed(GONE)
    assert heard.told == [EventCode.SERVICE_OFFLINE]
    heard.standing.heard()
    heard.standing.heard()
    assert heard.told == [EventCode.SERVICE_OFFLINE, EventCode.SERVICE_ONLINE]
    assert heard.reached == [False, True]


def test_a_bridge_that_never_heard_its_service_counts_from_its_start(heard: Heard) -> None:
    heard.standing.failed(GONE)
    assert heard.told == []
    heard.clock.go_on(OFFLINE_S)
    heard.standing.failed(GONE)
    assert heard.told == [EventCode.SERVICE_OFFLINE]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WrongKeyError("Another key.", b"k"), EventCode.SERVICE_KEY_WRONG),
        (RefusedError(Problem(409, "duplicate_identity", "Two.")), EventCode.BRIDGE_DUPLICATED),
        (RefusedError(Problem(403, "revoked", "No.")), EventCode.SERVICE_REFUSED),
        (RefusedError(Problem(403, "bad_signature", "No.")), EventCode.SERVICE_REFUSED),
    ],
)
def test_an_alarm_comes_once_in_ten_minutes(heard: Heard, error: UplinkError, code: EventCode) -> None:
    heard.standing.heard()
    heard.standing.failed(error)
    heard.standing.failed(error)
    assert heard.told == [code]
    heard.clock.go_on(ALARM_EVERY_S)
    heard.standing.heard()
    heard.standing.failed(error)
    assert heard.told.count(code) == 2


@pytest.mark.parametrize("code", ["not_confirmed", "place_taken"])
def test_what_is_to_be_waited_for_is_no_alarm(heard: Heard, code: str) -> None:
    heard.standing.failed(RefusedError(Problem(403, code, "Wait for it.")))
    assert heard.told == []
    assert heard.standing.shape()["trouble"] == "Wait for it."


def test_its_shape_tells_the_age_and_the_trouble_until_it_is_over(heard: Heard) -> None:
    assert heard.standing.shape()["heard_age_s"] is None
    heard.standing.heard()
    heard.clock.go_on(3)
    heard.standing.failed(GONE)
    assert heard.standing.shape() == {
        "url": "https://school",
        "heard_age_s": 3.0,
        "stream": False,
        "trouble": "The line broke.",
    }
    heard.standing.heard()
    assert heard.standing.shape()["trouble"] == ""


def test_refused_events_are_told_beside_other_trouble_until_some_are_taken(heard: Heard) -> None:
    heard.standing.upload_refused(RefusedError(Problem(400, "bad_content", "Event 2 is none.", "Update it.")))
    heard.standing.heard()
    refused = "The service does not take this bridge's events: Event 2 is none. Update it."
    assert heard.standing.shape()["trouble"] == refused
    heard.standing.failed(GONE)
    assert heard.standing.shape()["trouble"] == f"The line broke. {refused}"
    heard.standing.heard()
    heard.standing.upload_taken()
    assert heard.standing.shape()["trouble"] == ""
