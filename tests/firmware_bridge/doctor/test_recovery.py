from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from access_control.core.decision.model import Policy
from access_control.core.wire.policy import decode_policy, encode_policy
from firmware_bridge.config import Config, read_config
from firmware_bridge.doctor.finding import Level
from firmware_bridge.doctor.recovery import look_at_recovery
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.sealed_keys import SealedKeys
from tests.building.clock import MONDAY
from tests.building.recovery import RECOVERY
from tests.building.signed import DIGEST_KEY, TRUST, Installation, School

POLICY = decode_policy(encode_policy(replace(School().draft(1), recovery=RECOVERY), DIGEST_KEY), DIGEST_KEY)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A bridge with keys and a service."""
    installation = Installation(tmp_path)
    installation.install()
    with installation.settings.open("a") as settings:
        settings.write('\n[service]\nurl = "https://doors.example.org"\n')
    return read_config(installation.settings)


def said(config: Config, policy: Policy | None = POLICY) -> tuple[Level, str]:
    (finding,) = look_at_recovery(config, policy)
    assert finding.check == "recovery"
    return finding.level, finding.sentence


def test_without_a_passphrase_the_keys_die_with_the_machine(config: Config) -> None:
    level, sentence = said(config, replace(POLICY, recovery=None))
    assert level is Level.LOOK
    assert "has no recovery passphrase" in sentence


def test_a_copy_is_missing_on_its_way_there_and_behind(config: Config) -> None:
    assert "has no copy of the keys that the readers have now" in said(config)[1]
    store = KeyStore(config.state_dir / "keys")
    copies = SealedKeys(config.state_dir, TRUST, store, config.source)
    copy = copies.bring_up_to_date(RECOVERY, None, MONDAY, os.urandom)
    assert "has not taken the newest copy" in said(config)[1]
    copies.acknowledge(copy)
    assert said(config) == (Level.GOOD, "The service holds the readers' keys, sealed (copy 1).")
    store.keep_reader_key("A", 1, os.urandom(16))
    assert "has no copy of the keys that the readers have now" in said(config)[1]


def test_a_bridge_without_a_service_or_a_policy_is_not_looked_at(config: Config) -> None:
    assert list(look_at_recovery(replace(config, service=None), POLICY)) == []
    assert list(look_at_recovery(config, None)) == []
