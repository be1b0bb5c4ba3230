"""What the front desk is told when something about a visit cannot be done, each with what to do."""

from __future__ import annotations

from access_control.people.errors import BadValueError, NotAllowedError, NotThereError, PeopleError

__all__ = ["BadValueError", "CheckInClosedError", "NotAllowedError", "NotThereError", "WrongStateError"]


class WrongStateError(PeopleError):
    """The visit has gone on meanwhile, so this cannot be done with it any more."""


class CheckInClosedError(PeopleError):
    """Nobody is checked in just now. The sentence gives no reason: it may be read aloud."""

    def __init__(self) -> None:
        super().__init__(
            "Check-in is closed just now.", "Ask the visitor to wait. Nothing was saved; try again when it is over."
        )
