from __future__ import annotations

from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.doctor.finding import Level
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from tests.building.processes import until
from tests.building.signed import secret
from tests.firmware_bridge.doctor.patient import Patient


def test_all_is_well_but_that_the_bridge_does_not_run(patient: Patient) -> None:
    bad = patient.bad()
    assert list(bad) == ["bridge"]
    assert bad["bridge"].level is Level.LOOK
    assert "systemctl start" in bad["bridge"].sentence


def test_beside_a_running_bridge_its_ports_are_its_own(patient: Patient) -> None:
    with Bridge(read_config(patient.installation.settings), Surroundings(SystemClock())):
        until(
            lambda: sum("in the bridge's hands" in f.sentence for f in patient.findings()) == 2, "both ports are open"
        )
        assert patient.bad() == {}


def test_a_port_that_the_running_bridge_cannot_use(patient: Patient) -> None:
    path = patient.installation.line("A")
    there = path.readlink()
    path.unlink()
    with Bridge(read_config(patient.installation.settings), Surroundings(SystemClock())):
        until(lambda: "port.A" in patient.bad(), "the port is missed")
        path.symlink_to(there)
        path.unlink()
        path.symlink_to("/dev/null")
        until(lambda: "cannot be used as a serial port" in patient.bad()["port.A"].sentence, "the bridge says why")


def test_no_secret_is_ever_printed(patient: Patient) -> None:
    for path in (patient.installation.state / "keys").iterdir():
        path.chmod(0o644)
    said = "\n".join(finding.sentence for finding in patient.findings())
    secrets = [secret(name) for name in ("digest", "bridge", "reader 1", "reader 2")]
    assert not any(key.hex()[:12] in said for key in secrets)
