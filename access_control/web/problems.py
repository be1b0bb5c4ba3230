"""What people and programs are told when something cannot be done: what happened, what still works, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from werkzeug.exceptions import HTTPException


@dataclass(frozen=True, slots=True)
class Words:
    """A kind of problem in plain words."""

    code: str
    title: str
    detail: str
    action: str


WORDS: Final[Mapping[int, Words]] = {
    400: Words(
        "bad_request",
        "That could not be read",
        "Something in the request is missing or is not what was expected. Nothing was changed.",
        "Go back, look at the form and send it again.",
    ),
    401: Words(
        "signed_out",
        "You are signed out",
        "Nobody is signed in on this screen. Nothing was changed.",
        "Sign in and try again.",
    ),
    403: Words(
        "not_allowed",
        "Your account may not do this",
        "This page or action belongs to a right that you do not have here. Nothing was changed.",
        "Ask an administrator to do it, or to give you the right.",
    ),
    404: Words(
        "not_there",
        "There is no such page",
        "The address is wrong, or what it showed is not there any more.",
        "Choose a page from the menu.",
    ),
    405: Words(
        "wrong_method",
        "That cannot be done here",
        "This address shows something or takes something, but not the way it was asked. Nothing was changed.",
        "Go back and use the buttons of the page.",
    ),
    409: Words(
        "conflict",
        "Somebody else changed this meanwhile",
        "What you sent is not saved, and nothing is overwritten.",
        "Compare it with what is stored now, then save again.",
    ),
    413: Words(
        "too_large",
        "That is too large",
        "What was sent is larger than this page takes. Nothing was changed.",
        "Send something smaller.",
    ),
    415: Words(
        "wrong_type", "That cannot be read", "What was sent has a form that is not known here.", "Send JSON or a form."
    ),
    429: Words(
        "too_many",
        "Too many tries",
        "This was tried very often in a short time. Nothing was changed.",
        "Wait a little, then try again.",
    ),
    500: Words(
        "fault",
        "Something went wrong in the service",
        "It was noted for whoever looks after the service. The doors are not affected: they decide by themselves.",
        "Try again. If it happens again, tell your IT person the time.",
    ),
    503: Words(
        "busy",
        "The service cannot do this just now",
        "The doors are not affected: they decide by themselves.",
        "Try again in a few seconds.",
    ),
}


class Problem(HTTPException):
    """Ends a request with a page, or for programs with RFC 9457 JSON.

    Attributes:
        words: What people read.
        fields: What programs read beside it.
    """

    def __init__(
        self,
        status: int,
        *,
        code: str | None = None,
        title: str | None = None,
        detail: str | None = None,
        action: str | None = None,
        fields: Mapping[str, object] | None = None,
    ) -> None:
        """What is not said is what :data:`WORDS` has for the status."""
        usual = WORDS.get(status, WORDS[400 if status < 500 else 500])
        self.code = status
        self.words = Words(
            code or usual.code,
            title or usual.title,
            usual.detail if detail is None else detail,
            usual.action if action is None else action,
        )
        self.fields = dict(fields or {})
        super().__init__(self.words.detail)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.code or 500

    def as_json(self) -> dict[str, object]:
        """The body that programs get."""
        words = self.words
        return {
            "type": "about:blank",
            "status": self.status,
            "title": words.title,
            "code": words.code,
            "detail": words.detail,
            "action": words.action,
            "fields": self.fields,
        }
