"""Names that stay with an adapter, and its timer."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.config import PortKind, PortSettings
from firmware_bridge.devices.adapters import counted_names, is_counted, lasting_name, latency_ms


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """A /dev with two adapters, one of which has no serial number."""
    for name in ("ttyUSB0", "ttyUSB1", "ttyUSB2"):
        (tmp_path / name).touch()
    for folder, name, target in (
        ("by-id", "usb-FTDI_RS485_A1-if00-port0", "ttyUSB0"),
        ("by-path", "pci-0000:00:14.0-usb-0:1:1.0-port0", "ttyUSB0"),
        ("by-path", "pci-0000:00:14.0-usb-0:2:1.0-port0", "ttyUSB1"),
    ):
        (tmp_path / "serial" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "serial" / folder / name).symlink_to(tmp_path / target)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "counted"),
    [
        ("/dev/ttyUSB0", True),
        ("/dev/ttyACM12", True),
        ("/dev/ttyS0", False),
        ("/dev/serial/by-id/usb-FTDI_ttyUSB0-if00", False),
        ("/dev/ttyUSB_desk", False),
    ],
)
def test_which_paths_may_be_another_adapter_tomorrow(path: str, counted: bool) -> None:
    assert is_counted(path) is counted


def test_a_name_by_serial_number_goes_before_one_by_socket(dev: Path) -> None:
    names = dev / "serial"
    assert (lasting_name(str(dev / "ttyUSB0"), names) or "").endswith("by-id/usb-FTDI_RS485_A1-if00-port0")
    assert (lasting_name(str(dev / "ttyUSB1"), names) or "").endswith("-usb-0:2:1.0-port0")
    assert lasting_name(str(dev / "ttyUSB2"), names) is None
    assert lasting_name(str(dev / "ttyUSB9"), names) is None


def test_the_sentence_has_the_name_to_write(dev: Path) -> None:
    ports = {
        "A": PortSettings("A", PortKind.OSDP, str(dev / "ttyUSB0"), 9600),
        "B": PortSettings("B", PortKind.OSDP, str(dev / "ttyUSB9"), 9600),
        "C": PortSettings("C", PortKind.OSDP, str(dev / "serial/by-id/usb-FTDI_RS485_A1-if00-port0"), 9600),
    }
    said = dict(counted_names(ports, dev / "serial"))
    assert set(said) == {"A", "B"}
    assert said["A"].endswith("by-id/usb-FTDI_RS485_A1-if00-port0.")
    assert "Plug its adapter in" in said["B"]


def test_the_latency_timer_of_an_adapter_that_has_one(dev: Path) -> None:
    timer = dev / "sys" / "ttyUSB0" / "device" / "latency_timer"
    timer.parent.mkdir(parents=True)
    timer.write_text("16\n")
    by_id = dev / "serial/by-id/usb-FTDI_RS485_A1-if00-port0"
    assert latency_ms(str(by_id), dev / "sys") == 16
    assert latency_ms(str(dev / "ttyUSB1"), dev / "sys") is None
    timer.write_text("?")
    assert latency_ms(str(by_id), dev / "sys") is None
