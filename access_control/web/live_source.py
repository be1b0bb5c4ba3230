"""Where live pictures come from: what bridges last said, and the newest events in words."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from access_control.readers.errors import NotThereError
from access_control.readers.events import recent_events
from access_control.readers.status import SiteOverview, site_overview
from access_control.web.event_lines import lines
from access_control.web.frame import read_school
from access_control.web.picture import Picture

EVENTS: Final = 60
"""Some of them a viewer may not see."""


def read_picture(session: Session, at: datetime) -> Picture:
    """The school at one moment; an empty one before it was created."""
    try:
        site = site_overview(session, at)
    except NotThereError:
        site = SiteOverview(at)
    return Picture(at, read_school(session, at), site, tuple(lines(session, recent_events(session, limit=EVENTS))))
