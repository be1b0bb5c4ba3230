"""The forms of a badge: giving one, changing when it counts, marking it lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from wtforms import HiddenField

from access_control.core.credentials.formats import FORMATS
from access_control.core.decision.model import BadgeStatus
from access_control.readers import badges
from access_control.readers.badge_numbers import FORMAT_WORDS, range_words
from access_control.readers.models import Badge
from access_control.web.console.fields import (
    ConsoleForm,
    Day,
    Line,
    Pick,
    day_begun,
    day_ended,
    end_of_day,
    first_of_day,
)

STATUS_WORDS: Final[Mapping[BadgeStatus, str]] = {
    BadgeStatus.ACTIVE: "Counts",
    BadgeStatus.LOST: "Lost",
    BadgeStatus.STOLEN: "Stolen",
    BadgeStatus.DAMAGED: "Damaged",
    BadgeStatus.DESTROYED: "Destroyed",
    BadgeStatus.DISABLED: "Switched off",
    BadgeStatus.SUSPENDED: "Suspended",
    BadgeStatus.UNASSIGNED: "Given back",
}
"""What each status is called on the page."""

DEEDS: Final[Mapping[BadgeStatus, str]] = {
    BadgeStatus.LOST: "Mark lost",
    BadgeStatus.STOLEN: "Mark stolen",
    BadgeStatus.SUSPENDED: "Suspend",
    BadgeStatus.DISABLED: "Switch off",
    BadgeStatus.DAMAGED: "Mark damaged",
    BadgeStatus.UNASSIGNED: "Take back",
    BadgeStatus.DESTROYED: "Mark destroyed",
    BadgeStatus.ACTIVE: "Let it count again",
}
"""What the buttons say that set each status."""


class BadgeForm(ConsoleForm):
    """A new badge, by what is printed on it. It stands on the page of a person, whose form has days, too."""

    def __init__(self, **more: Any) -> None:
        super().__init__(prefix="badge-", **more)

    format = Pick("Kind of card")
    facility_code = Line("Facility code")
    number = Line("Number on the card", needed="Type the number on the card.")
    label = Line("What else is printed on it")
    valid_from = Day("First day")
    valid_until = Day("Last day")


class BadgeDaysForm(ConsoleForm):
    """When a badge counts, and what is printed on it."""

    version = HiddenField()
    label = Line("What else is printed on it")
    valid_from = Day("First day")
    valid_until = Day("Last day")


def offer(form: BadgeForm) -> BadgeForm:
    """Fill the list of card formats; each says what fits."""
    form.format.offer((name, f"{word}: {range_words(FORMATS[name])}") for name, word in FORMAT_WORDS.items())
    return form


def typed(form: BadgeForm, zone: ZoneInfo) -> badges.BadgeForm:
    """What a valid form says."""
    return badges.BadgeForm(
        format=form.format.data or "",
        facility_code=form.facility_code.data or "",
        number=form.number.data or "",
        label=form.label.data or "",
        valid_from=first_of_day(form.valid_from.data, zone),
        valid_until=end_of_day(form.valid_until.data, zone),
    )


def stored(badge: Badge, zone: ZoneInfo) -> BadgeDaysForm:
    """The form of a badge as it is stored."""
    return BadgeDaysForm(
        formdata=None,
        data={
            "version": str(badge.version),
            "label": badge.label,
            "valid_from": day_begun(badge.valid_from, zone),
            "valid_until": day_ended(badge.valid_until, zone),
        },
    )
