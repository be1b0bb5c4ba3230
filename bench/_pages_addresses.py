"""Every page that an administrator can open, with something real in each place of its address.

Which pages there are stands in the hand-written matrix of roles, which a test compares with the service: a new page is
measured without anybody thinking of it, and one whose place nobody can fill stops the measurement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from access_control.people.models import Cardholder, Group, Operator
from access_control.readers.input_models import AlarmInput
from access_control.readers.models import Badge, Board, Bridge, Door, Level, Reader, Schedule
from access_control.readers.records import ActionRow, DirectiveRow, EventRow, FireReportRow
from access_control.visitors.models import BannedPerson, Visit, VisitState

MATRIX: Final = Path("tests/access_control/web/role_matrix.txt")
NO_PAGES: Final = frozenset({"/live/stream", "/static/<filename>"})
MOST: Final = 40
"""So many of each kind are opened; the largest counts."""
_IDS: Final[Mapping[str, InstrumentedAttribute[str] | InstrumentedAttribute[int]]] = {
    "badge_id": Badge.id,
    "banned_id": BannedPerson.id,
    "board_id": Board.id,
    "bridge_id": Bridge.id,
    "directive": DirectiveRow.id,
    "door_id": Door.id,
    "group_id": Group.id,
    "input_id": AlarmInput.id,
    "level_id": Level.id,
    "operator_id": Operator.id,
    "reader_id": Reader.id,
    "ref": Cardholder.ref,
    "report_id": FireReportRow.id,
    "schedule_id": Schedule.id,
    "visit_id": Visit.id,
}


def pages() -> list[str]:
    """The paths of the matrix that an administrator may read."""
    rows = [line.split() for line in MATRIX.read_text().splitlines() if line and not line.startswith("#")]
    return [path for method, path, *may in rows if method == "GET" and may[-1] == "y" and path not in NO_PAGES]


def addresses(session: Session) -> dict[str, list[str]]:
    """For each page the addresses to open, those with a question in them named apart.

    Raises:
        LookupError: A place in a path cannot be filled: its rows are missing, or its name is new.
    """
    found = {path: list(_filled(session, path)) for path in pages()}
    for path, asked in _questions(session):
        found[path] = [asked]
    return found


def _filled(session: Session, path: str) -> Iterator[str]:
    if "<action_id>" in path:
        action, door = session.execute(select(ActionRow.id, ActionRow.target).limit(1)).one()
        yield path.replace("<door_id>", str(door)).replace("<action_id>", action)
        return
    places = re.findall(r"<(\w+)>", path)
    if not places:
        yield path
        return
    (place,) = places
    if place not in _IDS:
        raise LookupError(f"{path}: nothing is known that fits <{place}>.")
    chosen = select(_IDS[place]).order_by(_IDS[place]).limit(MOST)
    if "/badge" in path and place == "visit_id":
        chosen = chosen.where(Visit.state == VisitState.ON_SITE)  # nobody else has one
    ids: list[object] = list(session.scalars(chosen))
    if not ids:
        raise LookupError(f"{path}: there is nothing that fits <{place}>.")
    for one in ids:
        yield path.replace(f"<{place}>", str(one))


def _questions(session: Session) -> Iterator[tuple[str, str]]:
    """Pages that say more when they are asked something."""
    directive = session.scalars(select(DirectiveRow.id).limit(1)).one()
    yield "/emergency/release/preview", f"/emergency/release/preview?directive={directive}&part=all"
    yield "/emergency/new", "/emergency/new?action=lockdown&scope=site"
    yield "/desk/find.json", "/desk/find.json?q=an"
    yield "/desk/hosts.json", "/desk/hosts.json?q=an"
    yield "/desk?new", f"/desk?new={quote('Ann Example')}"
    yield "/people?q", "/people?q=an"
    yield "/people?page", "/people?page=3"
    yield "/events?before", "/events?door=1"
    badge = session.scalars(select(Badge.id).order_by(Badge.id).limit(1)).one()
    yield "/why?badge", f"/why?badge={badge}&door=1"
    read = select(EventRow).where(EventRow.code.like("DENIED%")).order_by(EventRow.at.desc()).limit(1)
    event = session.scalars(read).one()
    yield "/why?event", f"/why?bridge={event.bridge_id}&stream={event.stream}&seq={event.seq}"
