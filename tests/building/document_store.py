"""A bridge's documents on a disk, for tests that start it again and spoil files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from access_control.core.decision.model import Revision
from access_control.core.wire.errors import RefusalCode, Refused
from firmware_bridge.store.applied import Applied
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.handing_over import HandOver, at_once
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.memory import BridgeMemory
from tests.building.clock import MONDAY
from tests.building.signed import DIGEST_KEY, TRUST, secret


@dataclass
class Store:
    """Documents on a disk, and what was announced."""

    place: Path
    announced: list[Applied] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    hand_over: HandOver = at_once

    def open(self) -> None:
        keys = KeyStore(self.place / "keys").create(digest=DIGEST_KEY, signing=secret("bridge"))
        self.memory = BridgeMemory(self.place, MONDAY)
        self.documents = Documents(self.place / "documents", TRUST, keys, self.memory, self.hand_over)
        self.findings = [finding.kind for finding in self.documents.load(MONDAY)]

    def restart(self) -> None:
        self.memory.close()
        self.open()

    def apply(self, data: bytes) -> Applied:
        return self.documents.apply(data, MONDAY, clock_trusted=True, announce=self.announced.append)

    def refusal(self, data: bytes) -> RefusalCode:
        with pytest.raises(Refused) as caught:
            self.apply(data)
        assert caught.value.sentence.endswith(".")
        return caught.value.code

    @property
    def policy_revision(self) -> Revision | None:
        return self.documents.policy.revision if self.documents.policy else None

    def spoil(self, name: str) -> None:
        path = self.place / "documents" / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))
