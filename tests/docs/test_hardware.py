"""What the page on hardware tells installers to write is taken by the programs."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from access_control.core.decision.model import DoorClass, FireAction, LockKind, Point, UnlockWhen
from access_control.core.wire.errors import Refused
from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.policy import encode_policy
from firmware_bridge.config import config_of
from tests.building.signed import DIGEST_KEY, FRONT, School, point

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "hardware.md").read_text()
ROW = re.compile(r"^\| (\d [^|]+) \| `(\w+)` \| `(\w+)` \| `(\w+)` \| (yes|no) \|$", re.MULTILINE)
BUTTON, FIRE = point(2), point(3)
LENGTHS = re.compile(r"^\| ([\d.]+) mm2 \(\d+ AWG\) \| (\d+) m \| (\d+) m \| (\d+) m \|$", re.MULTILINE)
COPPER = 0.0178  # ohm for a metre of 1 mm2


def offered(kind: str, unlock_when: str, fire_action: str, rex: str, *, fire_rated: bool, where: DoorClass) -> bytes:
    """A Policy with one door wired as a row of the page says."""
    draft = School().draft(1)
    fire: Point | None = FIRE if FireAction(fire_action) is not FireAction.NONE else None
    doors = []
    for door in draft.doors:
        lock = replace(
            door.lock,
            kind=LockKind(kind),
            unlock_when=UnlockWhen(unlock_when),
            fire_action=FireAction(fire_action),
            fire_input=fire,
            rex_unlocks=rex == "yes",
            fire_rated=fire_rated,
        )
        changed = replace(door, lock=lock, door_class=where, rex=BUTTON)
        doors.append(changed if door.id == FRONT else replace(door, contact=None))
    return encode_policy(replace(draft, doors=doors), DIGEST_KEY)


def test_there_is_a_row_for_each_kind_of_lock() -> None:
    assert {kind for _, kind, _, _, _ in ROW.findall(PAGE)} == set(LockKind) - {LockKind.DELAYED_EGRESS}


@pytest.mark.parametrize(("name", "kind", "unlock_when", "fire_action", "rex"), ROW.findall(PAGE))
def test_a_door_wired_as_the_page_says_is_taken(
    name: str, kind: str, unlock_when: str, fire_action: str, rex: str
) -> None:
    where = DoorClass.INTERIOR if unlock_when == "relay_off" else DoorClass.EXTERIOR
    assert offered(kind, unlock_when, fire_action, rex, fire_rated="fire door" in name, where=where)


def test_what_the_page_says_is_refused_is_refused() -> None:
    for kind, unlock_when, fire_action, rex, where, fire_rated in (
        ("maglock", "relay_on", "none", "yes", DoorClass.INTERIOR, False),
        ("maglock", "relay_on", "release", "no", DoorClass.INTERIOR, False),
        ("maglock", "relay_on", "release", "yes", DoorClass.INTERIOR, True),
        ("strike", "relay_off", "release", "no", DoorClass.EXTERIOR, False),
        ("strike", "relay_off", "none", "no", DoorClass.INTERIOR, True),
        ("latch_retraction", "relay_off", "none", "no", DoorClass.INTERIOR, False),
        ("latch_retraction", "relay_on", "release", "no", DoorClass.INTERIOR, False),
        ("latch_retraction", "relay_on", "none", "no", DoorClass.INTERIOR, True),
    ):
        with pytest.raises(Refused):
            offered(kind, unlock_when, fire_action, rex, fire_rated=fire_rated, where=where)


def test_its_settings_can_be_read() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    config = config_of(tomllib.loads(block), Path("/etc/firmware-bridge/bridge.toml"))
    assert set(config.ports) == {"A", "R"}


def test_every_event_that_it_names_exists() -> None:
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})`", PAGE)) - {"ACCESS_GRANTED"}
    assert named
    assert named <= {code.value for code in EventCode}


def test_the_files_that_it_names_are_there() -> None:
    for name in re.findall(r"`(deploy/[\w.-]+)`", PAGE):
        assert (ROOT / name).is_file()


def test_battery_and_cables_are_reckoned_right() -> None:
    assert "1.0 x 4 x 1.25 = 5 Ah" in PAGE
    assert round(1.0 * 4 * 1.25, 1) == 5
    assert "(0.48 + 0.8 + 0.3) x 4 x 1.25 = 7.9 Ah" in PAGE
    assert round((0.48 + 0.8 + 0.3) * 4 * 1.25, 1) == 7.9
    rows = LENGTHS.findall(PAGE)
    assert len(rows) == 3
    for section, *lengths in rows:
        for length, (current, voltage) in zip(lengths, ((0.5, 12), (0.5, 24), (1.0, 24)), strict=True):
            most = 0.1 * voltage / (2 * current * COPPER / float(section))
            assert 0.85 * most <= int(length) <= most
