from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.credentials.canonical import Credential, digest, pin_digest
from access_control.core.decision.emergency import DEFAULT_EMERGENCY_RULES
from access_control.core.decision.model import BadgeStatus, HolderClass, Policy, Timetable
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy import (
    Badge,
    Level,
    Person,
    PolicyDraft,
    decode_policy,
    encode_policy,
    open_policy,
)
from access_control.core.wire.policy_payload import PolicyPayload
from access_control.core.wire.signing import Kind, SigningKey, seal

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
Mutate = Callable[[bytes, str, object], bytes]
SITE = "0193a000-0000-7000-8000-000000000001"
BRIDGE = "0193a000-0000-7000-8000-0000000000b1"
OTHER = "0193a000-0000-7000-8000-0000000000b2"


@pytest.fixture(scope="module")
def payload(draft: PolicyDraft, digest_key: bytes) -> bytes:
    return encode_policy(draft, digest_key)


@pytest.fixture(scope="module")
def policy(payload: bytes, digest_key: bytes) -> Policy:
    return decode_policy(payload, digest_key)


def test_the_building_comes_back(draft: PolicyDraft, policy: Policy) -> None:
    assert tuple(policy.doors.values()) == tuple(draft.doors)
    assert tuple(policy.readers.values()) == tuple(draft.readers)
    assert tuple(policy.boards.values()) == tuple(draft.boards)


def test_what_it_is_about_comes_back(draft: PolicyDraft, policy: Policy, digest_key: bytes) -> None:
    assert (policy.site, policy.site_code, policy.bridge) == (draft.site, draft.site_code, draft.bridge)
    assert (policy.revision, policy.made_at, policy.horizon) == (draft.revision, draft.made_at, draft.horizon)
    assert policy.digest_key == digest_key
    assert policy.emergency_rules == DEFAULT_EMERGENCY_RULES


def test_levels_are_turned_inside_out(policy: Policy, draft: PolicyDraft) -> None:
    always = Timetable(always=True)
    hours = next(iter(draft.doors)).scheduled_unlock
    assert policy.grants == {1: {10: always, 20: hours}, 2: {10: always}, 3: {10: always}}
    assert policy.denials == {2: {20: always}}


def test_a_card_is_found_by_its_digest(policy: Policy, digest_key: bytes) -> None:
    row = policy.credentials.rows[digest(digest_key, Credential("H10301", 123, 4567))]
    holder = policy.credentials.holders[row]
    assert policy.holders.refs[holder] == 7001
    assert policy.holders.classes[holder] is HolderClass.STAFF
    assert policy.level_sets[policy.holders.level_sets[holder]] == (10,)
    assert policy.holders.extended[holder]
    assert policy.holders.active[holder]
    assert policy.holders.pins == {holder: pin_digest(digest_key, 7001, "2468")}
    lost = policy.credentials.rows[digest(digest_key, Credential("H10302", None, 98765))]
    assert policy.credentials.status[lost] is BadgeStatus.LOST


def test_small_tables_come_back(policy: Policy, draft: PolicyDraft) -> None:
    assert policy.pass_keys == draft.pass_keys
    assert policy.pass_groups == {1: frozenset({1})}
    assert policy.scopes == {"site": {1, 2, 3}, "building:1": {1, 2}, "zone:4": frozenset()}
    ((neighbour, (key, scopes)),) = policy.neighbour_keys.items()
    assert (neighbour, scopes) == (OTHER, ("building:2", "site"))
    assert draft.neighbour_keys[neighbour][0] == key


def test_no_card_number_and_no_pin_is_in_the_bytes(payload: bytes) -> None:
    for number in (b"4567", b"4568", b"98765", b"2468", b"H10301:123", b"H10302:"):
        assert number not in payload


Row = TypeVar("Row")


