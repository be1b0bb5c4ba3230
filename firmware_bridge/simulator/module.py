"""An input and output module that speaks OSDP: a board to Policy, a peripheral on its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from access_control.core.decision.model import DeviceKind
from firmware_bridge.simulator.config import BoardConfig, ReaderConfig
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.world import World


class Module:
    """The same abilities as :class:`firmware_bridge.simulator.board.Board`, over a :class:`Peripheral`."""

    def __init__(self, config: BoardConfig, world: World, baud: int, keep: Callable[[Peripheral], None]) -> None:
        """``keep`` is told when it is given a key or other settings."""
        self.config = config
        self._world = world
        as_reader = ReaderConfig(
            config.id,
            config.line,
            config.address,
            config.key,
            outputs=config.outputs,
            inputs=config.inputs,
            supervised=config.supervised,
        )
        self.peripheral = Peripheral(ReaderHead(as_reader, world, DeviceKind.BOARD), baud=baud, keep=keep)

    @property
    def coils(self) -> list[bool]:
        """What it believes of its relays."""
        return self.peripheral.head.outputs

    @property
    def dead(self) -> bool:
        """Whether it says nothing."""
        return self.peripheral.faults.dead

    @dead.setter
    def dead(self, dead: bool) -> None:
        self.peripheral.set_faults(replace(self.peripheral.faults, dead=dead))

    @property
    def slow_s(self) -> float:
        """How much later it answers."""
        return self.peripheral.faults.slow_s

    @slow_s.setter
    def slow_s(self, slow_s: float) -> None:
        self.peripheral.set_faults(replace(self.peripheral.faults, slow_s=slow_s))

    def set_faults(self, faults: ReaderFaults) -> None:
        """Misbehave as a reader can."""
        self.peripheral.set_faults(faults)

    def restart(self) -> None:
        """Lose power for a moment: every relay drops."""
        with self._world.lock:
            self.peripheral.restart(self._world.clock.monotonic_s())
