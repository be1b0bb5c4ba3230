"""A small school whose bridge has enrolled, so that documents are published for it; and the bridge's view of them."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update
from sqlalchemy.orm import Session

from access_control.core.credentials.canonical import Credential, digest
from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import BadgeStatus, EmergencyAction, Policy
from access_control.core.wire.directives import seal_directive, seal_release
from access_control.core.wire.orders import OrdersDocument, open_orders
from access_control.core.wire.policy import open_policy
from access_control.core.wire.signing import Kind
from access_control.database.engine import Database
from access_control.database.ids import new_id
from access_control.readers.badges import BadgeForm, issue_badge
from access_control.readers.doors import add_door
from access_control.readers.enrolment import confirm_bridge, enroll, fingerprint, invite_again
from access_control.readers.keys import SchoolKeys, load_keys, make_keys
from access_control.readers.levels import LevelForm, add_level, set_person_levels
from access_control.readers.models import Bridge, BridgeState
from access_control.readers.publishing import publish_policy, published
from tests.building.databases import new_sqlite, opened
from tests.building.kept_rows import KeptRows, keep, put_back
from tests.building.sites import AT, BY, SmallSchool, build_school

CARD = Credential("H10301", 17, 12345)


@dataclass
class LiveSchool:
    """The school, its keys, and what its bridges sign with."""

    database: Database
    keys: SchoolKeys
    school: SmallSchool
    signing: dict[str, Ed25519PrivateKey]
    door: int
    badge: str
    digest_key: bytes

    @property
    def bridge(self) -> str:
        return self.school.bridge

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.database.writing() as session:
            yield session

    def policy(self) -> Policy:
        """The Policy last published to the first bridge, as the bridge decodes it."""
        with self.database.reading() as session:
            row = published(session, self.bridge, Kind.POLICY)
            assert row is not None
            sealed = row.sealed
        return open_policy(
            sealed,
            self.keys.document_public(),
            site=self.school.site,
            bridge=self.bridge,
            digest_key=self.digest_key,
        )

    def orders(self, bridge: str | None = None) -> OrdersDocument:
        """The Orders last published to a bridge, as it decodes them."""
        with self.database.reading() as session:
            row = published(session, bridge or self.bridge, Kind.ORDERS)
            assert row is not None
            sealed = row.sealed
        return open_orders(sealed, self.keys.document_public(), site=self.school.site, bridge=bridge or self.bridge)

    def status_in_policy(self) -> BadgeStatus | None:
        """What the newest Policy says of the card; ``None`` if it does not know it."""
        policy = self.policy()
        row = policy.credentials.rows.get(digest(self.digest_key, CARD))
        return None if row is None else policy.credentials.status[row]

    def directive(self, action: EmergencyAction = EmergencyAction.LOCKDOWN, scope: str = "site") -> Directive:
        return Directive(new_id(AT), action, scope, frozenset({self.door}), "service", BY, drill=False, started_at=AT)

    def sealed(self, directive: Directive) -> list[bytes]:
        return [seal_directive(directive, self.keys.document, site=self.school.site)]

    def release(self, directive: Directive, doors: frozenset[int] | None = None) -> tuple[Release, bytes]:
        release = Release(new_id(AT), directive.id, doors, BY, None, "everybody is safe again", later(60))
        return release, seal_release(release, self.keys.document, site=self.school.site)


def later(seconds: float) -> datetime:
    """So long after the school's moment."""
    return AT + timedelta(seconds=seconds)


def go_live(database: Database, folder: Path) -> LiveSchool:
    """The school with both bridges enrolled and confirmed and documents published to them, made once for a process."""
    made = _made()
    shutil.copytree(made.keys, folder / "keys")
    with database.writing() as session:
        put_back(session, made.rows)
    return replace(made.live, database=database, keys=load_keys(folder / "keys"), signing=dict(made.live.signing))


@dataclass(frozen=True)
class _Made:
    keys: Path
    live: LiveSchool
    rows: KeptRows


@cache
def _made() -> _Made:
    folder = Path(tempfile.mkdtemp(prefix="school-live-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with opened(new_sqlite(folder)) as database:
        live = _go_live(database, folder / "keys")
        with database.reading() as session:
            return _Made(folder / "keys", live, keep(session))


def _go_live(database: Database, folder: Path) -> LiveSchool:
    keys = make_keys(folder)
    signing: dict[str, Ed25519PrivateKey] = {}
    digests: dict[str, bytes] = {}
    with database.writing() as session:
        school = build_school(session)
        session.execute(update(Bridge).values(state=BridgeState.INVITED))
        session.flush()
        session.expire_all()
        for bridge in (school.bridge, school.other_bridge):
            signing[bridge] = Ed25519PrivateKey.generate()
            code = invite_again(session, keys, AT, bridge_id=bridge, by=BY).text
            public = signing[bridge].public_key().public_bytes_raw()
            digests[bridge] = enroll(session, keys, AT, code=code, public_key=public, address="127.0.0.1").digest_key
        door = add_door(session, AT, school.door(), BY).id
        level = add_level(session, AT, LevelForm("Everywhere", grants={door: school.always}), BY)
        set_person_levels(session, AT, school.person, [level.id], BY)
        badge = issue_badge(session, AT, school.person, BadgeForm("H10301", "12345", "17"), BY).id
        for bridge, key in signing.items():
            shown = fingerprint(key.public_key().public_bytes_raw())
            confirm_bridge(session, keys, AT, bridge_id=bridge, compared=shown, by=BY)
        publish_policy(session, keys, school.bridge, AT)
    return LiveSchool(database, keys, school, signing, door, badge, digests[school.bridge])
