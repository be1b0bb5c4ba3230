"""Old sign-ins are forgotten in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from access_control.database.engine import Database
from access_control.jobs.people import FORGET_SIGN_INS
from access_control.jobs.running import run_due
from access_control.people.errors import SignInRefused
from access_control.people.models import SignInFailure
from access_control.people.sign_in import sign_in
from tests.building.accounts import AT


def test_wrong_passwords_are_gone_after_an_hour(any_database: Database) -> None:
    with pytest.raises(SignInRefused):
        sign_in(any_database, AT, login="nobody", password="x", address="192.0.2.1", device_token=None)
    for minutes, left in ((0, 1), (50, 1), (61, 0), (121, 0)):
        run_due(any_database, AT + timedelta(minutes=minutes), [FORGET_SIGN_INS], "worker")
        with any_database.reading() as session:
            assert session.scalar(select(func.count(SignInFailure.id))) == left
