"""Every endpoint for every role, against ``role_matrix.txt``, which is written by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from flask import Flask
from flask.testing import FlaskClient

from access_control.people.permissions import Role

UUID: Final = "01935c00-0000-7000-8000-00000000ffff"
ROLES: Final = (None, Role.FRONT_DESK, Role.INSTALLER, Role.ADMINISTRATOR)
Line = tuple[str, str, tuple[bool, ...]]


def lines() -> list[Line]:
    """The file: method, path, and for each role whether it gets past the guard."""
    text = (Path(__file__).parent / "role_matrix.txt").read_text()
    found = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            method, path, *allowed = line.split()
            assert len(allowed) == len(ROLES), line
            assert set(allowed) <= {"y", "-"}, line
            found.append((method, path, tuple(one == "y" for one in allowed)))
    return found


def plain(rule: str) -> str:
    """A rule without its converters: ``/doors/<door_id>``."""
    return re.sub(r"<[^<>]*:(\w+)>", r"<\1>", rule)


def filled(path: str) -> str:
    """A path with something in each place that fits its converter."""
    numbers = {"door_id", "board_id", "group_id", "input_id", "level_id", "ref", "reader_id", "schedule_id"}

    def some(place: re.Match[str]) -> str:
        return "1" if place[1] in numbers else "css/tokens.css" if place[1] == "filename" else UUID

    return re.sub(r"<(\w+)>", some, path)


def test_every_endpoint_is_in_the_file_once_and_nothing_else(app: Flask) -> None:
    there = [
        (method, plain(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith("/bridge/v1/")
    ]
    written = [(method, path) for method, path, _ in lines()]
    assert sorted(written) == sorted(there)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: "nobody" if role is None else role.value)
def test_a_role_gets_past_the_guard_where_the_file_says_so(
    role: Role | None, anonymous: FlaskClient, signed_in: Callable[[Role], FlaskClient]
) -> None:
    column = ROLES.index(role)
    wrong = []
    for method, path, allowed in lines():
        client = anonymous if role is None else signed_in(role)
        token = getattr(client, "token", "")
        response = client.open(filled(path), method=method, data={"csrf_token": token}, buffered=False)
        status = response.status_code
        response.close()
        passed = status not in {401, 403}
        if passed != allowed[column] or status >= 500:
            wrong.append(f"{method} {path}: {status}")
        if role is None and not allowed[column] and status != 401:
            wrong.append(f"{method} {path}: {status}, and nobody is signed in")
    assert not wrong