def backwards(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(rows)[::-1]


def test_the_same_draft_gives_the_same_bytes_in_any_order(
    draft: PolicyDraft, digest_key: bytes, payload: bytes
) -> None:
    shuffled = replace(
        draft,
        doors=backwards(draft.doors),
        readers=backwards(draft.readers),
        boards=backwards(draft.boards),
        levels=backwards(draft.levels),
        people=backwards(draft.people),
        badges=backwards(draft.badges),
        scopes=dict(backwards(draft.scopes.items())),
    )
    assert encode_policy(shuffled, digest_key) == payload


def test_an_empty_policy_is_one(draft: PolicyDraft, digest_key: bytes) -> None:
    empty = PolicyDraft(SITE, 1, BRIDGE, draft.revision, draft.made_at, draft.horizon)
    found = decode_policy(encode_policy(empty, digest_key), digest_key)
    assert not found.doors
    assert not found.credentials.rows


def test_a_sealed_policy_is_for_one_bridge(
    payload: bytes, digest_key: bytes, document_key: SigningKey, policy: Policy, refuses: Refusing
) -> None:
    keys = {document_key.key_id: document_key.public_bytes()}
    sealed = seal(Kind.POLICY, payload, document_key, site=SITE, to=BRIDGE)
    assert open_policy(sealed, keys, site=SITE, bridge=BRIDGE, digest_key=digest_key) == policy
    with refuses(RefusalCode.WRONG_RECIPIENT):
        open_policy(sealed, keys, site=SITE, bridge=OTHER, digest_key=digest_key)
    misdirected = seal(Kind.POLICY, payload, document_key, site=SITE, to=OTHER)
    with refuses(RefusalCode.WRONG_RECIPIENT):
        open_policy(misdirected, keys, site=SITE, bridge=OTHER, digest_key=digest_key)


def test_another_digest_key_is_noticed(payload: bytes, refuses: Refusing) -> None:
    with refuses(RefusalCode.WRONG_DIGEST_KEY):
        decode_policy(payload, bytes(32))


FIELDS = [field.name for field in msgspec.structs.fields(PolicyPayload)]


@pytest.mark.parametrize("field", [*FIELDS, "doors.0.lock.output", "readers.1.enabled", "holders.pins.rows"])
def test_every_field_must_be_there(
    field: str, payload: bytes, digest_key: bytes, mutate: Mutate, refuses: Refusing
) -> None:
    with refuses(RefusalCode.BAD_CONTENT):
        decode_policy(mutate(payload, field, ...), digest_key)


@pytest.mark.parametrize("place", ["wish", "doors.0.wish", "holders.wish", "emergency.wish"])
def test_no_field_may_be_added(
    place: str, payload: bytes, digest_key: bytes, mutate: Mutate, refuses: Refusing
) -> None:
    with refuses(RefusalCode.BAD_CONTENT):
        decode_policy(mutate(payload, place, "a pony"), digest_key)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("site", "Riverside", RefusalCode.BAD_CONTENT),
        ("made_at", "2026-11-23", RefusalCode.BAD_CONTENT),
        ("epoch", -1, RefusalCode.BAD_CONTENT),
        ("doors.0.scheduled_unlock", 99, RefusalCode.BAD_REFERENCE),
        ("readers.0.pin_times", 99, RefusalCode.BAD_REFERENCE),
        ("timetables.0", [5], RefusalCode.BAD_TIMETABLE),
        ("levels", [20, 10], RefusalCode.BAD_COLUMNS),
        ("levels", [10, 10], RefusalCode.BAD_COLUMNS),
    ],
)
def test_one_bad_value_refuses_the_whole(
    path: str,
    value: object,
    code: RefusalCode,
    payload: bytes,
    digest_key: bytes,
    mutate: Mutate,
    refuses: Refusing,
) -> None:
    with refuses(code):
        decode_policy(mutate(payload, path, value), digest_key)


def test_what_a_bridge_would_refuse_is_not_made(draft: PolicyDraft, digest_key: bytes, refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_REFERENCE):
        encode_policy(replace(draft, levels=(Level(10, {99: Timetable()}),)), digest_key)


PEOPLE = st.lists(
    st.builds(
        Person,
        ref=st.integers(0, 2**63 - 1),
        holder_class=st.sampled_from(HolderClass),
        levels=st.frozensets(st.sampled_from([10, 20])),
        active=st.booleans(),
        extended=st.booleans(),
        valid_from=st.integers(0, 1000),
        valid_until=st.integers(1001, 2000),
        pin=st.none() | st.from_regex(r"[0-9]{4,12}", fullmatch=True),
    ),
    unique_by=lambda person: person.ref,
    min_size=1,
    max_size=8,
)
BADGES = st.lists(
    st.tuples(st.integers(0, 60_000), st.integers(0, 7), st.sampled_from(BadgeStatus), st.integers(0, 9)),
    unique_by=lambda badge: badge[0],
    max_size=8,
)


@given(people=PEOPLE, numbers=BADGES)
def test_everybody_comes_back(
    people: list[Person], numbers: list[tuple[int, int, BadgeStatus, int]], draft: PolicyDraft, digest_key: bytes
) -> None:
    badges = [
        Badge(Credential("H10301", 1, number), people[holder % len(people)].ref, status, start, start + 1)
        for number, holder, status, start in numbers
    ]
    policy = decode_policy(encode_policy(replace(draft, people=people, badges=badges), digest_key), digest_key)
    holders, credentials = policy.holders, policy.credentials
    assert len(holders.refs) == len(people)
    assert len(credentials.rows) == len(badges)
    for person in people:
        row = holders.refs.index(person.ref)
        assert holders.classes[row] is person.holder_class
        assert set(policy.level_sets[holders.level_sets[row]]) == person.levels
        assert (bool(holders.active[row]), bool(holders.extended[row])) == (person.active, person.extended)
        assert (holders.valid_from[row], holders.valid_until[row]) == (person.valid_from, person.valid_until)
        pin = None if person.pin is None else pin_digest(digest_key, person.ref, person.pin)
        assert holders.pins.get(row) == pin
    for badge in badges:
        row = credentials.rows[digest(digest_key, badge.credential)]
        assert holders.refs[credentials.holders[row]] == badge.person
        assert credentials.status[row] is badge.status
        assert (credentials.valid_from[row], credentials.valid_until[row]) == (badge.valid_from, badge.valid_until)


@given(data=st.binary(max_size=300))
def test_random_bytes_are_only_ever_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        decode_policy(data, bytes(32))


@given(data=st.data())
def test_damaged_bytes_never_crash(data: st.DataObject, payload: bytes, digest_key: bytes) -> None:
    damaged = bytearray(payload)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = decode_policy(bytes(damaged), digest_key)
    except Refused:
        return
    assert found.doors.keys() == {1, 2, 3}
