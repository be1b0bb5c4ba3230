"""What the pages say about a bridge, and the forms that concern one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.readers.bridges import BridgeLine
from access_control.readers.enrolment import fingerprint
from access_control.readers.models import Bridge, BridgeState, Building
from access_control.web import words
from access_control.web.console.fields import ConsoleForm, Line, Pick

STATE_WORDS: Final = {
    BridgeState.INVITED: "Waits for its code",
    BridgeState.ENROLLED: "Waits to be confirmed",
    BridgeState.CONFIRMED: "In use",
    BridgeState.REVOKED: "Revoked",
}


class BridgeForm(ConsoleForm):
    """A new bridge."""

    name = Line("Name", needed="Type a name, as North bridge.")
    building_id = Pick("Building", convert=int)


class RenameForm(ConsoleForm):
    """Another name."""

    def __init__(self, **more: Any) -> None:
        super().__init__(prefix="rename-", **more)

    name = Line("Name", needed="Type a name.")


@dataclass(frozen=True, slots=True)
class BridgeView:
    """A bridge as a page shows it.

    Attributes:
        fresh: Whether its word is believed now.
        heard: When it was last heard, in words.
        documents: For Policy and Orders: what was published, what is in force there, and whether these agree.
    """

    line: BridgeLine
    state: str
    fresh: bool
    heard: str
    fingerprint: str
    documents: tuple[tuple[str, str, str, bool], ...]
    twin: bool

    @property
    def bridge(self) -> Bridge:
        """The row."""
        return self.line.bridge


def view(line: BridgeLine, now: datetime, limit_s: float, *, twin: bool) -> BridgeView:
    """What is to be said about a bridge at this moment."""
    bridge = line.bridge
    age_s = None if bridge.status_at is None else (now - bridge.status_at).total_seconds()
    fresh = age_s is not None and age_s <= limit_s
    return BridgeView(
        line=line,
        state=STATE_WORDS[bridge.state],
        fresh=fresh and bridge.state is BridgeState.CONFIRMED,
        heard=heard(bridge.status_at, now, limit_s),
        fingerprint="" if bridge.public_key is None else fingerprint(bridge.public_key),
        documents=tuple(_documents(bridge)),
        twin=twin,
    )


def heard(status_at: datetime | None, now: datetime, limit_s: float) -> str:
    """How long ago a bridge was heard: ``heard 2 s ago``, ``silent for 3 min``, ``never heard``."""
    if status_at is None:
        return "never heard"
    age_s = max(timedelta(0), now - status_at).total_seconds()
    return f"heard {words.age(age_s)} ago" if age_s <= limit_s else f"silent for {words.age(age_s)}"


def offer(session: Session, form: BridgeForm) -> BridgeForm:
    """Fill the list of buildings."""
    form.building_id.offer((one.id, one.name) for one in session.scalars(select(Building).order_by(Building.name)))
    return form


def _documents(bridge: Bridge) -> list[tuple[str, str, str, bool]]:
    found = []
    for word, kind, n in (("Stored rules", "policy", bridge.policy_n), ("Orders", "orders", bridge.orders_n)):
        made = f"{bridge.epoch}/{n}" if n else ""
        there = str(bridge.in_force.get(kind) or "")
        found.append((word, made or "none yet", there or "not known", bool(made) and made == there))
    return found
