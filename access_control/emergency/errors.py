"""What can be refused about emergencies, each with a sentence for people and what they can do about it."""

from __future__ import annotations


class EmergencyError(Exception):
    """Something about an emergency cannot be done. ``sentence`` says what, ``action`` what to do; the text is both.

    Attributes:
        field: The field of a form that it is about; empty for none.
    """

    def __init__(self, sentence: str, action: str, field: str = "") -> None:
        super().__init__(f"{sentence} {action}")
        self.sentence = sentence
        self.action = action
        self.field = field


class UnknownScopeError(EmergencyError):
    """The scope names nothing in this school."""

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"“{scope[:40]}” is no part of this school, so nothing was started.",
            "Choose the whole site or one of its buildings and start again.",
            "scope",
        )


class BadRequestError(EmergencyError):
    """What was sent to start with does not make sense, so nothing was started."""


class NoSuchDirectiveError(EmergencyError):
    """Nobody ever raised a directive with this id."""

    def __init__(self) -> None:
        super().__init__("This school has no emergency with that address.", "Open the list of emergencies.")


class NotUnderDirectiveError(EmergencyError):
    """The door is not under the directive (any more)."""

    def __init__(self) -> None:
        super().__init__("That door is not part of this emergency any more.", "Look at the list of doors again.")


class ReleaseRefusedError(EmergencyError):
    """A release lacks something; ``field`` says what. Nothing was released."""


class MayNotError(EmergencyError):
    """The person may not do this there."""

    def __init__(self, what: str) -> None:
        super().__init__(f"You may not {what}.", "Ask an administrator to do it, or to give you the right.")
