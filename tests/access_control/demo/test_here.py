"""The machine's own time zone, and ports that are free."""

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from access_control.demo.here import DEFAULT_ZONE, reserve_port, zone_here


@pytest.mark.parametrize(
    ("named", "zone"),
    [
        ("Europe/Vienna", "Europe/Vienna"),
        (":America/New_York", "America/New_York"),
        ("UTC", DEFAULT_ZONE),
        ("Etc/UTC", DEFAULT_ZONE),
        ("CET-1CEST", DEFAULT_ZONE),
        ("../../etc/passwd", DEFAULT_ZONE),
        ("", DEFAULT_ZONE),
    ],
)
def test_the_zone_that_the_environment_names(named: str, zone: str, tmp_path: Path) -> None:
    assert zone_here(named, tmp_path / "none") == zone


def test_the_zone_that_the_machine_is_set_to(tmp_path: Path) -> None:
    (tmp_path / "zoneinfo/America").mkdir(parents=True)
    (tmp_path / "zoneinfo/America/Denver").touch()
    (tmp_path / "localtime").symlink_to(tmp_path / "zoneinfo/America/Denver")
    assert zone_here("", tmp_path / "localtime") == "America/Denver"


def test_a_taken_port_is_replaced_by_a_free_one() -> None:
    with socket.socket() as other, ExitStack() as ending:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert reserve_port(taken, ending) != taken


def test_two_demos_that_start_together_get_two_ports() -> None:
    with ExitStack() as first, ExitStack() as second:
        port = reserve_port(0x7000, first)
        assert reserve_port(port, second) != port
        first.close()
        assert reserve_port(port, second) == port
