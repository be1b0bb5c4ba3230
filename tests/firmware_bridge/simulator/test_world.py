from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from access_control.core.decision.model import DeviceKind, LockKind, Point
from firmware_bridge.clock import SystemClock
from firmware_bridge.simulator.config import DoorConfig
from firmware_bridge.simulator.doors import Walk
from firmware_bridge.simulator.relay_log import RelayLog, read_relay_log
from firmware_bridge.simulator.world import World

LOCK, CONTACT, REX, LATCH = (Point(DeviceKind.BOARD, 1, i) for i in range(4))
FRONT = DoorConfig(1, "Front door", LockKind.STRIKE, LOCK, contact=CONTACT, rex=REX, latch=LATCH)


def test_the_log_is_a_witness_of_every_movement_and_of_nothing_else(tmp_path: Path) -> None:
    log = RelayLog(tmp_path / "relays.jsonl")
    log.open()
    world = World([FRONT], SystemClock(), log)
    for on in (True, True, False, False, True):
        world.relay_commanded(LOCK, on, "command")
    written = read_relay_log(tmp_path / "relays.jsonl")
    log.close()
    moves = [line for line in written if line["what"] == "output"]
    assert [(line["point"], line["on"], line["door"], line["released"]) for line in moves] == [
        ("board 1.0", True, 1, True),
        ("board 1.0", False, 1, False),
        ("board 1.0", True, 1, True),
    ]
    assert all(isinstance(line["mono_s"], float) for line in written)


def test_a_log_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"what": "output"}\n{"what": "ou')
    assert read_relay_log(tmp_path / "log") == [{"what": "output"}]


def test_contacts_follow_the_door() -> None:
    world = World([FRONT], SystemClock(), RelayLog(None))
    told: list[tuple[Point, bool]] = []
    world.on_input = lambda point, active: told.append((point, active))
    walk = Walk(world.doors[1], world.clock.monotonic_s(), out=True, reach_s=0.05, pass_s=0.05)
    world.start()
    world.walk(1, walk)
    assert world.wait_for(lambda: walk.over, 5)
    world.stop()
    assert told == [(REX, True), (CONTACT, True), (REX, False), (LATCH, True), (CONTACT, False), (LATCH, False)]


def test_loops_that_rest_closed_report_the_opposite() -> None:
    world = World([replace(FRONT, rests_closed=("contact", "latch"))], SystemClock(), RelayLog(None))
    world.start()
    assert world.wait_for(lambda: world.inputs.get(CONTACT) is True and world.inputs.get(LATCH) is True, 5)
    assert world.inputs[REX] is False
    with world.lock:
        world.doors[1].open = True
        world.settle()
    assert world.inputs[CONTACT] is False
    world.stop()


def test_a_watcher_that_has_gone_is_told_nothing() -> None:
    world = World([FRONT], SystemClock(), RelayLog(None))
    watcher = world.watch()
    world.tell("one")
    world.unwatch(watcher)
    world.tell("two")
    assert watcher.get()["what"] == "one"
    assert watcher.empty()


def test_waiting_for_what_never_comes_ends() -> None:
    world = World([FRONT], SystemClock(), RelayLog(None))
    assert not world.wait_for(lambda: world.doors[1].open, 0.05)


def test_a_cut_cable_is_an_open_circuit_whatever_the_contact_does() -> None:
    contact, panel = Point(DeviceKind.BOARD, 1, 0), Point(DeviceKind.BOARD, 1, 7)
    config = replace(FRONT, contact=contact, rests_closed=("contact",))
    world = World([config], SystemClock(), RelayLog(None))
    seen: list[tuple[Point, bool]] = []
    world.on_input = lambda point, active: seen.append((point, active))
    assert world.inputs[contact] is True
    world.cut_cable(contact, cut=True)
    world.settle()
    world.set_input(panel, active=True)
    world.cut_cable(panel, cut=True)
    world.set_input(panel, active=True)
    assert (world.inputs[contact], world.inputs[panel]) == (False, False)
    world.cut_cable(contact, cut=False)
    world.cut_cable(panel, cut=False)
    assert (world.inputs[contact], world.inputs[panel]) == (True, True)
    assert seen == [(contact, False), (panel, True), (panel, False), (contact, True), (panel, True)]
