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
        "clock": {"doubt": "none", "off_s": 0, "service": "silent", "newest": None},
        "outbox": {"stream": "s1", "last_seq": 10, "acknowledged": 4, "trouble": False, "unkept": False},
        "service": None,
        "policy_age": None,
        "neighbours": None,
        "release_codes_left": 0,
        "emergencies": [],
        "doors": [door(1)],
        "readers": [{"reader": 1, "name": "Front reader", "link": "secure", "why": "", "power_failing": False}],
        "boards": [],
        "inputs": [],
        "wires": [],
        "ports": [],
        "relays": [],
    }
    return plain | changes


def text(**changes: Any) -> str:
    return "\n".join(page(status(**changes)))


def test_how_old_the_policy_is_and_what_comes_of_it() -> None:
    limits = {"exterior": 30, "interior": 60, "room": 90}
    young = {"policy_age_s": 3.2, "limits": limits, "steps": dict.fromkeys(limits, 0)}
    assert "Policy: confirmed 3 s ago.\n" in text(policy_age=young)
    old = {"policy_age_s": 30.5 * 86_400, "limits": limits, "steps": {"exterior": 100, "interior": 50, "room": 0}}
    line = next(line for line in text(policy_age=old).splitlines() if line.startswith("Policy: "))
    assert "NOT confirmed for 30 days." in line
    assert "Timed rights have stopped at outside doors." in line
    assert "In 30 days timed rights stop at inside doors." in line
    assert "rooms" not in line


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
        clock={"doubt": "jumped", "off_s": 36_000, "service": "silent", "newest": None},
        ports=[{"name": "A", "up": False, "why": "It is not there."}, {"name": "B", "up": True, "why": ""}],
        outbox={
            "stream": "s1",
            "last_seq": 1,
            "acknowledged": 0,
            "trouble": True,
            "read_only": False,
            "waiting": 3,
            "unkept": False,
        },
    )
    assert "DRILL, LOCKDOWN since 7 s: 2 secured, 1 not secure, 0 locked, not monitored, 0 unknown." in shown
    again = text(emergencies=[emergency | {"restored": True}])
    assert "LOCKDOWN again in force since the bridge started, 7 s: 2 secured" in again
    assert "NOT proved" in shown
    assert "Clock: It jumped, and is 10 hours ahead of where it should be. Set the machine's clock" in shown
    assert "Port A: It is not there." in shown
    assert "Port B" not in shown
    assert "THE DISK TAKES NONE: 3 events wait in memory, and a restart would forget them. Make room on it." in shown


def test_a_disk_that_can_only_be_read_says_what_is_refused_and_what_a_restart_forgets() -> None:
    outbox = {"stream": None, "last_seq": 0, "acknowledged": 0, "trouble": True, "read_only": True}
    shown = text(outbox=outbox | {"waiting": 12, "unkept": True})
    assert "in stream none" in shown
    assert "THE DISK CAN ONLY BE READ: 12 events wait in memory" in shown
    assert "Exchange it." in shown
    assert "Passes for a single entry, release codes and single unlocks are refused" in shown
    assert "a restart would forget it too" in shown
    assert "it too" not in text(outbox=outbox | {"waiting": 12, "unkept": False})
    slow = text(outbox=outbox | {"trouble": False, "read_only": False, "waiting": 0, "unkept": True})
    assert "THE DISK HAS NOT TAKEN ALL OF IT" in slow


def test_a_device_whose_power_fails_stands_out() -> None:
    reader = {"reader": 1, "name": "Front reader", "link": "secure", "why": "", "power_failing": True}
    (line,) = [line for line in text(readers=[reader]).splitlines() if "Front reader" in line]
    assert line.endswith("secure  ITS POWER SUPPLY FAILS.")


def test_columns_line_up() -> None:
    assert list(table(("A", "LONG"), [("wider", 1), ("x", 22)])) == ["A      LONG", "wider  1", "x      22"]


def test_how_it_stands_with_the_service() -> None:
    assert "Service: none is named in the settings" in text()
    service = {"url": "https://doors:8443", "heard_age_s": 1.25, "stream": True, "trouble": ""}
    assert "Service https://doors:8443: answered 1.2 s ago, push stream open." in text(service=service)
    lost = {"url": "https://doors:8443", "heard_age_s": None, "stream": False, "trouble": "Nobody answers there."}
    assert "Service https://doors:8443: not reached yet, no push stream. Nobody answers there." in text(service=lost)


def test_alarm_inputs_have_lines_of_their_own() -> None:
    mains = {"input": 2, "name": "Supply", "kind": "mains_fail", "active": True, "state": "active", "why": ""}
    cut = mains | {"input": 3, "name": "Key box", "state": "cut", "why": "Its wire is cut."}
    rest = mains | {"input": 4, "name": "Office button", "kind": "panic", "active": False, "state": "normal"}
    lines = text(inputs=[mains, cut, rest]).splitlines()
    told = {line.split("  ")[0]: " ".join(line.split()) for line in lines}
    assert told["2"] == "2 Supply mains fail ALARM"
    assert told["3"] == "3 Key box mains fail ALARM, cut Its wire is cut."
    assert told["4"] == "4 Office button panic at rest"


def test_relays_are_shown_with_what_they_are_rated_for() -> None:
    lines = text(relays=[{"point": "board 1.3", "cycles": 1234, "rated": 100000}]).splitlines()
    assert "board 1.3 1234 100000" in [" ".join(line.split()) for line in lines]


def test_wires_are_shown_as_they_are_measured() -> None:
    contact = {"point": "board 1.3", "use": "contact of door 1", "rests_closed": True, "state": "open", "since_s": 4.2}
    cut = contact | {"point": "reader 2.0", "use": "", "rests_closed": False, "state": "cut", "since_s": None}
    idle = cut | {"point": "board 1.9", "state": "open"}
    lines = [" ".join(line.split()) for line in text(wires=[contact, idle, cut]).splitlines()]
    assert "board 1.3 contact of door 1 closed (nc) open 4 s" in lines
    assert "reader 2.0 nothing CUT" in lines
    assert not [line for line in lines if line.startswith("board 1.9")]


def test_how_it_stands_with_the_neighbours() -> None:
    gym = {
        "bridge": "b2",
        "address": "gym.school.lan:4711",
        "reachable": True,
        "heard_age_s": 12.3,
        "acknowledged": 1,
        "waiting": 0,
        "trouble": "",
    }
    gone = gym | {"bridge": "b3", "reachable": False, "heard_age_s": None, "acknowledged": 0, "waiting": 1}
    gone |= {"trouble": "gym.school.lan:4711 does not answer in time."}
    shown = text(
        neighbours={"listening": "0.0.0.0:4711", "trouble": "", "bridges": [gym, gone]},
        release_codes_left=7,
    )
    assert "Neighbours: listening at 0.0.0.0:4711." in shown
    assert "b2 at gym.school.lan:4711: reachable, heard 12 s ago, has acknowledged 1 of 1 emergencies." in shown
    assert "b3 at gym.school.lan:4711: NOT REACHABLE, never heard, has acknowledged 0 of 1 emergencies. gym" in shown
    assert "Codes that end an emergency here: 7 left." in shown
    quiet = gym | {"acknowledged": 0}
    shown = text(neighbours={"listening": None, "trouble": "Port 4711 is taken.", "bridges": [quiet]})
    assert "Neighbours: NOT listening. Port 4711 is taken." in shown
    assert "heard 12 s ago." in shown
    assert "Codes" not in shown
