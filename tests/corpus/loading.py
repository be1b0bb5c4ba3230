"""The decision corpus as real documents, ready to be put to whatever decides: a function, a page, or a door."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.canonical import digest
from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.credentials.passes import PassFlags, VisitorPass, mint
from access_control.core.decision.emergency import Directive, DirectiveSet, Release
from access_control.core.decision.model import (
    QUIET,
    BadgeStatus,
    Decision,
    EmergencyAction,
    Facts,
    Known,
    Orders,
    Override,
    OverrideEffect,
    PassRevocation,
    Policy,
    Read,
    Revision,
)
from access_control.core.decision.reasons import Reason
from access_control.core.wire.orders import OrdersDocument, RevokedPass, decode_orders, encode_orders
from tests.corpus.building import (
    BRIDGE,
    DIGEST_KEY,
    SITE,
    Building,
    credential_of,
    number_of,
    pass_key,
    second,
    uuid_of,
)
from tests.corpus.schema import CaseRow, FileRow, OrdersRow, PassRow, SchoolRow

FOLDER = Path(__file__).parent
CERTAIN = QUIET
"""What a bridge knows on a quiet day; a case names what is different."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What every way of deciding must answer."""

    granted: bool
    reason: Reason
    unlock_s: float
    despite_lock: bool
    pin_wanted: bool

    @classmethod
    def of(cls, decision: Decision) -> "Expected":
        d = decision
        return cls(d.granted, d.reason, d.unlock_s, d.despite_lock, d.pin_wanted)


@dataclass(frozen=True, slots=True)
class Case:
    """One case: the documents in force, what is presented, and the answer.

    ``differs`` names the facts that are not :data:`CERTAIN`; a way that cannot bring them about leaves the case out.
    """

    name: str
    policy: Policy
    orders: Orders
    read: Read
    facts: Facts
    at: datetime
    expect: Expected
    differs: frozenset[str]

    def __str__(self) -> str:
        return self.name


@cache
def load(folder: Path = FOLDER) -> tuple[Case, ...]:
    """Every case of every file, in order."""
    found = tuple(case for path in sorted((folder / "decisions").glob("*.json")) for case in _cases(path))
    names = [case.name for case in found]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two cases are called {sorted(doubled)}")
    return found


def building(changes: dict[str, Any] | None = None) -> Building:
    """The corpus school, with ``changes`` laid over it."""
    base = json.loads((FOLDER / "school.json").read_text())
    return Building(msgspec.convert(_laid_over(base, changes or {}), SchoolRow))


def orders_of(built: Building, row: OrdersRow) -> Orders:
    """Orders through their bytes, with the directives that a bridge would have verified already."""
    people = built.school.people
    document = OrdersDocument(
        site=SITE,
        bridge=BRIDGE,
        revision=Revision(1, 1),
        made_at=built.policy.made_at,
        overrides=[
            Override(
                uuid_of(f"override {n}"),
                built.door(o.door),
                OverrideEffect(o.effect),
                "operator:1",
                "Asked for by the principal.",
                None if o.expires is None else second(o.expires),
            )
            for n, o in enumerate(row.overrides)
        ],
        revoked={
            digest(DIGEST_KEY, credential_of(people[name].card)): BadgeStatus(status)
            for name, status in row.revoked.items()
        },
        revoked_passes={
            int(number): RevokedPass(PassRevocation(why), second("2026-03-09T00:00:00Z"))
            for number, why in row.revoked_passes.items()
        },
    )
    read = decode_orders(encode_orders(document))
    return Orders(
        revision=read.revision,
        directives=_directives(built, row),
        overrides=tuple(read.overrides),
        revoked=read.revoked,
        revoked_passes={number: dead.why for number, dead in read.revoked_passes.items()},
    )


def _cases(path: Path) -> Iterator[Case]:
    file = msgspec.json.decode(path.read_bytes(), type=FileRow)
    built = building(file.school)
    for row in file.cases:
        yield Case(
            name=f"{path.stem}: {row.name}",
            policy=built.policy,
            orders=orders_of(built, row.orders),
            read=_read(built, row),
            facts=_facts(row.facts),
            at=datetime.fromisoformat(row.at or file.at),
            expect=Expected(
                row.expect.granted,
                Reason(row.expect.reason),
                row.expect.unlock_s,
                row.expect.despite_lock,
                row.expect.pin_wanted,
            ),
            differs=frozenset(row.facts),
        )


def _read(built: Building, row: CaseRow) -> Read:
    bits = Bits(int(row.bits, 2), len(row.bits)) if row.bits is not None else None
    if row.card is not None:
        card = built.school.people[row.card].card if isinstance(row.card, str) else row.card
        bits = encode(FORMATS[card.format], card.facility_code, card.number)
    text = row.text if row.visitor_pass is None else _minted(built, row.visitor_pass)
    return Read(number_of(built.school.readers, row.reader), bits, text, row.pin)


def _minted(built: Building, row: PassRow) -> str:
    made = VisitorPass(
        version=1,
        key_id=row.key,
        pass_id=row.id,
        site_code=built.school.site_code if row.site_code is None else row.site_code,
        group=number_of(built.school.pass_groups, row.group),
        not_before=second(row.not_before),
        not_after=second(row.not_after),
        flags=PassFlags.REUSABLE if row.reusable else PassFlags(0),
    )
    text = mint(made, pass_key(row.key if row.signed_by is None else row.signed_by))
    # One character of the signature, exchanged for another one of the same alphabet.
    return text[:-5] + ("0" if text[-5] != "0" else "1") + text[-4:] if row.altered else text


def _facts(row: dict[str, str]) -> Facts:
    known = {name: getattr(CERTAIN, name) for name in Facts.__dataclass_fields__}
    return Facts(**known | {name: Known(value) for name, value in row.items()})


def _directives(built: Building, row: OrdersRow) -> DirectiveSet:
    known, began = DirectiveSet(), built.policy.made_at
    for d in row.directives:
        doors = frozenset(built.door(name) for name in d.doors)
        action = EmergencyAction(d.action)
        known = known.with_directive(
            Directive(uuid_of(d.id), action, d.scope, doors, "service", "operator:1", d.drill, began)
        )
    for n, r in enumerate(row.releases):
        released = None if r.doors is None else frozenset(built.door(name) for name in r.doors)
        why = "All clear given by the principal."
        known = known.with_release(
            Release(uuid_of(f"release {n}"), uuid_of(r.of), released, "operator:1", None, why, began)
        )
    return known


def _laid_over(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Objects are merged key by key; anything else replaces what was there."""
    merged = dict(base)
    for key, value in changes.items():
        nested = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _laid_over(merged[key], value) if nested else value
    return merged
