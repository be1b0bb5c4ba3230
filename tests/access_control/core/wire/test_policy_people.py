from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from access_control.core.credentials.canonical import Credential
from access_control.core.decision.model import BadgeStatus, HolderClass
from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.policy import Badge, Person, PolicyDraft, decode_policy, encode_policy
from access_control.core.wire.policy_people import CLASS_LETTERS, STATUS_LETTERS
from access_control.core.wire.spelling import write_bytes

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
Mutate = Callable[[bytes, str, object], bytes]
COLUMNS, REFERENCE, CONTENT = RefusalCode.BAD_COLUMNS, RefusalCode.BAD_REFERENCE, RefusalCode.BAD_CONTENT


def test_every_class_and_state_has_a_letter_of_its_own() -> None:
    assert CLASS_LETTERS.keys() == set(HolderClass)
    assert len(set(CLASS_LETTERS.values())) == len(HolderClass)
    assert STATUS_LETTERS.keys() == set(BadgeStatus)
    assert len(set(STATUS_LETTERS.values())) == len(BadgeStatus)


DIGESTS = [bytes([number]) * 16 for number in range(3)]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("holders.classes", "ts", COLUMNS),
        ("holders.classes", "tsq", COLUMNS),
        ("holders.active", "112", COLUMNS),
        ("holders.active", "11é", COLUMNS),
        ("holders.extended", "1000", COLUMNS),
        ("holders.refs", [7001, 7003, 7002], COLUMNS),
        ("holders.refs", [7001, 7001, 7002], COLUMNS),
        ("holders.refs", [7001, 7002, 2**63], CONTENT),
        ("holders.level_sets", [0, 1, 3], REFERENCE),
        ("holders.validities", [0, 1, 99], REFERENCE),
        ("holders.validities", [0, 1], COLUMNS),
        ("holders.pins.rows", [3], REFERENCE),
        ("holders.pins.rows", [], COLUMNS),
        ("holders.pins", {"rows": [1, 0], "digests": write_bytes(bytes(32))}, COLUMNS),
        ("holders.pins.digests", write_bytes(bytes(15)), COLUMNS),
        ("holders.pins.digests", "?", CONTENT),
        ("holders.releasers", [3], REFERENCE),
        ("holders.releasers", [1, 0], COLUMNS),
        ("holders.releasers", [0, 0], COLUMNS),
        ("holders.releasers", ["0"], CONTENT),
        ("credentials.digests", write_bytes(bytes(47)), COLUMNS),
        ("credentials.digests", write_bytes(b"".join(DIGESTS[::-1])), COLUMNS),
        ("credentials.digests", write_bytes(bytes(48)), COLUMNS),
        ("credentials.holders", [0, 1, 3], REFERENCE),
        ("credentials.status", "aaz", COLUMNS),
        ("credentials.status", "aa", COLUMNS),
        ("credentials.validities", [0, 0, 77], REFERENCE),
        ("validities.0", [5, 5], COLUMNS),
        ("validities.0", [9, 5], COLUMNS),
        ("validities.0", [9], CONTENT),
    ],
)
def test_columns_that_do_not_fit_are_refused(
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


@pytest.mark.parametrize("pin", ["", "123", "1234567890123", "12a4", "١٢٣٤"])
def test_a_pin_that_nobody_can_type_is_refused(
    pin: str, draft: PolicyDraft, digest_key: bytes, refuses: Refusing
) -> None:
    with refuses(CONTENT):
        encode_policy(replace(draft, people=[Person(1, HolderClass.STAFF, pin=pin)], badges=()), digest_key)


@pytest.mark.parametrize("ref", [-1, 2**63])
def test_a_ref_has_63_bits(ref: int, draft: PolicyDraft, digest_key: bytes, refuses: Refusing) -> None:
    with refuses(CONTENT):
        encode_policy(replace(draft, people=[Person(ref, HolderClass.STAFF, pin="1234")], badges=()), digest_key)


def test_a_badge_needs_its_person(draft: PolicyDraft, digest_key: bytes, refuses: Refusing) -> None:
    with refuses(REFERENCE):
        encode_policy(replace(draft, badges=[Badge(Credential("H10301", 1, 1), 9999)]), digest_key)


def test_two_badges_with_one_number_are_refused(draft: PolicyDraft, digest_key: bytes, refuses: Refusing) -> None:
    card = Credential("H10301", 1, 1)
    with refuses(COLUMNS):
        encode_policy(replace(draft, badges=[Badge(card, 7001), Badge(card, 7002)]), digest_key)


def test_the_same_number_in_another_facility_is_another_card(draft: PolicyDraft, digest_key: bytes) -> None:
    badges = [Badge(Credential("H10301", facility, 1), 7001) for facility in (1, 2)]
    policy = decode_policy(encode_policy(replace(draft, badges=badges), digest_key), digest_key)
    assert len(policy.credentials.rows) == 2
