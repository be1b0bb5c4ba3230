"""Lines that people type at the desk, where a scanner types too."""

from __future__ import annotations

from typing import Final

from access_control.core.credentials.passes import INVITATION_PREFIX, PREFIX
from access_control.people.values import line
from access_control.visitors.errors import BadValueError

_SCANS: Final = (PREFIX, INVITATION_PREFIX)


def typed_line(value: str, field: str, label: str, most: int, *, required: bool = True) -> str:
    """As :func:`access_control.people.values.line`, but no scan: the text of a pass is never kept, wherever it lands.

    Raises:
        BadValueError: It is empty though required, too long, or holds a scanned code.
    """
    if any(prefix in value.upper() for prefix in _SCANS):
        raise BadValueError(
            "A scan landed in this field, so nothing was saved.",
            "Clear it, then scan into the field for names and scans.",
            field,
        )
    return line(value, field, label, most, required=required)
