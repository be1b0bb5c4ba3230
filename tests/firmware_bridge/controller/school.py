"""A small school for the controller: five doors on one relay board, a reader at each, and a few people.

Every input and output has a place that can be told by heart: door N has output N, contact 3N, exit button 3N+1 and
latch 3N+2. The fire panel is on input 30.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.canonical import Credential
from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.credentials.passes import PassFlags, VisitorPass, mint
from access_control.core.decision.model import (
    AlarmInput,
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
    Point,
    Policy,
    Reader,
    RelockMode,
    Revision,
    Timetable,
    UnlockWhen,
)
from access_control.core.wire.policy import Badge, Level, Person, PolicyDraft, decode_policy, encode_policy

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday."""
T0 = int(START.timestamp())
DIGEST_KEY = sha256(b"digest key of the controller's school").digest()
PASS_KEY = Ed25519PrivateKey.from_private_bytes(sha256(b"pass key of the controller's school").digest())
SITE, BRIDGE = "01980000-0000-7000-8000-000000000001", "01980000-0000-7000-8000-000000000002"
SITE_CODE = 7
DOORS = {"front": 1, "hall": 2, "room12": 3, "shed": 4, "gate": 5}
PEOPLE = {"ada": 1, "ben": 2, "olga": 3, "eve": 4, "pia": 5, "stranger": 6}
FIRE = Point(DeviceKind.BOARD, 1, 30)
ALARMS = {"panic": 1, "mains": 2, "battery": 3, "cabinet": 4, "keybox": 5, "panel": 6, "office": 7}
ALWAYS = Timetable(always=True)


def output(door: int) -> Point:
    return Point(DeviceKind.BOARD, 1, door)


def wired(door: int, place: int) -> Point:
    return Point(DeviceKind.BOARD, 1, 3 * door + place)


def _doors() -> list[Door]:
    """front: exterior, opens by its hours. hall: magnet. room12: fire door with a latch monitor. shed: no contact."""
    strike = Lock(LockKind.STRIKE, output(1))
    front = Door(1, "1", "Front", DoorClass.EXTERIOR, strike, wired(1, 0), wired(1, 1))
    magnet = Lock(
        LockKind.MAGLOCK,
        output(2),
        UnlockWhen.RELAY_OFF,
        fire_action=FireAction.RELEASE,
        fire_input=FIRE,
        rex_unlocks=True,
    )
    hall = Door(2, "2", "Hall", DoorClass.INTERIOR, magnet, wired(2, 0), wired(2, 1), evacuate_unlock=True)
    hall = replace(hall, timing=replace(hall.timing, relock=RelockMode.ON_CLOSE))
    fire_door = Lock(
        LockKind.STRIKE,
        output(3),
        fire_rated=True,
        fire_action=FireAction.RELATCH,
        fire_input=FIRE,
        fire_manual_reset=True,
    )
    room = Door(3, "3", "Room 12", DoorClass.ROOM, fire_door, wired(3, 0), wired(3, 1), wired(3, 2))
    shed = Door(4, "4", "Shed", DoorClass.INTERIOR, Lock(LockKind.LOCKSET, output(4)))
    gate = Door(5, "5", "Gate", DoorClass.EXTERIOR, Lock(LockKind.STRIKE, output(5)), wired(5, 0))
    return [front, hall, room, replace(shed, timing=replace(shed.timing, relock=RelockMode.TIMER)), gate]


def alarms() -> list[AlarmInput]:
    """One of each kind, on the board's inputs from 20 on; the cabinet's switch rests closed."""
    kinds = [*InputKind]
    panic, fire = kinds.pop(kinds.index(InputKind.PANIC)), kinds.pop(kinds.index(InputKind.FIRE))
    order = [panic, *kinds, fire]
    made = [AlarmInput(n, kind.value, kind, Point(DeviceKind.BOARD, 1, 19 + n)) for n, kind in enumerate(order, 1)]
    made[0] = replace(made[0], action=EmergencyAction.LOCKDOWN, scope="building:1")
    made[3] = replace(made[3], normal=InputNormal.NORMALLY_CLOSED)
    office = AlarmInput(7, "office", panic, Point(DeviceKind.BOARD, 1, 26), action=EmergencyAction.SECURE, scope="site")
    return [*made, office]


