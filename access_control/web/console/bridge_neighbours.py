"""A bridge's neighbours and its release codes as its page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import HiddenField

from access_control.people.actors import operator_names
from access_control.people.permissions import Permission
from access_control.readers.models import Bridge, BridgeState
from access_control.readers.release_codes import CodesMade, codes_made
from access_control.web import words
from access_control.web.console.fields import ConsoleForm, Line
from access_control.web.console.own_password import PasswordAgain
from access_control.web.console.places import may_at_bridge

ELSEWHERE: Final = "A bridge in another building"


class AddressForm(ConsoleForm):
    """Where a bridge's neighbours reach it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(prefix="neighbours-", **more)

    version = HiddenField()
    address = Line("Its neighbours reach it at")


@dataclass(frozen=True, slots=True)
class NeighbourView:
    """Another bridge as this one sees it.

    Attributes:
        path: Its page, or empty where whoever looks may not see it; then it has no name and no address either.
        address: Where it listens for its neighbours; empty if it does not.
        said: Whether this bridge reached it, in words.
        reached: ``True`` or ``False`` while this bridge's word is fresh, else ``None``.
        heard: When this bridge last had an answer of it, in words; as old as this bridge's word at the least.
    """

    name: str
    path: str
    address: str
    said: str
    reached: bool | None
    heard: str


@dataclass(frozen=True, slots=True)
class CodesView:
    """The codes of a bridge; ``made`` is ``None`` before the first."""

    made: CodesMade | None
    by: str
    form: PasswordAgain

    @property
    def few(self) -> bool:
        """Whether it is time to make new ones."""
        return self.made is not None and self.made.left < 3


def neighbour_views(session: Session, bridge: Bridge, now: datetime, *, fresh: bool) -> list[NeighbourView]:
    """The other bridges in use, by name; those that whoever looks may not see, last and without their names."""
    query = select(Bridge).where(Bridge.state == BridgeState.CONFIRMED, Bridge.id != bridge.id).order_by(Bridge.name)
    said = _said(bridge)
    age_s = None if bridge.status_at is None else (now - bridge.status_at).total_seconds()
    views = [_view(other, said.get(other.id), age_s, fresh=fresh) for other in session.scalars(query)]
    return sorted(views, key=lambda view: not view.path)


def address_form(bridge: Bridge, *, typed: bool = False) -> AddressForm:
    """The form, as it was typed or as the bridge is stored."""
    if typed:
        return AddressForm()
    kept = {"version": str(bridge.neighbour_version), "address": bridge.neighbour_address_set or ""}
    return AddressForm(formdata=None, data=kept)


def codes_view(session: Session, bridge: Bridge, form: PasswordAgain | None) -> CodesView:
    """How it stands with a bridge's codes."""
    made = codes_made(session, bridge.id)
    names = operator_names(session, [made.made_by] if made is not None else [])
    by = "" if made is None else names.get(made.made_by, "Somebody")
    return CodesView(made, by, form or PasswordAgain("codes", formdata=None))


def _view(other: Bridge, said: object, age_s: float | None, *, fresh: bool) -> NeighbourView:
    seen = may_at_bridge(other, Permission.BRIDGE_VIEW)
    name, path = (other.name, f"/bridges/{other.id}") if seen else (ELSEWHERE, "")
    address = other.called_at or ""
    if not address:
        return NeighbourView(name, path, "", "does not listen", None, "")
    row: Mapping[str, object] = said if isinstance(said, dict) else {}
    reached = row.get("reachable") is True if fresh and row else None
    word = {True: "reached", False: "not reached", None: "not known"}[reached]
    return NeighbourView(name, path, address if seen else "not shown", word, reached, _heard(row, age_s))


def _heard(row: Mapping[str, object], age_s: float | None) -> str:
    """How long ago a neighbour answered; a bridge that never had an answer says ``null``."""
    if age_s is None or "heard_age_s" not in row:
        return "not known"
    heard_s = row["heard_age_s"]
    if isinstance(heard_s, int | float) and 0 <= heard_s < float("inf"):
        return f"{words.age(heard_s + max(0.0, age_s))} ago"
    return "not since it started"


def _said(bridge: Bridge) -> Mapping[str, object]:
    """What a bridge said of its neighbours, by their UUID; nothing of it is believed further than it can be read."""
    neighbours = (bridge.status or {}).get("neighbours")
    rows = neighbours.get("bridges") if isinstance(neighbours, dict) else None
    return {str(row.get("bridge")): row for row in rows if isinstance(row, dict)} if isinstance(rows, list) else {}
