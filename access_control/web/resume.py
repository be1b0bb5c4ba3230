"""The sign-in page in the place of the page that was asked for, and what was typed when a session ended under it.

What was typed travels through the sign-in page in a signed field; the service keeps nothing. Only a form sent from a
page of our own is kept: another site could otherwise have its form sent by whoever signs in next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from flask import current_app, render_template, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from access_control.web.forms import SignInForm
from access_control.web.services import current
from access_control.web.sessions import operator_of_cookie

MOST_KEPT: Final = 60_000
GOOD_S: Final = 30 * 60
_SECRET_WORDS: Final = ("password", "pin", "csrf", "code")


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that was sent when nobody was signed in any more.

    Attributes:
        operator: Who had been signed in, if the cookie still told.
    """

    path: str
    fields: tuple[tuple[str, str], ...]
    operator: str | None


def sign_in_page(form: SignInForm | None = None, *, sentence: str = "", action: str = "", kept: str = "") -> str:
    """The page to sign in at, which leads back to where one was."""
    form = form or SignInForm(formdata=None)
    if not form.next.data:
        form.next.data = _back_to()
    ended = operator_of_cookie() is not None
    return render_template(
        "pages/sign_in.html", form=form, sentence=sentence, action=action, kept=kept or _keep(), ended=ended
    )


def own_path(text: str | None) -> str:
    """A path of this service to go to; ``/`` for anything that leads elsewhere."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or not text.isprintable():
        return "/"
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or "\\" in text or parts.path in {"/sign-in", "/sign-out"}:
        return "/"
    return text


def unseal(text: str) -> Kept | None:
    """What :func:`sign_in_page` kept; ``None`` if there is nothing, or it is not ours, or too old."""
    if not text:
        return None
    try:
        found: dict[str, Any] = _sealer().loads(text, max_age=GOOD_S)
    except BadSignature:
        return None
    fields = tuple((str(name), str(value)) for name, value in found["fields"])
    return Kept(own_path(found["path"]), fields, found["operator"])


def _back_to() -> str:
    if request.method == "GET":
        return own_path(request.full_path.removesuffix("?"))
    referrer = _address(request.referrer)
    if referrer is None or referrer.netloc != request.host:
        return "/"
    return own_path(referrer.path + (f"?{referrer.query}" if referrer.query else ""))


def _address(text: str | None) -> SplitResult | None:
    """An address that a header tells; ``None`` for what is none."""
    try:
        return urlsplit(text or "")
    except ValueError:
        return None


def _keep() -> str:
    origin = _address(request.headers.get("Origin"))
    if request.method != "POST" or origin is None or origin.netloc != request.host or request.path == "/sign-in":
        return ""
    fields = [
        (name, value)
        for name, values in request.form.lists()
        for value in values
        if not any(word in name.lower() for word in _SECRET_WORDS)
    ]
    if not fields or sum(len(name) + len(value) for name, value in fields) > MOST_KEPT:
        return ""
    path = request.full_path.removesuffix("?")
    return _sealer().dumps({"path": path, "fields": fields, "operator": operator_of_cookie()})


def _sealer() -> URLSafeTimedSerializer:
    assert current_app.secret_key is not None
    return URLSafeTimedSerializer(current().session_secret, salt="a form kept through a sign-in")
