"""Where live pictures come from: what bridges last said, and the newest events in words."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from access_control.readers.errors import NotThereError
from access_control.readers.status import SiteOverview, site_overview
from access_control.web.frame import read_school
from access_control.web.picture import Picture


def read_picture(session: Session, at: datetime) -> Picture:
    """The school at one moment; an empty one before it was created."""
    try:
        site = site_overview(session, at)
    except NotThereError:
        site = SiteOverview(at)
    return Picture(at, read_school(session, at), site)
