from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import msgspec
import pytest

from access_control.core.decision.model import DoorClass, EmergencyAction, EmergencyRules, HolderClass
from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.policy import PolicyDraft, decode_policy, encode_policy

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
Mutate = Callable[[bytes, str, object], bytes]
COLUMNS, REFERENCE, CONTENT = RefusalCode.BAD_COLUMNS, RefusalCode.BAD_REFERENCE, RefusalCode.BAD_CONTENT
DOOR_1 = {"door": 1, "levels": [10], "timetables": [0]}
KEY = "A" * 43 + "="


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("grants", [DOOR_1, DOOR_1], COLUMNS),
        ("grants.2.door", 99, REFERENCE),
        ("grants.0.levels", [10, 30], REFERENCE),
        ("grants.0.levels", [20, 10], COLUMNS),
        ("grants.0.timetables", [0], COLUMNS),
        ("grants.0.timetables", [0, 99], REFERENCE),
        ("denials.0.door", 99, REFERENCE),
        ("level_sets.0", [30], REFERENCE),
        ("level_sets.0", [20, 10], COLUMNS),
        ("pass_keys", [{"id": 3, "key": KEY}, {"id": 3, "key": KEY}], COLUMNS),
        ("pass_keys", [{"id": 3, "key": "AAAA"}], CONTENT),
        ("pass_keys", [{"id": 256, "key": KEY}], CONTENT),
        ("pass_groups", [{"id": 1, "doors": "1"}, {"id": 1, "doors": "1"}], COLUMNS),
        ("pass_groups", [{"id": 1, "doors": "1,9"}], REFERENCE),
        ("pass_groups", [{"id": 1, "doors": "3,1"}], CONTENT),
        ("scopes", [{"scope": "site", "doors": "1-3"}] * 2, COLUMNS),
        ("scopes", [{"scope": "site", "doors": "1-2"}], REFERENCE),
        ("scopes", [], REFERENCE),
        ("scopes", [{"scope": "site", "doors": "1-9"}], REFERENCE),
        ("scopes", [{"scope": "gym", "doors": "1-3"}], CONTENT),
        ("neighbours.0.bridge", "next door", CONTENT),
        ("neighbours.0.key", "AAAA", CONTENT),
        ("neighbours.0.scopes", ["everything"], CONTENT),
        ("emergency.admitted.0.action", "panic", CONTENT),
    ],
)
def test_tables_that_do_not_fit_are_refused(
    path: str,
    value: object,
    code: RefusalCode,
    draft: PolicyDraft,
    digest_key: bytes,
    mutate: Mutate,
    refuses: Refusing,
) -> None:
    with refuses(code):
        decode_policy(mutate(encode_policy(draft, digest_key), path, value), digest_key)


def test_a_neighbour_twice_is_refused(draft: PolicyDraft, digest_key: bytes, mutate: Mutate, refuses: Refusing) -> None:
    neighbour: dict[str, object] = {
        "bridge": "0193a000-0000-7000-8000-0000000000b2",
        "key": KEY,
        "scopes": [],
        "address": None,
    }
    with refuses(COLUMNS):
        decode_policy(mutate(encode_policy(draft, digest_key), "neighbours", [neighbour] * 2), digest_key)


def test_emergency_rules_twice_are_refused(
    draft: PolicyDraft, digest_key: bytes, mutate: Mutate, refuses: Refusing
) -> None:
    rule = {"action": "hold", "door_class": "room", "classes": ["staff"]}
    with refuses(COLUMNS):
        decode_policy(mutate(encode_policy(draft, digest_key), "emergency.admitted", [rule] * 2), digest_key)


def test_a_schools_own_emergency_rules_come_back(draft: PolicyDraft, digest_key: bytes) -> None:
    rules = EmergencyRules(
        {(EmergencyAction.LOCKDOWN, DoorClass.ROOM): frozenset({HolderClass.STAFF, HolderClass.CONTRACTOR})},
        lockdown_locks_perimeter=False,
        drill_moves_doors=False,
    )
    policy = decode_policy(encode_policy(replace(draft, emergency_rules=rules), digest_key), digest_key)
    assert policy.emergency_rules == rules


def test_site_means_every_door_whatever_the_draft_says(draft: PolicyDraft, digest_key: bytes) -> None:
    policy = decode_policy(encode_policy(replace(draft, inputs=(), scopes={"site": (1,)}), digest_key), digest_key)
    assert policy.scopes == {"site": {1, 2, 3}}


def test_a_neighbours_address_is_one(draft: PolicyDraft, digest_key: bytes, mutate: Mutate, refuses: Refusing) -> None:
    (row,) = msgspec.json.decode(encode_policy(draft, digest_key))["neighbours"]
    for address in ("gym.school.lan", "gym.school.lan:99999", ""):
        with refuses(RefusalCode.BAD_CONTENT):
            decode_policy(
                mutate(encode_policy(draft, digest_key), "neighbours", [row | {"address": address}]), digest_key
            )
