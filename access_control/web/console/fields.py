"""Fields that say in plain words what is wrong with what was typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateField, Field, FloatField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Optional, StopValidation

_SENTENCES: Final[Mapping[str, str]] = {
    "Not a valid choice.": "Choose one from the list.",
    "Invalid Choice: could not coerce.": "Choose one from the list.",
    "Not a valid integer value.": "Type a whole number.",
    "Not a valid float value.": "Type a number.",
    "Not a valid date value.": "Type a day, as 2026-11-23.",
    "Not a valid datetime value.": "Type a day and a time.",
    "This field is required.": "Fill this in.",
}
_MOST_DIGITS: Final = 9
YEARS: Final = range(1900, 9000)
"""In these every time has a day before and after it, in every zone."""

Word = TypeVar("Word", bound=StrEnum)


class _Words:
    """Stands in for a translation of the sentences that WTForms has of its own."""

    def gettext(self, string: str) -> str:
        return _SENTENCES.get(string, string)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if number == 1 else plural)


class ConsoleForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF publishes no types
    """A form whose errors are sentences of ours."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        """Where the sentences come from."""

        def get_translations(self, _form: object) -> _Words:
            """The same words for everybody."""
            return _Words()


class Line(StringField):
    """A line of text; what it may hold is for the use case to say."""

    def __init__(self, label: str, *, needed: str = "", **more: Any) -> None:
        super().__init__(label, [InputRequired(needed)] if needed else [], **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep it as typed; NUL is nothing that anybody types."""
        super().process_formdata([value.replace("\0", "") for value in valuelist])


class Whole(IntegerField):
    """A whole number of at most nine digits."""

    def __init__(self, label: str, *, needed: bool = True, **more: Any) -> None:
        super().__init__(label, [InputRequired("Type a whole number.") if needed else Optional()], **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read its digits."""
        if not valuelist or not (typed := valuelist[0].strip()):
            return
        self.data = None
        if not re.fullmatch(rf"-?[0-9]{{1,{_MOST_DIGITS}}}", typed, re.ASCII):
            raise ValueError(f"Type a whole number of at most {_MOST_DIGITS} digits.")
        self.data = int(typed)


class Seconds(FloatField):
    """A number of seconds, or nothing for the default."""

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, [Optional()], **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read digits and a point."""
        if not valuelist or not (typed := valuelist[0].strip().replace(",", ".")):
            return
        self.data = None
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", typed, re.ASCII):
            raise ValueError("Type a number of seconds, as 5 or 0.5.")
        self.data = float(typed)

    def _value(self) -> str:
        """What the form shows: ``4``, not ``4.0``."""
        return self.raw_data[0] if self.raw_data else "" if self.data is None else f"{self.data:g}"


class Day(DateField):
    """A day, or nothing."""

    def __init__(self, label: str, *, needed: str = "", **more: Any) -> None:
        super().__init__(label, [InputRequired(needed) if needed else Optional()], **more)


class Pick(SelectField):
    """One of a list. Values are texts; ``convert`` makes of the chosen one what the use case takes."""

    def __init__(self, label: str, *, convert: Callable[[str], Any] = str, needed: bool = True, **more: Any) -> None:
        super().__init__(label, [InputRequired("Choose one from the list.")] if needed else [], choices=[], **more)
        self.convert = convert
        self.needed = needed
        self.offered: list[tuple[str, str]] = []

    def pre_validate(self, form: BaseForm) -> None:
        """Nothing chosen is a choice where none is needed."""
        if self.needed or self.data not in {None, "", "None"}:
            super().pre_validate(form)
        else:
            self.data = ""

    @property
    def picked(self) -> Any:
        """What was chosen, as the use case takes it; ``None`` for the empty choice."""
        return self.convert(self.data) if self.data else None

    def offer(self, choices: Iterable[tuple[object, str]], *, nothing: str = "") -> None:
        """Say what can be chosen; with ``nothing`` also that nothing is."""
        listed = [(str(value), word) for value, word in choices]
        self.offered = [("", nothing), *listed] if nothing else listed
        self.choices = list(self.offered)

    @property
    def word(self) -> str:
        """What the chosen one is called."""
        return next((word for value, word in self.offered if value == (self.data or "")), "")


class PickMany(SelectMultipleField):
    """Any of a list, by boxes to tick."""

    def __init__(self, label: str, *, convert: Callable[[str], Any] = int, **more: Any) -> None:
        super().__init__(label, choices=[], **more)
        self.convert = convert
        self.offered: list[tuple[str, str]] = []

    @property
    def picked(self) -> list[Any]:
        """What was chosen, as the use case takes it."""
        return [self.convert(value) for value in self.data or ()]

    def offer(self, choices: Iterable[tuple[object, str]]) -> None:
        """Say what can be chosen."""
        self.offered = [(str(value), word) for value, word in choices]
        self.choices = list(self.offered)

    @property
    def word(self) -> str:
        """What the chosen ones are called."""
        chosen = set(self.data or ())
        return ", ".join(word for value, word in self.offered if value in chosen)


def words_of(kind: type[Word], said: Mapping[Word, str]) -> list[tuple[str, str]]:
    """The choices of an enum, in its order."""
    return [(one.value, said[one]) for one in kind]


def day_in(text: str) -> date | None:
    """A day in an address, as ``2026-11-23``; ``None`` for nonsense."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def first_of_day(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The moment at which a day begins at the school."""
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=zone)


def end_of_day(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The moment at which a day has ended at the school: a badge that is valid until Friday works all Friday."""
    if day is None or day == date.max:
        return None
    return first_of_day(day + timedelta(days=1), zone)


def day_begun(moment: datetime | None, zone: ZoneInfo) -> date | None:
    """The inverse of :func:`first_of_day`."""
    return None if moment is None else moment.astimezone(zone).date()


def day_ended(moment: datetime | None, zone: ZoneInfo) -> date | None:
    """The inverse of :func:`end_of_day`."""
    return None if moment is None else (moment.astimezone(zone) - timedelta(microseconds=1)).date()


def refuse(form: FlaskForm, sentence: str, field: str | None = None) -> None:
    """Say at a field of the form, or above all of them, why it was not taken."""
    target: Field | None = form[field] if field is not None and field in form else None
    if target is None:
        form.form_errors.append(sentence)
    else:
        target.errors = [*target.errors, sentence]


def stop(sentence: str) -> StopValidation:
    """What a validator raises when nothing further can be said about a field."""
    return StopValidation(sentence)
