"""What a corpus file may say; README.md explains it. Strict: a slip of the pen is an error and not a default."""

from typing import Any

import msgspec

Span = tuple[str | None, str | None]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object."""


class DoorRow(Row, frozen=True):
    number: str
    kind: str
    lock: str = "strike"
    fire_rated: bool = False
    fire_action: str = "none"
    evacuate_unlock: bool = False
    out_of_service: bool = False
    unlock_s: float = 5.0
    extended_unlock_s: float = 20.0


class ReaderRow(Row, frozen=True):
    door: str
    formats: list[str]
    facility_codes: list[int] = []
    copyable: list[str] = []
    pin_times: str = "never"
    takes_passes: bool = False
    enabled: bool = True


class CardRow(Row, frozen=True):
    format: str
    number: int
    facility_code: int | None = None


class LevelRow(Row, frozen=True):
    grants: dict[str, str] = {}
    denials: dict[str, str] = {}


class PersonRow(Row, frozen=True):
    kind: str
    card: CardRow
    levels: list[str] = []
    status: str = "active"
    badge_valid: Span = (None, None)
    valid: Span = (None, None)
    active: bool = True
    extended: bool = False
    pin: str | None = None


class EmergencyRow(Row, frozen=True):
    lockdown_locks_perimeter: bool = True
    drill_moves_doors: bool = True


class SchoolRow(Row, frozen=True):
    made_at: str
    horizon: str
    site_code: int
    timetables: dict[str, list[tuple[str, str]]]
    doors: dict[str, DoorRow]
    readers: dict[str, ReaderRow]
    levels: dict[str, LevelRow]
    people: dict[str, PersonRow]
    pass_groups: dict[str, list[str]]
    scopes: dict[str, list[str]]
    emergency: EmergencyRow = EmergencyRow()
    age_days: dict[str, int] = {}


class DirectiveRow(Row, frozen=True):
    id: str
    action: str
    scope: str = "site"
    doors: list[str] = []
    drill: bool = False


class ReleaseRow(Row, frozen=True):
    of: str
    doors: list[str] | None = None


class OverrideRow(Row, frozen=True):
    door: str
    effect: str
    expires: str | None = None


class OrdersRow(Row, frozen=True):
    directives: list[DirectiveRow] = []
    releases: list[ReleaseRow] = []
    overrides: list[OverrideRow] = []
    revoked: dict[str, str] = {}
    revoked_passes: dict[str, str] = {}


class PassRow(Row, frozen=True, rename={"not_before": "from", "not_after": "until"}):
    id: int
    group: str
    not_before: str
    not_after: str
    key: int = 1
    site_code: int | None = None
    reusable: bool = False
    altered: bool = False
    signed_by: int | None = None


class ExpectRow(Row, frozen=True):
    granted: bool
    reason: str
    unlock_s: float = 0.0
    despite_lock: bool = False
    pin_wanted: bool = False


class CaseRow(Row, frozen=True, rename={"visitor_pass": "pass"}):
    name: str
    reader: str
    expect: ExpectRow
    card: str | CardRow | None = None
    bits: str | None = None
    text: str | None = None
    visitor_pass: PassRow | None = None
    pin: str | None = None
    at: str | None = None
    facts: dict[str, str] = {}
    orders: OrdersRow = OrdersRow()


class FileRow(Row, frozen=True):
    about: str
    at: str
    cases: list[CaseRow]
    school: dict[str, Any] = {}
