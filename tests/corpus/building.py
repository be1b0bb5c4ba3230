"""From a corpus school to a real Policy: rows in readable words, through the wire's draft, bytes and back."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.credentials.canonical import Credential
from access_control.core.decision.emergency import DEFAULT_EMERGENCY_RULES
from access_control.core.decision.model import (
    BadgeStatus,
    Board,
    DeviceKind,
    Door,
    DoorClass,
    DoorTiming,
    EmergencyRules,
    FireAction,
    HolderClass,
    Lock,
    LockKind,
    Point,
    Policy,
    Reader,
    Revision,
    Timetable,
)
from access_control.core.wire.policy import FOREVER, Badge, Level, Person, PolicyDraft, decode_policy, encode_policy
from tests.corpus.schema import CardRow, DoorRow, LevelRow, PersonRow, SchoolRow, Span

DIGEST_KEY = sha256(b"digest key of the corpus").digest()
BOARD = 1
BOARD_OUTPUTS, BOARD_INPUTS = 16, 40
FIRE_INPUT = BOARD_INPUTS - 1


def uuid_of(name: str) -> str:
    """The same UUID for the same name every time."""
    return str(uuid5(NAMESPACE_URL, name))


SITE, BRIDGE = uuid_of("site of the corpus"), uuid_of("bridge of the corpus")


def pass_key(key_id: int) -> Ed25519PrivateKey:
    """The private key that the corpus signs visitor passes with."""
    return Ed25519PrivateKey.from_private_bytes(sha256(f"pass key {key_id} of the corpus".encode()).digest())


def second(text: str) -> int:
    """An instant as UTC seconds."""
    return int(datetime.fromisoformat(text).timestamp())


def number_of(names: Mapping[str, object], name: str) -> int:
    """What a name is in documents: its place, counted from 1; 999 for one that is not there."""
    return list(names).index(name) + 1 if name in names else 999


class Building:
    """A corpus school as the documents know it."""

    def __init__(self, school: SchoolRow) -> None:
        self.school = school
        self.timetables = {
            "always": Timetable(always=True),
            "never": Timetable(),
            **{name: _timetable(spans) for name, spans in school.timetables.items()},
        }
        self.policy: Policy = decode_policy(encode_policy(self.draft(), DIGEST_KEY), DIGEST_KEY)

    def door(self, name: str) -> int:
        return number_of(self.school.doors, name)

    def draft(self) -> PolicyDraft:
        """Everything as a service would hand it over."""
        school = self.school
        return PolicyDraft(
            site=SITE,
            site_code=school.site_code,
            bridge=BRIDGE,
            revision=Revision(1, 1),
            made_at=datetime.fromisoformat(school.made_at),
            horizon=second(school.horizon),
            doors=[self._door(place, name, row) for place, (name, row) in enumerate(school.doors.items())],
            readers=[self._reader(name) for name in school.readers],
            boards=[Board(BOARD, "relay board", "B", 1, BOARD_OUTPUTS, BOARD_INPUTS)],
            levels=[self._level(name, row) for name, row in school.levels.items()],
            people=[self._person(name, row) for name, row in school.people.items()],
            badges=[self._badge(name, row) for name, row in school.people.items()],
            emergency_rules=EmergencyRules(
                DEFAULT_EMERGENCY_RULES.admitted,
                school.emergency.lockdown_locks_perimeter,
                school.emergency.drill_moves_doors,
            ),
            pass_keys={1: pass_key(1).public_key().public_bytes_raw()},
            pass_groups={
                number_of(school.pass_groups, name): [self.door(door) for door in doors]
                for name, doors in school.pass_groups.items()
            },
            scopes={name: [self.door(door) for door in doors] for name, doors in school.scopes.items()},
            age_limits={DoorClass(name): days for name, days in school.age_days.items()},
        )

    def _door(self, place: int, name: str, row: DoorRow) -> Door:
        kind, fire = LockKind(row.lock), FireAction(row.fire_action)
        maglock = kind is LockKind.MAGLOCK
        return Door(
            id=place + 1,
            number=row.number,
            name=name,
            door_class=DoorClass(row.kind),
            lock=Lock(
                kind,
                Point(DeviceKind.BOARD, BOARD, place),
                fire_rated=row.fire_rated,
                fire_action=fire,
                fire_input=None if fire is FireAction.NONE else Point(DeviceKind.BOARD, BOARD, FIRE_INPUT),
                rex_unlocks=maglock,
            ),
            contact=Point(DeviceKind.BOARD, BOARD, 2 * place),
            rex=Point(DeviceKind.BOARD, BOARD, 2 * place + 1),
            timing=DoorTiming(unlock_s=row.unlock_s, extended_unlock_s=row.extended_unlock_s),
            evacuate_unlock=row.evacuate_unlock,
            out_of_service=row.out_of_service,
        )

    def _reader(self, name: str) -> Reader:
        row, place = self.school.readers[name], number_of(self.school.readers, name)
        return Reader(
            id=place,
            name=name,
            door=self.door(row.door),
            port="A",
            address=place,
            formats=tuple(row.formats),
            facility_codes=frozenset(row.facility_codes),
            copyable=frozenset(row.copyable),
            pin_times=self.timetables[row.pin_times],
            takes_passes=row.takes_passes,
            enabled=row.enabled,
        )

    def _level(self, name: str, row: LevelRow) -> Level:
        return Level(
            number_of(self.school.levels, name),
            {self.door(door): self.timetables[times] for door, times in row.grants.items()},
            {self.door(door): self.timetables[times] for door, times in row.denials.items()},
        )

    def _person(self, name: str, row: PersonRow) -> Person:
        start, end = _span(row.valid)
        return Person(
            ref=number_of(self.school.people, name),
            holder_class=HolderClass(row.kind),
            levels=[number_of(self.school.levels, level) for level in row.levels],
            active=row.active,
            extended=row.extended,
            valid_from=start,
            valid_until=end,
            pin=row.pin,
        )

    def _badge(self, name: str, row: PersonRow) -> Badge:
        start, end = _span(row.badge_valid)
        return Badge(credential_of(row.card), number_of(self.school.people, name), BadgeStatus(row.status), start, end)


def credential_of(card: CardRow) -> Credential:
    """The credential that a card row means."""
    return Credential(card.format, card.facility_code, card.number)


def _timetable(spans: list[tuple[str, str]]) -> Timetable:
    return Timetable(starts=tuple(second(start) for start, _ in spans), ends=tuple(second(end) for _, end in spans))


def _span(span: Span) -> tuple[int, int]:
    start, end = span
    return (0 if start is None else second(start), FOREVER if end is None else second(end))
