"""What the site's records refuse, each with a sentence and what to do."""

from __future__ import annotations


class ReadersError(Exception):
    """Something about doors, badges, levels, schedules or bridges cannot be done; nothing was changed.

    Attributes:
        sentence: What happened, in plain words.
        action: What to do about it.
        field: The field of a form that it is about, if it is about one.
    """

    def __init__(self, sentence: str, action: str = "", field: str | None = None) -> None:
        super().__init__(f"{sentence} {action}".strip())
        self.sentence = sentence
        self.action = action
        self.field = field


class NotThereError(ReadersError):
    """The record does not exist, or not any more."""


class BadValueError(ReadersError):
    """A value cannot be stored; ``field`` says which."""
