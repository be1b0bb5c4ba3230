"""Bytes as version 1 was released with them. They are never edited: bridges in the field hold such bytes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import DoorClass, EmergencyAction, EmergencyRules, HolderClass, Revision
from access_control.core.wire.actions import ActionKind, new_action, open_action, seal_action
from access_control.core.wire.directives import (
    Authority,
    open_directive,
    open_release,
    seal_directive,
    seal_release,
)
from access_control.core.wire.events import EventCode, EventRecord, Severity, decode_event, encode_event
from access_control.core.wire.keys import KeyStatement, open_keys, seal_keys
from access_control.core.wire.orders import OrdersDocument, encode_orders, open_orders
from access_control.core.wire.policy import PolicyDraft, decode_policy, encode_policy, open_policy
from access_control.core.wire.signing import Kind, SigningKey, seal

GOLDEN = Path(__file__).parent / "golden" / "v1"
SITE = "0193a000-0000-7000-8000-000000000001"
BRIDGE = "0193a000-0000-7000-8000-0000000000b1"
RULES = EmergencyRules(
    {
        (EmergencyAction.LOCKDOWN, DoorClass.ROOM): frozenset({HolderClass.STAFF}),
        (EmergencyAction.SECURE, DoorClass.EXTERIOR): frozenset({HolderClass.STAFF, HolderClass.STUDENT}),
    }
)


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.bin").read_bytes()


@pytest.fixture
def key_statement(document_key: SigningKey, neighbour_key: SigningKey, made_at: datetime) -> KeyStatement:
    return KeyStatement(
        site=SITE,
        revision=Revision(1, 2),
        made_at=made_at,
        document_keys={document_key.key_id: document_key.public_bytes()},
        pass_keys={3: bytes(range(32))},
        tls_current=bytes(range(32, 64)),
        tls_next=bytes(range(64, 96)),
        bridges={neighbour_key.key_id: (neighbour_key.public_bytes(), ("building:2",))},
    )


EVENT = EventRecord(
    bridge=BRIDGE,
    stream="0193a000-0000-7000-8000-00000000c001",
    seq=42,
    id="0193a000-0000-7000-8000-00000000c002",
    at="2026-11-23T08:15:00.250Z",
    mono_ms=12_345,
    code=EventCode.DOOR_HELD,
    severity=Severity.ALARM,
    door=1,
    reader=None,
    holder=7001,
    drill=False,
    flagged=False,
    detail={"open_s": 31.5, "during": "lockdown", "extended": True, "why": None},
)


@pytest.fixture
def documents(
    draft: PolicyDraft,
    digest_key: bytes,
    orders: OrdersDocument,
    lockdown: Directive,
    all_clear: Release,
    key_statement: KeyStatement,
    document_key: SigningKey,
    identity: SigningKey,
    made_at: datetime,
) -> Mapping[str, bytes]:
    policy = encode_policy(replace(draft, emergency_rules=RULES), digest_key)
    unlock = new_action("0193a000-0000-7000-8000-00000000a001", ActionKind.UNLOCK_ONCE, 1, "operator 12", made_at)
    return {
        "policy": seal(Kind.POLICY, policy, document_key, site=SITE, to=BRIDGE),
        "orders": seal(Kind.ORDERS, encode_orders(orders), document_key, site=SITE, to=BRIDGE),
        "directive": seal_directive(lockdown, document_key, site=SITE),
        "release": seal_release(all_clear, document_key, site=SITE),
        "action": seal_action(unlock, document_key, site=SITE, bridge=BRIDGE),
        "keys": seal_keys(key_statement, identity),
        "event": encode_event(EVENT),
    }


@pytest.mark.parametrize("name", ["policy", "orders", "directive", "release", "action", "keys", "event"])
def test_today_the_very_same_bytes_are_written(name: str, documents: Mapping[str, bytes]) -> None:
    assert documents[name] == golden(name), "the wire language changed: that needs a new version, not new golden bytes"


def test_released_bytes_are_still_read(
    draft: PolicyDraft,
    digest_key: bytes,
    orders: OrdersDocument,
    lockdown: Directive,
    all_clear: Release,
    key_statement: KeyStatement,
    document_key: SigningKey,
    identity: SigningKey,
    authority: Authority,
    made_at: datetime,
) -> None:
    keys = {document_key.key_id: document_key.public_bytes()}
    policy = open_policy(golden("policy"), keys, site=SITE, bridge=BRIDGE, digest_key=digest_key)
    assert policy == decode_policy(encode_policy(replace(draft, emergency_rules=RULES), digest_key), digest_key)
    assert open_orders(golden("orders"), keys, site=SITE, bridge=BRIDGE) == orders
    assert open_directive(golden("directive"), authority, site=SITE) == lockdown
    assert open_release(golden("release"), authority, site=SITE) == all_clear
    action = open_action(golden("action"), keys, site=SITE, bridge=BRIDGE, at=made_at)
    assert (action.kind, action.target) == (ActionKind.UNLOCK_ONCE, 1)
    assert open_keys(golden("keys"), identity.public_bytes(), site=SITE) == key_statement
    assert decode_event(golden("event")) == EVENT
