"""The systemd unit of the service."""

from __future__ import annotations

from pathlib import Path

from tests.building.systemd import complaints


def test_systemd_takes_it_without_a_word(root: Path, tmp_path: Path) -> None:
    assert complaints(root / "deploy" / "access-control.service", tmp_path) == []