def draft() -> PolicyDraft:
    """The school as a service would hand it over."""
    names = list(DOORS)
    return PolicyDraft(
        site=SITE,
        site_code=SITE_CODE,
        bridge=BRIDGE,
        revision=Revision(1, 1),
        made_at=START,
        horizon=T0 + 400 * 86400,
        doors=_doors(),
        readers=[
            Reader(id_, names[id_ - 1], id_, "A", id_, ("H10301",), takes_passes=id_ in (1, 4))
            for id_ in DOORS.values()
        ],
        boards=[Board(1, "Relay board", "B", 1, 8, 32)],
        levels=[
            Level(1, dict.fromkeys(DOORS.values(), ALWAYS)),
            Level(2, {1: Timetable(starts=(T0 - 3600,), ends=(T0 + 3600,)), 2: ALWAYS}),
        ],
        people=[
            Person(1, HolderClass.STAFF, [1]),
            Person(2, HolderClass.STUDENT, [2]),
            Person(3, HolderClass.RESPONDER),
            Person(4, HolderClass.STAFF, [1], extended=True),
            Person(5, HolderClass.STAFF, [1], pin="4711"),
        ],
        badges=[Badge(Credential("H10301", 12, 100 + ref), ref) for ref in range(1, 6)],
        pass_keys={1: PASS_KEY.public_key().public_bytes_raw()},
        pass_groups={1: [1, 4]},
        scopes={"building:1": [1, 2, 3]},
    )


def policy_of(made: PolicyDraft) -> Policy:
    """The way of every Policy: through the wire's bytes."""
    return decode_policy(encode_policy(made, DIGEST_KEY), DIGEST_KEY)


def changed(
    *,
    doors: Mapping[int, Mapping[str, object]] | None = None,
    readers: Mapping[int, Mapping[str, object]] | None = None,
    **fields: object,
) -> Policy:
    """The school with some doors, readers or other fields changed; ``lock`` of a door may be a mapping too."""
    made = draft()
    built: list[Door] = []
    for door in made.doors:
        change = dict((doors or {}).get(door.id, {}))
        if isinstance(change.get("lock"), Mapping):
            change["lock"] = replace(door.lock, **change["lock"])  # type: ignore[arg-type]  # a test knows its fields
        built.append(replace(door, **change))  # type: ignore[arg-type]  # as above
    read = [replace(reader, **(readers or {}).get(reader.id, {})) for reader in made.readers]  # type: ignore[arg-type]  # as above
    fields = {"doors": built, "readers": read, "revision": Revision(1, 2), **fields}
    return policy_of(replace(made, **fields))  # type: ignore[arg-type]  # as above


def without_doors(*gone: int) -> Policy:
    """The school after some of its doors were taken out."""
    made = draft()
    return policy_of(
        replace(
            made,
            revision=Revision(1, 2),
            doors=[door for door in made.doors if door.id not in gone],
            readers=[reader for reader in made.readers if reader.door not in gone],
            levels=[Level(level.id, _kept(level.grants, gone)) for level in made.levels],
            pass_groups={1: [door for door in (1, 4) if door not in gone]},
            scopes={"building:1": [door for door in (1, 2, 3) if door not in gone]},
        )
    )


def _kept(grants: Mapping[int, Timetable], gone: Iterable[int]) -> dict[int, Timetable]:
    return {door: times for door, times in grants.items() if door not in gone}


def card(person: str) -> Bits:
    """A person's card; ``noise`` is one with wrong parity."""
    if person == "noise":
        return Bits(encode(FORMATS["H10301"], 12, 101).value ^ 1, 26)
    return encode(FORMATS["H10301"], 12, 100 + PEOPLE[person])


def burst(key: str, length: int) -> Bits:
    """A key as four bits, or as eight with its complement in front."""
    value = "0123456789*#".index(key)
    return Bits(value if length == 4 else (value ^ 0xF) << 4 | value, length)


def visitor_pass(pass_id: int, *, reusable: bool = False) -> str:
    """A pass for the front door and the shed, good for an hour."""
    flags = PassFlags.REUSABLE if reusable else PassFlags.NONE
    return mint(VisitorPass(1, pass_id, SITE_CODE, 1, T0 - 60, T0 + 3600, flags), PASS_KEY)
