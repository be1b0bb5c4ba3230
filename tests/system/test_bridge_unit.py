"""The systemd unit of the bridge and the rules for its adapters; a real bridge speaks to a service manager."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.building.processes import START_S, ended, launch, until
from tests.building.signed import Installation
from tests.building.systemd import complaints, systemd_analyze

EXPOSED_AT_MOST = 2.0
ADAPTERS = "60-school-access-control.rules"
RULE_PART = re.compile(r'([A-Z_]+)(?:\{([\w/]+)\})?(==|!=|\+=|=)"([^"]*)"')
ASKED = {"SUBSYSTEM", "KERNEL", "ACTION", "DRIVER", "ATTR", "ATTRS", "ENV", "TEST"}
ORDERED = {"GROUP", "MODE", "ATTR", "ENV"}


@pytest.fixture
def unit(root: Path) -> str:
    return (root / "deploy" / "firmware-bridge.service").read_text()


def test_systemd_takes_it_without_a_word(root: Path, tmp_path: Path) -> None:
    assert complaints(root / "deploy" / "firmware-bridge.service", tmp_path) == []


def test_systemd_complains_of_a_unit_that_it_does_not_understand(unit: str, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    wrong = tmp_path / "firmware-bridge.service"
    wrong.write_text(unit.replace("Type=notify", "Type=sometimes"))
    assert any("sometimes" in line for line in complaints(wrong, tmp_path / "made"))


def test_a_machine_without_systemd_skips_loudly_and_under_ci_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no unit was looked at"):
        systemd_analyze()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="package systemd"):
        systemd_analyze()


def test_ci_installs_what_looks_at_units(root: Path) -> None:
    script = (root / ".ci" / "run").read_text()
    assert "command -v systemd-analyze" in script
    assert re.search(r"^missing\+=\(.*\bsystemd\b", script.replace("    ", ""), re.MULTILINE)


def test_almost_nothing_is_open_to_it(unit: str, tmp_path: Path) -> None:
    path = tmp_path / "firmware-bridge.service"
    path.write_text(unit)
    command = [systemd_analyze(), "security", "--offline=true", "--no-pager", f"--threshold={EXPOSED_AT_MOST * 10:.0f}"]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
    level = re.search(r"exposure level for .*: ([\d.]+)", done.stdout)
    assert level is not None
    assert float(level[1]) < EXPOSED_AT_MOST


def test_it_has_its_own_user_and_no_devices_but_serial_ports(unit: str) -> None:
    settings = [line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#")]
    values: dict[str, list[str]] = {}
    for key, value in settings:
        values.setdefault(key, []).append(value)
    assert values["User"] == ["firmware-bridge"]
    assert values["Type"] == ["notify"]
    assert values["DevicePolicy"] == ["closed"]
    assert values["DeviceAllow"] == ["char-ttyUSB rw", "char-ttyACM rw"]
    assert int(values["WatchdogSec"][0]) >= 10


def test_the_drivers_of_its_ports_are_there_before_it_starts(unit: str) -> None:
    """systemd allows the devices of the drivers that are loaded when a unit starts, and none of later ones."""
    drivers = ["modprobe@usbserial.service", "modprobe@cdc_acm.service"]
    for key in ("Wants", "After"):
        said = " ".join(line.partition("=")[2] for line in unit.splitlines() if line.startswith(f"{key}="))
        assert set(drivers) <= set(said.split()), key


def test_every_rule_is_one_that_udev_can_read(root: Path) -> None:
    rules = [line for line in (root / "deploy" / ADAPTERS).read_text().splitlines() if line and line[0] != "#"]
    assert rules
    for rule in rules:
        parts = [RULE_PART.fullmatch(part.strip()) for part in rule.split(", ")]
        assert all(parts), rule
        found = [part.groups() for part in parts if part is not None]
        assert {key for key, _, operator, _ in found if operator in ("==", "!=")} <= ASKED, rule
        orders = {key for key, _, operator, _ in found if operator == "="}
        assert orders, rule
        assert orders <= ORDERED, rule
    text = "\n".join(rules)
    for what in ('ATTR{latency_timer}="1"', 'GROUP="dialout"', 'ID_MM_DEVICE_IGNORE}="1"', 'power/control}="on"'):
        assert what in text


@pytest.fixture
def manager(place: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(place / "notify"))
        line.settimeout(START_S)
        yield line


def test_a_real_bridge_says_that_it_is_ready_alive_and_stopping(place: Path, manager: socket.socket) -> None:
    installation = Installation(place)
    installation.install()
    environment = {"NOTIFY_SOCKET": str(place / "notify"), "WATCHDOG_USEC": "20000000"}
    arguments = ["run", "--config", str(installation.settings)]
    with ended(launch(arguments, cwd=place, env=environment)) as bridge:
        until(lambda: bridge.out or bridge.popen.poll() is not None, "the bridge is ready")
        await_words(manager, "READY=1\nSTATUS=The bridge is ready: 0 doors on 2 ports.")
        await_words(manager, "WATCHDOG=1")
        assert bridge.stop() == 0
    await_words(manager, "STOPPING=1\nSTATUS=Stopping: outputs go to rest.")


def await_words(manager: socket.socket, wanted: str) -> None:
    """Read what is said until it is this; ends with a time-out."""
    while manager.recv(4096).decode() != wanted:
        pass
