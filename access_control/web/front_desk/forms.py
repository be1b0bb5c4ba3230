"""Forms of the front desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from wtforms import BooleanField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields import DateTimeLocalField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the published types
from wtforms.validators import InputRequired, Length

from access_control.typed_numbers import number_or_none
from access_control.visitors.banned import NOTE_LENGTH, BannedDetails
from access_control.visitors.models import BannedPerson, ScreeningOutcome, Visit, VisitorCategory
from access_control.visitors.visits import Guest, VisitDetails
from access_control.web.console.fields import ConsoleForm, Day, Line, day_ended, end_of_day

CATEGORY_WORDS: Final = {
    VisitorCategory.VISITOR: "Visitor",
    VisitorCategory.VOLUNTEER: "Volunteer",
    VisitorCategory.CONTRACTOR: "Contractor",
    VisitorCategory.SUBSTITUTE: "Substitute",
}
OTHER: Final = "other"
REASONS: Final = (
    ("Meeting", "Meeting"),
    ("Volunteering", "Volunteering"),
    ("Delivery", "Delivery"),
    ("Repair or service", "Repair or service"),
    ("Substitute teaching", "Substitute teaching"),
    (OTHER, "Something else"),
)
STAYS: Final = ((30, "30 min"), (60, "1 h"), (120, "2 h"), (240, "4 h"), (480, "8 h"), (600, "10 h"))
OUTCOME_WORDS: Final = {
    ScreeningOutcome.SAME_PERSON: "Same person",
    ScreeningOutcome.ESCORT_ONLY: "I cannot tell, escort only",
    ScreeningOutcome.NOT_THE_SAME: "Not the same person, continue",
}
SEEN: Final = (
    ("The ID shows a different person", "The ID shows a different person"),
    ("Height or looks differ", "Height or looks differ"),
    ("I know this visitor", "I know this visitor"),
    ("It is the person of the order", "It is the person of the order"),
    (OTHER, "Something else"),
)


def _choices(pairs: Iterable[tuple[Any, str]]) -> list[SelectChoice]:
    return [SelectChoice(value, word) for value, word in pairs]


class VisitForm(ConsoleForm):
    """Who comes, to whom, why and for how long."""

    visit = HiddenField()
    visitor = HiddenField()
    version = HiddenField()
    given_name = Line("First name")
    family_name = Line("Last name")
    company = Line("Company")
    category = RadioField("On the badge", choices=_choices((one.value, word) for one, word in CATEGORY_WORDS.items()))
    host = Line("Who is visited", needed="Type who is visited, a name or an office.")
    host_ref = HiddenField()
    destination = Line("Where to")
    reason = RadioField("Reason", choices=_choices(REASONS))
    note = Line("More about the reason")
    stay = SelectField("How long", [InputRequired("Choose how long.")], coerce=int, choices=_choices(STAYS), default=60)
    escort_needed = BooleanField("Escort needed")


class ExpectForm(VisitForm):
    """The same for somebody who comes later."""

    expected_at = DateTimeLocalField("When", [InputRequired("Choose a day and a time.")], format="%Y-%m-%dT%H:%M")


class DecisionForm(ConsoleForm):
    """What an approver saw, and the decision."""

    outcome = HiddenField()
    seen = RadioField("What did you see?", choices=_choices(SEEN))
    note = Line("Note, if something else helped you decide")


class BannedForm(ConsoleForm):
    """An entry of the banned list."""

    version = HiddenField()
    given_name = Line("First name")
    family_name = Line("Last name", needed="Type the last name.")
    other_names = Line("Other names")
    company = Line("Company")
    source = Line("Whose order", needed="Type whose order it is, as court or principal.")
    note = TextAreaField("For whoever compares", validators=[Length(max=NOTE_LENGTH)])
    ends_on = Day("Last day")


def details_of(form: VisitForm) -> VisitDetails:
    """What the form says about the visit."""
    ref = form.host_ref.data or ""
    return VisitDetails(
        category=VisitorCategory(form.category.data),
        host=form.host.data or "",
        host_ref=number_or_none(ref),
        reason=with_note(form.reason.data, form.note.data),
        destination=form.destination.data or "",
        escort_needed=bool(form.escort_needed.data),
        stay=timedelta(minutes=form.stay.data),
    )


def guest_of(form: VisitForm) -> Guest:
    """Who the form is about."""
    known = form.visitor.data or None
    return Guest(known, form.given_name.data or "", form.family_name.data or "", form.company.data or "")


def with_note(choice: str | None, note: str | None) -> str:
    """A chosen reason and what was typed beside it, as one text."""
    note = (note or "").strip()
    if choice in {None, OTHER}:
        return note
    return f"{choice}: {note}" if note else str(choice)


def fill_from(form: VisitForm, visit: Visit, *, zone: ZoneInfo) -> None:
    """Take over what is known of a visit: the expected one, or the last one of a returning visitor."""
    form.category.data = visit.category.value
    form.host.data, form.host_ref.data = visit.host, str(visit.host_ref or "")
    form.destination.data = visit.destination
    form.escort_needed.data = visit.escort_needed
    stay_min = visit.stay_s // 60
    form.stay.data = next((minutes for minutes, _ in STAYS if minutes >= stay_min), STAYS[-1][0])
    choice, _, note = visit.reason.partition(": ")
    known = {value for value, _ in REASONS} - {OTHER}
    form.reason.data, form.note.data = (choice, note) if choice in known else (OTHER, visit.reason)
    if isinstance(form, ExpectForm) and visit.expected_at is not None:
        form.expected_at.data = visit.expected_at.astimezone(zone).replace(tzinfo=None)


def expected_moment(form: ExpectForm, zone: ZoneInfo) -> datetime:
    """The time that was chosen, which is one of the school's."""
    typed = form.expected_at.data
    assert typed is not None  # the field is required
    return typed.replace(tzinfo=zone)


def banned_details(form: BannedForm, zone: ZoneInfo) -> BannedDetails:
    """What the form says about an entry."""
    return BannedDetails(
        form.given_name.data or "",
        form.family_name.data or "",
        form.other_names.data or "",
        form.company.data or "",
        form.note.data or "",
        form.source.data or "",
        end_of_day(form.ends_on.data, zone),
    )


def banned_form(entry: BannedPerson, zone: ZoneInfo) -> BannedForm:
    """The form of an entry as it is stored."""
    form = BannedForm(formdata=None, obj=entry)
    form.version.data = str(entry.version)
    form.ends_on.data = day_ended(entry.ends_at, zone)
    return form
