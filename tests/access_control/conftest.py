"""Passwords cost next to nothing here: what they cost really is for the tests of passwords alone."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from access_control.people import passwords


@pytest.fixture(autouse=True)
def quick_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.path.name != "test_passwords.py":
        monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
