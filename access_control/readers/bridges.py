"""Bridges as the console lists them. Adding, enrolling and revoking them: :mod:`access_control.readers.enrolment`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.readers.checks import clean_text, require
from access_control.readers.errors import BadValueError
from access_control.readers.models import Board, Bridge, BridgeState, Building, Door


@dataclass(frozen=True, slots=True)
class BridgeLine:
    """A bridge, where it is, and how much hangs on it."""

    bridge: Bridge
    building: str
    doors: int
    boards: int


def list_bridges(session: Session, *, revoked: bool = True) -> Sequence[BridgeLine]:
    """Every bridge, by name; ``revoked`` ones last or not at all."""
    doors = dict(session.execute(select(Door.bridge_id, func.count()).group_by(Door.bridge_id)).all())
    boards = dict(session.execute(select(Board.bridge_id, func.count()).group_by(Board.bridge_id)).all())
    found = session.execute(
        select(Bridge, Building.name).join(Building, Bridge.building_id == Building.id).order_by(Bridge.name)
    )
    lines = [BridgeLine(row, name, doors.get(row.id, 0), boards.get(row.id, 0)) for row, name in found]
    lines.sort(key=lambda line: line.bridge.state is BridgeState.REVOKED)
    return [line for line in lines if revoked or line.bridge.state is not BridgeState.REVOKED]


def get_bridge(session: Session, bridge_id: str) -> Bridge:
    """One bridge.

    Raises:
        NotThereError: There is none with this id.
    """
    return require(session, Bridge, bridge_id, "This bridge")


def rename_bridge(session: Session, at: datetime, bridge_id: str, name: str, by: str) -> Bridge:
    """Call a bridge otherwise.

    Raises:
        BadValueError: The name is missing, too long, or another bridge's.
        NotThereError: There is no such bridge.
    """
    bridge = get_bridge(session, bridge_id)
    clean = clean_text(name, "name", "The bridge's name", 80)
    require_free_name(session, clean, bridge.id)
    if bridge.name != clean:
        bridge.name = clean
        session.flush()
        record(session, at, actor=by, action="bridge.renamed", subject=f"bridge:{bridge.id}")
    return bridge


def require_free_name(session: Session, name: str, bridge_id: str | None = None) -> None:
    """Refuse a name that another bridge has: an alarm names bridges by their names.

    Raises:
        BadValueError: Another bridge, not a revoked one, is called so.
    """
    twin = session.scalar(select(Bridge).where(Bridge.name == name, Bridge.state != BridgeState.REVOKED).limit(1))
    if twin is not None and twin.id != bridge_id:
        raise BadValueError(f"There is already a bridge called {name}.", "Choose another name.", "name")
