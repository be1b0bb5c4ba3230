"""The status of a whole bridge, as far as it is proved at the moment it is asked for."""

from __future__ import annotations

from access_control.core.decision.model import Board, DeviceKind
from firmware_bridge.controller.building import Building
from firmware_bridge.controller.cycles import RATED_CYCLES, Cycles
from firmware_bridge.controller.reader import ReaderMachine
from firmware_bridge.controller.report import status_of
from firmware_bridge.controller.status import BoardStatus, BridgeStatus, PortStatus, ReaderStatus, RelayStatus
from firmware_bridge.controller.wires import wires


def overview(building: Building, cycles: Cycles, now: float) -> BridgeStatus:
    """Everything, at the monotonic second ``now``."""
    world = building.world
    orders = world.orders.revision if world.orders_seen else None
    ports = tuple(PortStatus(name, up, why) for name, (up, why) in building.ports.items())
    if world.policy is None:
        return BridgeStatus(now, None, orders, world.clock_trusted, ports=ports)
    tampered = {machine.reader.door for machine in building.readers.values() if machine.tampered}
    return BridgeStatus(
        mono_s=now,
        policy=world.policy.revision,
        orders=orders,
        clock_trusted=world.clock_trusted,
        doors=tuple(
            status_of(machine, world, now, tampered=door in tampered) for door, machine in building.doors.items()
        ),
        readers=tuple(_reader(building, machine, now) for machine in building.readers.values()),
        boards=tuple(_board(building, board, now) for board in world.policy.boards.values()),
        inputs=building.alarms.status(now),
        wires=wires(world, now),
        ports=ports,
        relays=tuple(RelayStatus(name, n, RATED_CYCLES) for name, n in sorted(cycles.counts.items())),
        emergencies=building.emergencies.status(building.doors, now),
    )


def _reader(building: Building, machine: ReaderMachine, now: float) -> ReaderStatus:
    device = DeviceKind.READER, machine.reader.id
    return ReaderStatus(
        reader=machine.reader.id,
        name=machine.reader.name,
        door=machine.reader.door,
        link=building.world.link(device),
        why=building.world.whys.get(device, ""),
        tampered=machine.tampered,
        locked_out=machine.locked_out(now),
        power_failing=device in building.world.power_failing,
    )


def _board(building: Building, board: Board, now: float) -> BoardStatus:
    device = DeviceKind.BOARD, board.id
    heard = building.world.heard.get(device)
    return BoardStatus(
        board=board.id,
        name=board.name,
        link=building.world.link(device),
        why=building.world.whys.get(device, ""),
        heard_age_s=None if heard is None else max(0.0, now - heard),
        power_failing=device in building.world.power_failing,
    )
