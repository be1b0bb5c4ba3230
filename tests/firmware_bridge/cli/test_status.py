from __future__ import annotations

from typing import Any

from firmware_bridge.cli.status import page, table


def door(number: int, **changes: Any) -> dict[str, Any]:
    plain = {
        "door": number,
        "number": f"E{number}",
        "name": "Front door",
        "security": "secured",
        "command": "lock",
        "slot": "default",
        "proof_age_s": 0.04,
        "alarm": "none",
        "why": "",
    }
    return plain | changes


def status(**changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "bridge": "b1",
        "policy": "1/2",
        "orders": None,
        "clock_trusted": True,
        "outbox": {"stream": "s1", "last_seq": 10, "acknowledged": 4, "trouble": False},
        "service": None,
        "emergencies": [],
        "doors": [door(1)],
        "readers": [{"reader": 1, "name": "Front reader", "link": "secure", "why": ""}],
        "boards": [],
        "ports": [],
    }
    return plain | changes


def text(**changes: Any) -> str:
    return "\n".join(page(status(**changes)))


def test_a_quiet_school() -> None:
    shown = text()
    assert "Policy 1/2, Orders none; its clock is proved." in shown
    assert "10 in stream s1, 6 not sent yet." in shown
    assert "secured  lock (default)  0.0 s ago" in shown


def test_what_is_not_known_is_never_shown_as_secured() -> None:
    shown = text(doors=[door(1, security="unknown", proof_age_s=None, why="The board does not answer.")])
    line = next(line for line in shown.splitlines() if "Front door" in line)
    assert "UNKNOWN" in line
    assert "never" in line
    assert "The board does not answer." in line
    assert "secured" not in line


def test_a_drill_a_lost_port_a_full_disk_and_an_unproved_clock_stand_out() -> None:
    emergency = {
        "action": "lockdown",
        "drill": True,
        "restored": False,
        "elapsed_s": 7.2,
        "secured": [1, 2],
        "not_secure": [3],
        "not_monitored": [],
        "unknown": [],
    }
    shown = text(
        emergencies=[emergency],
        clock_trusted=False,
        ports=[{"name": "A", "up": False, "why": "It is not there."}, {"name": "B", "up": True, "why": ""}],
        outbox={"stream": "s1", "last_seq": 1, "acknowledged": 0, "trouble": True},
    )
    assert "DRILL, LOCKDOWN since 7 s: 2 secured, 1 not secure, 0 locked, not monitored, 0 unknown." in shown
    again = text(emergencies=[emergency | {"restored": True}])
    assert "LOCKDOWN again in force since the bridge started, 7 s: 2 secured" in again
    assert "NOT proved" in shown
    assert "Port A: It is not there." in shown
    assert "Port B" not in shown
    assert "THE DISK TAKES NONE" in shown


def test_columns_line_up() -> None:
    assert list(table(("A", "LONG"), [("wider", 1), ("x", 22)])) == ["A      LONG", "wider  1", "x      22"]


def test_how_it_stands_with_the_service() -> None:
    assert "Service: none is named in the settings" in text()
    service = {"url": "https://doors:8443", "heard_age_s": 1.25, "stream": True, "trouble": ""}
    assert "Service https://doors:8443: answered 1.2 s ago, push stream open." in text(service=service)
    lost = {"url": "https://doors:8443", "heard_age_s": None, "stream": False, "trouble": "Nobody answers there."}
    assert "Service https://doors:8443: not reached yet, no push stream. Nobody answers there." in text(service=lost)
