"""A bridge that is well, on a machine that is made up, for tests that make it ill in one way."""

from __future__ import annotations

import os
import pty
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from access_control.core.wire.policy_draft import PolicyDraft
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.doctor.examine import examine
from firmware_bridge.doctor.finding import Finding, Level
from firmware_bridge.doctor.machine import Machine
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.memory import BridgeMemory
from tests.building.signed import BOARDS_LINE, READERS_LINE, TRUST, Installation, School

GOOD_UNIT = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "UnitFileState": "enabled",
    "Type": "notify",
    "WatchdogUSec": "20s",
}


@dataclass
class Patient:
    """An installation with its documents and both ports; tests change what they like."""

    installation: Installation
    school: School
    unit: dict[str, str] = field(default_factory=lambda: dict(GOOD_UNIT))

    @property
    def sys(self) -> Path:
        return self.installation.place / "sys"

    def machine(self) -> Machine:
        place = self.installation.place
        return Machine(
            serial_names=place / "serial", ttys=self.sys, boot_id=place / "boot_id", systemd=lambda: self.unit
        )

    def findings(self) -> list[Finding]:
        return list(examine(read_config(self.installation.settings), self.machine()))

    def bad(self) -> dict[str, Finding]:
        """Everything that is not as it should be, by the name of its check."""
        return {finding.check: finding for finding in self.findings() if finding.level is not Level.GOOD}

    def apply(self, *documents: bytes) -> None:
        """As a bridge would that ran before."""
        state, at = self.installation.state, SystemClock().moment().at
        memory = BridgeMemory(state, at)
        try:
            kept = Documents(state / "documents", TRUST, KeyStore(state / "keys").load(), memory)
            kept.load(at)
            for document in documents:
                kept.apply(document, at, clock_trusted=True, announce=lambda _: None)
        finally:
            memory.close()

    def draft(self) -> PolicyDraft:
        """The next Policy, to be changed."""
        self.school.policies += 1
        return self.school.draft(self.school.policies)


@contextmanager
def patient_at(place: Path) -> Iterator[Patient]:
    """A patient that is well, but for its bridge, which does not run."""
    with ExitStack() as stack:
        for name in (READERS_LINE, BOARDS_LINE):
            master, slave = pty.openpty()
            stack.callback(os.close, master)
            stack.callback(os.close, slave)
            (place / name).symlink_to(os.ttyname(slave))
        (place / "boot_id").write_text("b007\n")
        (place / "sys").mkdir()
        installation = Installation(place)
        installation.install()
        patient = Patient(installation, School(made_at=SystemClock().moment().at - timedelta(days=1)))
        patient.apply(patient.school.keys(), patient.school.policy())
        yield patient
