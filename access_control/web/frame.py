"""What surrounds every page: the school, the clock, what is in force, who is signed in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, g
from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.database.errors import DatabaseError
from access_control.people.models import Theme
from access_control.people.permissions import ROLE_NAMES, Actor, Permission
from access_control.readers.models import CalendarDay, Site
from access_control.readers.records import DirectiveRow
from access_control.visitors.desk import count_held, count_on_site
from access_control.web import navigation, words
from access_control.web.guard import actor_or_none, may
from access_control.web.services import current

_KEEP: Final = "frame"


@dataclass(frozen=True, slots=True)
class Running:
    """A directive in force, as the top bar names it."""

    id: str
    word: str
    drill: bool
    started_at: datetime


@dataclass(frozen=True, slots=True)
class School:
    """The school as the frame shows it.

    Attributes:
        on_site: Visitors; ``held`` wait at the desk for a decision.
    """

    id: str = ""
    name: str = "School access control"
    short_name: str = ""
    kind: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    day_type: str = "regular day"
    demo: bool = False
    running: tuple[Running, ...] = ()
    on_site: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """A number in the rail, and what it counts. ``urgent``: somebody waits for whoever reads it."""

    number: int
    said: str
    urgent: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What the frame's templates read.

    Attributes:
        known: Whether the database answered; if not, the school is as it was.
    """

    school: School
    now: datetime
    actor: Actor | None
    known: bool

    @property
    def entries(self) -> tuple[navigation.Entry, ...]:
        """The rail."""
        return navigation.entries(self.actor)

    def count_of(self, entry: navigation.Entry) -> Count | None:
        """The number at the end of an entry of the rail; none where there is nothing to count."""
        school = self.school
        if entry.section.icon == "desk" and may(Permission.VISITOR_VIEW) and school.on_site + school.held:
            waiting = f", {school.held} waiting for a decision" if school.held else ""
            on_site = words.count(school.on_site, "visitor")
            return Count(school.on_site + school.held, f"{on_site} on site{waiting}", urgent=school.held > 0)
        if entry.section.icon == "records" and school.running:
            return Count(len(school.running), f"{len(school.running)} in force", urgent=True)
        return None

    @property
    def theme(self) -> str:
        """What the operator chose to look at: ``system``, ``light`` or ``dark``."""
        chosen = self.actor.settings.get("theme") if self.actor else None
        return str(chosen) if chosen in set(Theme) else Theme.SYSTEM.value

    @property
    def shortcuts(self) -> bool:
        """Whether single keys lead somewhere."""
        return self.actor is not None and bool(self.actor.settings.get("single_key_shortcuts", True))

    @property
    def two_steps(self) -> bool:
        """Whether a lockdown starts in two steps instead of by keeping the control pressed."""
        return self.actor is not None and bool(self.actor.settings.get("two_step_lockdown", False))

    @property
    def demo_panel(self) -> str:
        """Where the demo's own page is; empty for a real school."""
        return current().demo_panel

    @property
    def role(self) -> str:
        """What the operator is here."""
        return ", ".join(dict.fromkeys(ROLE_NAMES[grant.role] for grant in self.actor.grants)) if self.actor else ""

    @property
    def pages_here(self) -> tuple[navigation.Page, ...]:
        """The pages that belong together with this one; empty if it stands alone."""
        pages = next((entry.pages for entry in self.entries if entry.here), ())
        return pages if len(pages) > 1 else ()


def install(app: Flask) -> None:
    """Give templates the frame, and the words for times."""
    app.context_processor(_context)
    app.jinja_env.filters.update(
        {
            "clock": lambda at: words.clock_markup(at, frame().school.zone),
            "clock_s": lambda at: words.clock_markup(_time(at), frame().school.zone, seconds=True),
            "clock_text": lambda at: words.clock(at, frame().school.zone, seconds=True),
            "day": lambda at: words.day(at, frame().school.zone, _today()),
            "long_day": lambda at: words.long_day(at, frame().school.zone),
            "moment": lambda at: words.moment_markup(at, frame().school.zone, frame().now),
            "moment_s": lambda at: words.moment_markup(at, frame().school.zone, frame().now, seconds=True),
            "duration": words.duration,
            "age": words.age,
            "iso": lambda at: at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "listing": words.listing,
        }
    )
    app.jinja_env.globals.update(count=words.count, here=navigation.here)


def frame() -> Frame:
    """The frame of this request."""
    if "frame" not in g:
        services = current()
        at = services.clock()
        known = True
        try:
            with services.database.reading() as session:
                services.more[_KEEP] = read_school(session, at)
        except DatabaseError:
            known = False
        g.frame = Frame(services.more.get(_KEEP, School()), at, actor_or_none(), known)
    made: Frame = g.frame
    return made if made.actor is actor_or_none() else replace(made, actor=actor_or_none())


def read_school(session: Session, at: datetime) -> School:
    """The school as the frame shows it; a nameless one before it was created."""
    site = session.scalars(select(Site).order_by(Site.id).limit(1)).first()
    if site is None:
        return School()
    zone = _zone(site.timezone)
    special = session.get(CalendarDay, at.astimezone(zone).date())
    rows = session.scalars(
        select(DirectiveRow).where(DirectiveRow.ended_at.is_(None)).order_by(DirectiveRow.started_at)
    )
    return School(
        id=site.id,
        name=site.name,
        short_name=site.short_name or site.name,
        kind=site.kind,
        zone=zone,
        day_type="regular day" if special is None else special.name or special.day_type.name,
        demo=site.demo,
        running=tuple(Running(row.id, row.action.value.capitalize(), row.drill, row.started_at) for row in rows),
        on_site=count_on_site(session),
        held=count_held(session),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _time(at: datetime | str) -> datetime:
    """A time, also as JSON spells it."""
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _today() -> Any:
    return frame().now.astimezone(frame().school.zone).date()


def _context() -> dict[str, object]:
    return {"frame": frame(), "may": may}
