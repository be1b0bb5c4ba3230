"""What people's records refuse, each with a sentence and what to do."""

from __future__ import annotations


class PeopleError(Exception):
    """Something about people, groups or operators cannot be done; nothing was changed.

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


class NotThereError(PeopleError):
    """The record does not exist, or not any more."""


class BadValueError(PeopleError):
    """A value cannot be stored; ``field`` says which."""


class WeakPasswordError(BadValueError):
    """The password is too easy to guess."""


class NotAllowedError(PeopleError):
    """Whoever asks may not do this."""


class SignInRefused(PeopleError):  # noqa: N818 - a verdict on a sign-in, as its reader sees it
    """The sign-in is refused; the sentence is the same whether the account exists or not.

    Attributes:
        wait_s: How long to wait before the next try; 0 when one may try at once.
    """

    def __init__(self, sentence: str, action: str, wait_s: int = 0) -> None:
        super().__init__(sentence, action)
        self.wait_s = wait_s
