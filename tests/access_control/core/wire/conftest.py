"""Riverside School: two card doors and a library behind a magnet, three people, and the keys that sign for it."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, settings

from access_control.core.credentials.canonical import Credential
from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import (
    AlarmInput,
    BadgeStatus,
    Board,
    DeviceKind,
    Door,
    DoorClass,
    EmergencyAction,
    FireAction,
    HolderClass,
    InputKind,
    InputNormal,
    Lock,
    LockKind,
    Override,
    OverrideEffect,
    PassRevocation,
    Point,
    Reader,
    RecoveryKey,
    Revision,
    Timetable,
)
from access_control.core.wire.directives import Authority, seal_directive, seal_release
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.orders import OrdersDocument, RevokedPass
from access_control.core.wire.policy import Badge, Level, Person, PolicyDraft
from access_control.core.wire.signing import SigningKey

# No example is measured by the clock, for tests share their machine; LONG=1 tries more of them.
settings.register_profile("wire", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("wire-long", settings.get_profile("wire"), max_examples=400)
settings.load_profile("wire-long" if int(os.environ.get("LONG", "0")) else "wire")

MADE_AT = datetime(2026, 11, 23, 6, 0, 0, 250_000, tzinfo=UTC)
MONDAY = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp())
SCHOOL_HOURS = Timetable(starts=(MONDAY + 8 * 3600, MONDAY + 32 * 3600), ends=(MONDAY + 16 * 3600, MONDAY + 40 * 3600))
ALWAYS = Timetable(always=True)


@dataclass(frozen=True)
class Ids:
    site: str = "0193a000-0000-7000-8000-000000000001"
    other_site: str = "0193a000-0000-7000-8000-000000000002"
    bridge: str = "0193a000-0000-7000-8000-0000000000b1"
    neighbour: str = "0193a000-0000-7000-8000-0000000000b2"
    stranger: str = "0193a000-0000-7000-8000-0000000000b3"
    directive: str = "0193a000-0000-7000-8000-00000000d001"
    release: str = "0193a000-0000-7000-8000-00000000e001"
    action: str = "0193a000-0000-7000-8000-00000000a001"
    override: str = "0193a000-0000-7000-8000-00000000f001"
    stream: str = "0193a000-0000-7000-8000-00000000c001"
    event: str = "0193a000-0000-7000-8000-00000000c002"


IDS = Ids()


def key(name: str, number: int) -> SigningKey:
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


def on_board(index: int) -> Point:
    return Point(DeviceKind.BOARD, 1, index)


@pytest.fixture(scope="session")
def ids() -> Ids:
    return IDS


@pytest.fixture(scope="session")
def made_at() -> datetime:
    return MADE_AT


@pytest.fixture(scope="session")
def digest_key() -> bytes:
    return bytes(range(32))


@pytest.fixture(scope="session")
def document_key() -> SigningKey:
    return key("doc-1", 1)


@pytest.fixture(scope="session")
def identity() -> SigningKey:
    return key("identity", 2)


@pytest.fixture(scope="session")
def bridge_key() -> SigningKey:
    return key(IDS.bridge, 3)


@pytest.fixture(scope="session")
def neighbour_key() -> SigningKey:
    return key(IDS.neighbour, 4)


@pytest.fixture(scope="session")
def authority(document_key: SigningKey, bridge_key: SigningKey, neighbour_key: SigningKey) -> Authority:
    return Authority(
        service={document_key.key_id: document_key.public_bytes()},
        neighbours={IDS.neighbour: (neighbour_key.public_bytes(), ("building:2",))},
        bridge=IDS.bridge,
        own_key=bridge_key.public_bytes(),
        own_doors=frozenset({1, 2, 3}),
        scopes={"site": frozenset({1, 2, 3}), "building:2": frozenset({2, 3})},
    )


@pytest.fixture(scope="session")
def doors() -> tuple[Door, ...]:
    front = Lock(LockKind.STRIKE, on_board(0), fire_rated=True, fire_action=FireAction.RELATCH, fire_input=on_board(7))
    magnet = Lock(
        LockKind.MAGLOCK, on_board(1), fire_action=FireAction.RELEASE, fire_input=on_board(7), rex_unlocks=True
    )
    room = Lock(LockKind.LOCKSET, Point(DeviceKind.READER, 2, 0), secure_side=False)
    return (
        Door(
            1, "1", "Front entrance", DoorClass.EXTERIOR, front, on_board(0), on_board(1), scheduled_unlock=SCHOOL_HOURS
        ),
        Door(2, "112", "Room 112", DoorClass.ROOM, room),
        Door(3, "L", "Library", DoorClass.INTERIOR, magnet, on_board(2), on_board(3), evacuate_unlock=True),
    )


@pytest.fixture(scope="session")
def draft(doors: tuple[Door, ...], neighbour_key: SigningKey) -> PolicyDraft:
    return PolicyDraft(
        site=IDS.site,
        site_code=4711,
        bridge=IDS.bridge,
        revision=Revision(1, 5),
        made_at=MADE_AT,
        horizon=MONDAY + 400 * 86_400,
        doors=doors,
        readers=(
            Reader(1, "Front", 1, "A", 0, ("H10301",), frozenset({123}), takes_passes=True, pin_times=SCHOOL_HOURS),
            Reader(2, "Room 112", 2, "A", 1, ("H10301", "H10302"), copyable=frozenset({"H10301"})),
            Reader(3, "Library", 3, "B", 0, ("H10302",), takes_releases=True),
        ),
        boards=(Board(1, "Cabinet", "C", 1, 8, 8), Board(2, "Lobby", "B", 100, 2, 2, osdp=True)),
        inputs=(
            AlarmInput(1, "Office", InputKind.PANIC, on_board(4), action=EmergencyAction.LOCKDOWN, scope="building:1"),
            AlarmInput(2, "Supply", InputKind.MAINS_FAIL, on_board(5), InputNormal.NORMALLY_CLOSED),
        ),
        levels=(Level(10, {1: ALWAYS, 2: ALWAYS, 3: ALWAYS}), Level(20, {1: SCHOOL_HOURS}, {2: ALWAYS})),
        people=(
            Person(7001, HolderClass.STAFF, (10,), extended=True, pin="2468", may_release=True),
            Person(7002, HolderClass.STUDENT, (20,), valid_until=MONDAY + 86_400 * 200),
            Person(7003, HolderClass.RESPONDER),
        ),
        badges=(
            Badge(Credential("H10301", 123, 4567), 7001),
            Badge(Credential("H10301", 123, 4568), 7002, valid_from=MONDAY),
            Badge(Credential("H10302", None, 98765), 7003, status=BadgeStatus.LOST),
        ),
        pass_keys={3: key("pass", 5).public_bytes()},
        pass_groups={1: (1,)},
        scopes={"building:1": (1, 2), "zone:4": ()},
        neighbour_keys={IDS.neighbour: (neighbour_key.public_bytes(), ("site", "building:2"))},
        neighbour_addresses={IDS.neighbour: "gym.school.lan:4711"},
        release_codes=[bytes(range(16)), bytes(range(16, 32))],
        age_limits={DoorClass.EXTERIOR: 30, DoorClass.ROOM: 90},
        recovery=RecoveryKey(bytes(range(32)), bytes(range(16)), 65_536, 3, 1),
    )


@pytest.fixture(scope="session")
def lockdown() -> Directive:
    return Directive(
        id=IDS.directive,
        action=EmergencyAction.LOCKDOWN,
        scope="site",
        doors=frozenset({1, 2, 3}),
        origin="service",
        by="operator 12",
        drill=False,
        started_at=MADE_AT,
    )


@pytest.fixture(scope="session")
def all_clear() -> Release:
    return Release(IDS.release, IDS.directive, None, "operator 12", "operator 15", "Searched room by room.", MADE_AT)


@pytest.fixture(scope="session")
def orders(document_key: SigningKey, lockdown: Directive, all_clear: Release) -> OrdersDocument:
    return OrdersDocument(
        site=IDS.site,
        bridge=IDS.bridge,
        revision=Revision(1, 9),
        made_at=MADE_AT,
        directives=(seal_directive(lockdown, document_key, site=IDS.site),),
        releases=(seal_release(all_clear, document_key, site=IDS.site),),
        overrides=(
            Override(IDS.override, 1, OverrideEffect.UNLOCK, "operator 12", "Delivery", MONDAY + 36_000),
            Override(IDS.override[:-1] + "2", 2, OverrideEffect.BLOCK, "operator 12", "Wet floor", None),
        ),
        revoked={bytes(range(16)): BadgeStatus.STOLEN, bytes(16): BadgeStatus.LOST},
        revoked_passes={2**64 - 1: RevokedPass(PassRevocation.SIGNED_OUT, MONDAY + 40_000)},
    )


Refusing = Callable[[RefusalCode], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def refuses() -> Refusing:
    """``with refuses(code):`` the block must be refused with that code and with sentences that a person can use."""

    @contextmanager
    def expecting(code: RefusalCode) -> Iterator[None]:
        with pytest.raises(Refused) as caught:
            yield
        assert caught.value.code is code, caught.value.sentence
        assert caught.value.sentence == str(caught.value)
        assert caught.value.sentence.endswith(".")
        assert caught.value.sentence.count(". ") >= 1, "one part says what happened, one what to do"

    return expecting


Mutate = Callable[[bytes, str, object], bytes]


@pytest.fixture(scope="session")
def mutate() -> Mutate:
    """Set one value in a payload: ``mutate(payload, "doors.0.name", "Gym")``; ``...`` takes the field away."""

    def changed(payload: bytes, path: str, value: object) -> bytes:
        document = msgspec.json.decode(payload)
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        inside = document
        for step in way:
            inside = inside[step]
        if value is ...:
            del inside[last]
        else:
            inside[last] = value
        return msgspec.json.encode(document)

    return changed
