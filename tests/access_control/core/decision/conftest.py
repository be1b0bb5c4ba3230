"""The corpus school, through the wire's bytes, for the tests of single rules."""

import pytest

from access_control.core.decision.model import Policy
from tests.corpus.loading import building


@pytest.fixture(scope="session")
def small_school() -> Policy:
    """Doors 1 front, 2 side, 3 corridor, 4 stairs, 5 gym, 6 room 12."""
    return building().policy
