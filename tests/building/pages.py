"""Posting forms as a page would, and reading what came back."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def post(client: FlaskClient, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
    """Send a form with the token that its page would carry."""
    return client.post(path, data={"csrf_token": client.token, **(data or {}), **more})  # type: ignore[attr-defined] # set by the fixture


def refusals(answer: TestResponse) -> list[str]:
    """What a page says at fields that it did not take, and above them."""
    wrong = re.findall(r'<p class="wrong".*?<span>(.*?)</span></p>', answer.text, re.DOTALL)
    above = re.findall(r"<strong>Nothing was changed\.</strong>(.*?)</div>", answer.text, re.DOTALL)
    return [re.sub(r"<.*?>", "", one).strip() for one in wrong + above]


NONSENSE = ("", "\0", "9" * 40, "-1", "1e9", "'; DROP TABLE door; --", "<script>", "\u202e\u202c", "x" * 5000, "\ud800")


def nonsense(client: FlaskClient, path: str, fields: list[str]) -> list[tuple[str, int]]:
    """Post nonsense in every field at once, and some of it in each alone; every answer that is no plain refusal."""
    together = [(value, fields) for value in NONSENSE]
    alone = [(value, [one]) for one in fields for value in NONSENSE[1:3]]
    bad = []
    for value, chosen in [*together, *alone]:
        answer = post(client, path, dict.fromkeys(chosen, value.encode("utf-8", "replace").decode()))
        if answer.status_code >= 500 or answer.status_code == 404:
            bad.append((f"{path} {chosen} {value[:12]!r}", answer.status_code))
    return bad
