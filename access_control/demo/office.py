"""The demo's school office: it has the keys, and signs what the bridge is to know. The service will do this for real.

Everything it has issued is kept in one file, so that revisions go on where they stopped and an emergency started in one
run of the demo is still in force in the next.
"""

from __future__ import annotations

import base64
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.credentials.passes import VisitorPass, mint
from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import EmergencyAction, Revision
from access_control.core.wire.directives import seal_directive, seal_release
from access_control.core.wire.keys import KeyStatement, identity_key, seal_keys
from access_control.core.wire.orders import OrdersDocument, encode_orders
from access_control.core.wire.policy import encode_policy
from access_control.core.wire.signing import Kind, SigningKey, seal
from access_control.demo.building import VESTIBULE_GROUP
from access_control.demo.school import BRIDGE, PASS_KEY, SITE, SITE_CODE, policy_draft

DOCUMENT_KEY: Final = "demo-office-1"
EPOCH: Final = 1
PASS_HOURS: Final = 4
OPERATOR: Final = "demo:front-office"
SECOND: Final = "demo:principal"
_KEYS: Final = ("identity", "document", "passes", "digest")


@dataclass(slots=True)
class Office:
    """Keys, counters and emergencies. Every change is on the disk before its document is handed out.

    Attributes:
        raised: Sealed directives by id; ``ended`` sealed releases by the directive that they end.
    """

    path: Path
    keys: Mapping[str, bytes] = field(repr=False)
    policy_n: int = 0
    orders_n: int = 0
    passes: int = 0
    raised: dict[str, bytes] = field(default_factory=dict)
    ended: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def at(cls, path: Path) -> Office:
        """The office that keeps its things at ``path``, a new one with new keys if there is nothing."""
        if not path.exists():
            office = cls(path, {name: os.urandom(32) for name in _KEYS})
            office._keep()
            return office
        kept: dict[str, Any] = json.loads(path.read_text())
        return cls(
            path,
            {name: bytes.fromhex(kept["keys"][name]) for name in _KEYS},
            kept["policy_n"],
            kept["orders_n"],
            kept["passes"],
            {name: base64.b64decode(text) for name, text in kept["raised"].items()},
            {name: base64.b64decode(text) for name, text in kept["ended"].items()},
        )

    @property
    def digest_key(self) -> bytes:
        """The bridge's key for digests of cards, made at enrolment."""
        return self.keys["digest"]

    @property
    def identity_public(self) -> bytes:
        """What the bridge pins at enrolment."""
        return self._private("identity").public_key().public_bytes_raw()

    @property
    def in_force(self) -> list[str]:
        """The ids of directives that no release ends."""
        return [name for name in self.raised if name not in self.ended]

    def key_statement(self, now: datetime) -> bytes:
        """Which keys the school uses, signed by the identity key."""
        statement = KeyStatement(
            site=SITE,
            revision=Revision(EPOCH, 1),
            # The same statement each time: its revision stays, so its content must.
            made_at=now.replace(year=2026, month=1, day=1, hour=0, minute=0, second=0, microsecond=0),
            document_keys={DOCUMENT_KEY: self._public("document")},
            pass_keys={PASS_KEY: self._public("passes")},
        )
        return seal_keys(statement, identity_key(self._private("identity")))

    def policy(self, now: datetime) -> bytes:
        """A new Policy for the bridge, as of now."""
        self.policy_n += 1
        self._keep()
        draft = policy_draft(now, Revision(EPOCH, self.policy_n), self._public("passes"))
        return seal(Kind.POLICY, encode_policy(draft, self.digest_key), self._signing_key(), site=SITE, to=BRIDGE)

    def orders(self, now: datetime) -> bytes:
        """The whole current state of emergencies, as a new revision."""
        self.orders_n += 1
        self._keep()
        document = OrdersDocument(
            site=SITE,
            bridge=BRIDGE,
            revision=Revision(EPOCH, self.orders_n),
            made_at=now,
            directives=tuple(self.raised.values()),
            releases=tuple(self.ended.values()),
        )
        return seal(Kind.ORDERS, encode_orders(document), self._signing_key(), site=SITE, to=BRIDGE)

    def raise_emergency(self, action: EmergencyAction, now: datetime, *, drill: bool = False) -> str:
        """Start an emergency at every door; gives back its id. Publish :meth:`orders` afterwards."""
        directive = Directive(
            id=_uuid7(now),
            action=action,
            scope="site",
            doors=frozenset(),
            origin="service",
            by=OPERATOR,
            drill=drill,
            started_at=now,
        )
        self.raised[directive.id] = seal_directive(directive, self._signing_key(), site=SITE)
        self._keep()
        return directive.id

    def release_all(self, why: str, now: datetime, also: Iterable[str] = ()) -> list[str]:
        """End everything that is in force, and what the bridge raised by itself (``also``); gives back the ids.

        Publish :meth:`orders` afterwards.
        """
        ending = [*self.in_force, *sorted(set(also) - self.raised.keys() - self.ended.keys())]
        for name in ending:
            release = Release(id=_uuid7(now), directive=name, doors=None, by=OPERATOR, second=SECOND, why=why, at=now)
            self.ended[name] = seal_release(release, self._signing_key(), site=SITE)
        self._keep()
        return ending

    def visitor_pass(self, now: datetime) -> str:
        """The text in a new visitor's QR code: one entry at the vestibule, good for a few hours."""
        self.passes += 1
        self._keep()
        until = now + timedelta(hours=PASS_HOURS)
        made = VisitorPass(
            version=1,
            key_id=PASS_KEY,
            pass_id=int.from_bytes(os.urandom(8), "big"),
            site_code=SITE_CODE,
            group=VESTIBULE_GROUP,
            not_before=int(now.timestamp()),
            not_after=int(until.timestamp()),
        )
        return mint(made, self._private("passes"))

    def _private(self, name: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.keys[name])

    def _public(self, name: str) -> bytes:
        return self._private(name).public_key().public_bytes_raw()

    def _signing_key(self) -> SigningKey:
        return SigningKey(DOCUMENT_KEY, self._private("document"))

    def _keep(self) -> None:
        written = self.path.with_suffix(".new")
        with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(dict(self._plain()), file)
        written.replace(self.path)

    def _plain(self) -> Iterator[tuple[str, object]]:
        yield "keys", {name: key.hex() for name, key in self.keys.items()}
        yield "policy_n", self.policy_n
        yield "orders_n", self.orders_n
        yield "passes", self.passes
        yield "raised", {name: base64.b64encode(sealed).decode() for name, sealed in self.raised.items()}
        yield "ended", {name: base64.b64encode(sealed).decode() for name, sealed in self.ended.items()}


def _uuid7(at: datetime) -> str:
    """A UUID that begins with the time (RFC 9562, version 7)."""
    number = int(at.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=number))
