from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware_bridge.doctor.patient import Patient, patient_at


@pytest.fixture
def patient(place: Path) -> Iterator[Patient]:
    """A bridge that is well but does not run."""
    with patient_at(place) as patient:
        yield patient
