"""A board on an OSDP line has the same faults and the same place in a building as one on a Modbus line."""

from dataclasses import replace
from pathlib import Path

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.protocol.osdp.commands import AskInputs, OutputControl, OutputOrder, Poll, SetOutputs
from firmware_bridge.protocol.osdp.replies import Ack, InputStatus
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config import BoardConfig, BuildingConfig, LineConfig, LineKind, ReaderConfig
from firmware_bridge.simulator.module import Module
from firmware_bridge.simulator.peripheral import ReaderFaults
from firmware_bridge.simulator.view import state_of

OPEN = SetOutputs((OutputOrder(1, OutputControl.ON),))


def building(folder: Path) -> VirtualBuilding:
    config = BuildingConfig(
        lines=(LineConfig("A", LineKind.OSDP, folder / "A"),),
        readers=(ReaderConfig(1, "A", 1),),
        boards=(BoardConfig(1, "A", 2, outputs=2, inputs=1),),
        memory=folder / "memory.json",
    )
    return VirtualBuilding(config)


def module_of(built: VirtualBuilding) -> Module:
    module = built.boards[1]
    assert isinstance(module, Module)
    return module


def test_its_relays_are_the_buildings_and_drop_with_its_power(tmp_path: Path) -> None:
    built = building(tmp_path)
    module = module_of(built)
    module.peripheral.head.execute(OPEN, 0.0)
    assert module.coils == [False, True]
    assert built.world.outputs[Point(DeviceKind.BOARD, 1, 1)]
    assert state_of(built)["boards"] == {"1": {"coils": [False, True], "dead": False, "slow_s": 0.0}}

    built.restart_board(1)
    assert module.coils == [False, False]


def test_it_is_made_silent_and_slow_as_any_board(tmp_path: Path) -> None:
    built = building(tmp_path)
    built.set_board_faults(1, dead=True, slow_s=0.5)
    assert module_of(built).peripheral.faults == ReaderFaults(dead=True, slow_s=0.5)

    with built:
        module_of(built).set_faults(ReaderFaults(nak=3))
        built.clear_faults()
    assert module_of(built).peripheral.faults == ReaderFaults()
    assert (module_of(built).dead, module_of(built).slow_s) == (False, 0.0)


def test_it_keeps_its_key_apart_from_a_reader_with_the_same_number(tmp_path: Path) -> None:
    built = building(tmp_path)
    peripheral = module_of(built).peripheral
    peripheral.key = b"M" * 16
    peripheral._keep(peripheral)

    again = building(tmp_path)
    assert module_of(again).peripheral.key == b"M" * 16
    assert again.readers[1].key is None


def test_a_supervised_input_tells_of_its_cable_and_any_other_only_its_circuit(tmp_path: Path) -> None:
    for supervised, cut, shorted in ((True, 3, 2), (False, 0, 1)):
        built = building(tmp_path)
        config = replace(built.config, boards=(BoardConfig(1, "A", 2, inputs=1, supervised=supervised),))
        with VirtualBuilding(config) as built:
            head, at = module_of(built).peripheral.head, Point(DeviceKind.BOARD, 1, 0)
            built.world.set_input(at, active=False)
            built.world.cut_cable(at, cut=True)
            assert head.execute(Poll(), 0.0) == (InputStatus((cut,)) if supervised else Ack())
            built.world.cut_cable(at, cut=False)
            built.world.short_cable(at, shorted=True)
            assert head.execute(AskInputs(), 0.0) == InputStatus((shorted,))
            built.clear_faults()
            assert head.execute(AskInputs(), 0.0) == InputStatus((0,))
