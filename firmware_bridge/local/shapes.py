"""The bridge's status as plain values, for the control socket."""

from __future__ import annotations

from typing import Any

import msgspec

from access_control.core.decision.model import Revision
from firmware_bridge.controller.status import BridgeStatus, DoorStatus


def status_shape(status: BridgeStatus) -> dict[str, Any]:
    """Plain JSON values; names are those of :mod:`firmware_bridge.controller.status`, revisions are ``epoch/n``."""
    return {
        "policy": _revision(status.policy),
        "orders": _revision(status.orders),
        "clock_trusted": status.clock_trusted,
        "doors": [_door(door) for door in status.doors],
        "readers": _plain(status.readers),
        "boards": _plain(status.boards),
        "inputs": _plain(status.inputs),
        "wires": _plain(status.wires),
        "ports": _plain(status.ports),
        "relays": _plain(status.relays),
        "emergencies": _plain(status.emergencies),
        "policy_age": _plain(status.policy_age),
    }


def _door(door: DoorStatus) -> dict[str, Any]:
    shape: dict[str, Any] = _plain(door)
    return shape | {"slot": door.slot.name.lower()}


def _plain(record: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(record))


def _revision(revision: Revision | None) -> str | None:
    return None if revision is None else f"{revision.epoch}/{revision.n}"
