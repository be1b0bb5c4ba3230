"""The simulator as a process: ``firmware-bridge simulate CONFIG``."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config_file import BuildingConfigError, read_building
from firmware_bridge.simulator.control import ControlServer
from firmware_bridge.simulator.desk import Desk
from firmware_bridge.simulator.line import PathTakenError
from firmware_bridge.simulator.memory import LostMemoryError

WRONG_SETTINGS = 2
CANNOT_START = 1


def main(config_path: Path) -> int:
    """Simulate until asked to stop, by a signal or at the control socket; the exit code of the process.

    Prints one line when every serial port is there.
    """
    try:
        config = read_building(config_path)
    except BuildingConfigError as error:
        print(error, file=sys.stderr)
        return WRONG_SETTINGS
    try:
        building = VirtualBuilding(config)
    except LostMemoryError as error:
        print(error, file=sys.stderr)
        return CANNOT_START
    control = ControlServer(building, config.control) if config.control else None
    desk = control.desk if control else Desk(building)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        desk.stop_asked.set()

    with ExitStack() as stack:
        for number in (signal.SIGTERM, signal.SIGINT):
            stack.callback(signal.signal, number, signal.signal(number, stop))
        try:
            stack.enter_context(building)
            if control:
                control.start()
                stack.callback(control.stop)
        except (PathTakenError, OSError) as error:
            print(error, file=sys.stderr)
            return CANNOT_START
        ports = ", ".join(f"{line.name} at {line.path}" for line in config.lines)
        print(f"The simulated building is ready. Serial ports: {ports}.", flush=True)
        desk.stop_asked.wait()
    return 0
