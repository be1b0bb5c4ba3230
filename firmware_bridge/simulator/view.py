"""The whole state of a building as plain JSON, for people and tests."""

from __future__ import annotations

from dataclasses import asdict

from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.relay_log import Json


def state_of(building: VirtualBuilding) -> dict[str, Json]:
    """Doors, readers, boards, inputs, relays and lines as they are now; ids are text, as JSON wants them."""
    world = building.world
    with world.lock:
        return {
            "doors": {str(number): _door(building, number) for number in world.doors},
            "readers": {str(number): _reader(building, number) for number in building.readers},
            "boards": {
                str(number): {"coils": list(board.coils), "dead": board.dead, "slow_s": board.slow_s}
                for number, board in building.boards.items()
            },
            "lines": {
                name: {"path": str(line.path), "faults": asdict(line.faults)} for name, line in building.lines.items()
            },
            "inputs": {str(point): active for point, active in world.inputs.items()},
            "outputs": {str(point): on for point, on in world.outputs.items()},
        }


def _door(building: VirtualBuilding, number: int) -> Json:
    door = building.world.doors[number]
    return {
        "name": building.world.configs[number].name,
        "released": door.released,
        "open": door.open,
        "contact": door.contact_active,
        "rex": door.rex_pressed,
        "latch": door.latch_active,
        "jammed_open": door.jammed_open,
        "contact_stuck": door.contact_stuck,
        "latch_stuck": door.latch_stuck,
        "lock_stuck": door.lock_stuck,
    }


def _reader(building: VirtualBuilding, number: int) -> Json:
    peripheral = building.readers[number]
    head = peripheral.head
    now_s = building.world.clock.monotonic_s()
    history: list[Json] = [
        {"mono_s": round(at_s, 6), "what": what, "shows": how} for at_s, what, how in head.face.history
    ]
    return {
        "secure": peripheral.secure,
        "keyed": peripheral.key is not None,
        "address": peripheral.address,
        "led": str(head.face.looks(now_s)),
        "sounding": head.face.sounding(now_s),
        "history": history,
        "outputs": list(head.outputs),
        "tampered": head.tampered,
        "power_failed": head.power_failed,
        "faults": asdict(peripheral.faults),
    }
