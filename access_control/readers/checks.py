"""What every form of this package asks of its values, in sentences that the form can show as they are."""

from __future__ import annotations

import unicodedata
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy.orm import Session

from access_control.database.tables import Table
from access_control.readers.errors import BadValueError, NotThereError

MAX_ID: Final = 2**31 - 1
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # make text read otherwise

_Row = TypeVar("_Row", bound=Table)


def clean_text(value: str, field: str, what: str, longest: int, *, needed: bool = True) -> str:
    """A line of text without blanks around it.

    Args:
        value: As typed.
        field: Where the form shows a refusal.
        what: Begins the sentence, as "The door's name".
        longest: In characters.
        needed: Refuse an empty one.

    Raises:
        BadValueError: Empty, too long, or with characters that cannot be printed.
    """
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if needed and not text:
        raise BadValueError(f"{what} is missing.", "Fill it in.", field)
    if len(text) > longest:
        raise BadValueError(f"{what} has {len(text)} characters; at most {longest} fit.", "Shorten it.", field)
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Co"} or letter in _TURNING for letter in text):
        raise BadValueError(f"{what} has a character that cannot be printed.", "Type it again.", field)
    return text


def require(session: Session, table: type[_Row], key: int | str, what: str, field: str | None = None) -> _Row:
    """The row with this key.

    Raises:
        NotThereError: There is none; ``what`` begins the sentence, as "This door".
    """
    usable = 0 <= key <= MAX_ID if isinstance(key, int) else "\0" not in key
    row = session.get(table, key) if usable else None
    if row is None:
        raise NotThereError(f"{what} is not there, or not any more.", "Choose one from the list.", field)
    return row


def require_within(value: float, limits: tuple[float, float], field: str, what: str, unit: str = "") -> None:
    """Refuse a number outside ``limits``, both of which are allowed.

    Raises:
        BadValueError: It is not between them.
    """
    low, high = limits
    if not low <= value <= high:  # also refuses what is no number
        unit = f" {unit}" if unit else ""
        raise BadValueError(f"{what} must be {low:g} to {high:g}{unit}.", "Correct it.", field)


def limits_of(record: type[msgspec.Struct], name: str) -> tuple[int, int]:
    """The smallest and the largest value that a document takes in one of its whole numbers."""
    kind = next(field.type for field in _fields(record) if field.name == name)
    assert isinstance(kind, msgspec.inspect.IntType)
    assert kind.ge is not None
    assert kind.le is not None
    return kind.ge, kind.le


def fits(value: object, kind: Any) -> bool:
    """Whether a document would take the value as this type of its records."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _fields(record: type[msgspec.Struct]) -> tuple[msgspec.inspect.Field, ...]:
    kind = msgspec.inspect.type_info(record)
    assert isinstance(kind, msgspec.inspect.StructType)
    return kind.fields
