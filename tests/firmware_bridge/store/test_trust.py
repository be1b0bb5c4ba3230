from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.store.trust import TrustError, read_trust, write_trust
from tests.building.signed import IDENTITY, TRUST


def test_what_was_pinned_comes_back(tmp_path: Path) -> None:
    write_trust(tmp_path, TRUST)
    trust = read_trust(tmp_path)
    assert trust == TRUST
    assert trust.identity_bytes() == IDENTITY.public_key().public_bytes_raw()
    assert (tmp_path / "trust.json").stat().st_mode & 0o077 == 0


def test_a_bridge_of_no_school_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="firmware-bridge enroll"):
        read_trust(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", '{"site":"x","bridge":"y","identity_key":"z"}', "[1]"])
def test_a_damaged_file_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "trust.json").write_text(text)
    with pytest.raises(TrustError, match="restore it from the backup"):
        read_trust(tmp_path)
