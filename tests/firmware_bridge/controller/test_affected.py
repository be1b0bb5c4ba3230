"""Whoever reads that something is gone also reads which doors it serves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from access_control.core.decision.model import DeviceKind
from firmware_bridge.controller.affected import MOST_NAMED, devices_on, door_of, with_doors
from firmware_bridge.controller.commands import RecordEvent
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import draft, policy_of

POLICY = policy_of(draft())
READER, BOARD = (DeviceKind.READER, 2), (DeviceKind.BOARD, 1)


def test_what_is_gone_is_told_with_the_doors_that_it_serves() -> None:
    play = Playbook()
    for words in (["port", "A", "down"], ["jabber", "A", "on"], ["board", "down"]):
        (told,) = [command for command in play.play(words) if isinstance(command, RecordEvent)]
        assert str(told.detail["why"]).endswith(" It serves doors 1, 2, 3, 4, 5."), words
    (told,) = [command for command in play.play(["jabber", "A", "off"]) if isinstance(command, RecordEvent)]
    assert "door" not in str(told.detail.get("why"))


def test_a_reader_has_a_door_and_a_board_has_none() -> None:
    assert door_of(READER, POLICY) == 2
    assert [door_of(BOARD, POLICY), door_of((DeviceKind.READER, 99), POLICY), door_of(READER, None)] == [None] * 3


def test_without_a_policy_nothing_is_known_of_doors() -> None:
    assert devices_on("A", None) == []
    assert with_doors("Gone.", [READER], None) == "Gone."


@pytest.mark.parametrize(
    ("why", "devices", "said"),
    [
        ("Gone.", [READER], "Gone. It serves door 2."),
        ("", [READER], "It serves door 2."),
        ("Gone.", [(DeviceKind.READER, 99)], "Gone."),
        ("Gone.", [BOARD], "Gone. It serves doors 1, 2, 3, 4, 5."),
    ],
)
def test_the_doors_are_told_by_the_numbers_on_their_frames(
    why: str, devices: list[tuple[DeviceKind, int]], said: str
) -> None:
    assert with_doors(why, devices, POLICY) == said


def test_of_very_many_doors_some_are_named_and_the_others_counted() -> None:
    many = {n: replace(POLICY.doors[1], id=n, number=str(n)) for n in range(1, MOST_NAMED + 4)}
    assert with_doors("", [BOARD], replace(POLICY, doors=many)).endswith(f", {MOST_NAMED} and 3 more.")
