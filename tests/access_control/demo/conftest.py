"""A school day that never changes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from access_control.core.decision.model import Policy
from access_control.core.wire.keys import open_keys
from access_control.core.wire.policy import open_policy
from access_control.demo.office import Office
from access_control.demo.school import BRIDGE, SITE


@pytest.fixture
def morning() -> datetime:
    return datetime(2026, 11, 24, 14, 20, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.at(tmp_path / "office.json")


@pytest.fixture
def policy(office: Office, morning: datetime) -> Policy:
    """The office's Policy as a bridge opens it."""
    statement = open_keys(office.key_statement(morning), office.identity_public, site=SITE)
    sealed = office.policy(morning)
    return open_policy(sealed, statement.document_keys, site=SITE, bridge=BRIDGE, digest_key=office.digest_key)
