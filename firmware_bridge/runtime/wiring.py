"""Serial ports as settings and Policy want them, and the way of each command to its port."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from access_control.core.decision.model import Board, DeviceKind, Point, Policy
from firmware_bridge.clock import Clock
from firmware_bridge.config import Config, PortKind, PortSettings
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import OutputFailed, PortChanged
from firmware_bridge.devices.modbus_port import ModbusPort
from firmware_bridge.devices.osdp_port import OsdpPort, ReaderSetup
from firmware_bridge.devices.scanner_port import ScannerPort
from firmware_bridge.ports import Emit, Port, Watched
from firmware_bridge.store.keys import KeyFileError, KeyStore

_log = logging.getLogger(__name__)
_FAILED: Final = "The port's program failed and was started again. Please report this with the log."


@dataclass(frozen=True, slots=True)
class PortPlan:
    """What one port has to serve."""

    settings: PortSettings
    readers: tuple[ReaderSetup, ...] = ()
    boards: tuple[Board, ...] = ()


MakePort = Callable[[PortPlan, Emit, Clock], Port]


def make_port(plan: PortPlan, emit: Emit, clock: Clock) -> Port:
    """A port of the kind that the settings say."""
    settings = plan.settings
    match settings.kind:
        case PortKind.OSDP:
            return OsdpPort(settings.name, settings.path, settings.baud, plan.readers, emit=emit, clock=clock)
        case PortKind.MODBUS:
            return ModbusPort(settings.name, settings.path, settings.baud, plan.boards, emit=emit, clock=clock)
        case PortKind.SCANNER:
            assert settings.reader is not None
            return ScannerPort(settings.name, settings.path, settings.baud, settings.reader, emit=emit, clock=clock)


def plan_ports(config: Config, policy: Policy, keys: KeyStore) -> tuple[dict[str, PortPlan], tuple[str, ...]]:
    """What each port has to serve, and a sentence for everything in Policy that no port of the settings can."""
    doubts = _unserved(config, policy)
    plans: dict[str, PortPlan] = {}
    for name, settings in config.ports.items():
        match settings.kind:
            case PortKind.OSDP:
                readers, more = _readers_on(name, policy, keys)
                doubts += more
                plans[name] = PortPlan(settings, readers=readers)
            case PortKind.MODBUS:
                boards = tuple(board for board in policy.boards.values() if board.port == name)
                plans[name] = PortPlan(settings, boards=boards)
            case PortKind.SCANNER:
                plans[name] = PortPlan(settings)
    return plans, tuple(doubts)


def _readers_on(name: str, policy: Policy, keys: KeyStore) -> tuple[tuple[ReaderSetup, ...], list[str]]:
    setups, doubts = [], []
    for reader in policy.readers.values():
        if reader.port != name:
            continue
        scbk = None
        try:
            scbk = keys.reader_key(name, reader.address)
        except KeyFileError as error:
            doubts.append(str(error))
        setups.append(ReaderSetup(reader.id, reader.address, scbk))
    return tuple(setups), doubts


def _unserved(config: Config, policy: Policy) -> list[str]:
    doubts = []
    for reader in policy.readers.values():
        found = config.ports.get(reader.port)
        if found is None or found.kind is PortKind.MODBUS:
            doubts.append(_absent(f"Reader {reader.id} ({reader.name})", reader.port, "readers"))
    for board in policy.boards.values():
        found = config.ports.get(board.port)
        if found is None or found.kind is not PortKind.MODBUS:
            doubts.append(_absent(f"Board {board.id} ({board.name})", board.port, "boards"))
    doubts += [
        f"ports.{name}.reader: Policy has no reader {settings.reader}, so its codes open nothing."
        for name, settings in config.ports.items()
        if settings.kind is PortKind.SCANNER and settings.reader not in policy.readers
    ]
    return doubts


def _absent(device: str, port: str, what: str) -> str:
    return f"{device} hangs on port {port}, but the settings have no port of that name for {what}."


class Wiring:
    """The ports that run now. Only the controller's thread uses it, and whoever stops the bridge afterwards."""

    def __init__(self, config: Config, keys: KeyStore, make: MakePort, emit: Emit, clock: Clock) -> None:
        """No port is opened before :meth:`connect`."""
        self._config = config
        self._keys = keys
        self._make = make
        self._emit = emit
        self._clock = clock
        self._plans: dict[str, PortPlan] = {}
        self._ports: dict[str, Port] = {}
        self._started: set[str] = set()
        self._routes: dict[tuple[DeviceKind, int], str] = {}
        self.doubts: tuple[str, ...] = ()

    def connect(self, policy: Policy) -> None:
        """Make the ports that Policy needs and change those that it changes; :meth:`start` opens new ones."""
        plans, self.doubts = plan_ports(self._config, policy, self._keys)
        for doubt in self.doubts:
            _log.warning("%s", doubt)
        for name, plan in plans.items():
            if name in self._ports and self._plans[name] != plan:
                self._change(name, plan)
            if name not in self._ports:
                self._ports[name] = self._make(plan, self._emit, self._clock)
        self._plans = plans
        self._routes = _routes(policy, plans)

    def _change(self, name: str, plan: PortPlan) -> None:
        port = self._ports[name]
        if isinstance(port, OsdpPort):
            port.reconfigure(plan.readers)
            return
        if isinstance(port, ModbusPort):
            port.reconfigure(plan.boards)
            return
        port.stop()
        self._started.discard(name)
        del self._ports[name]

    def start(self) -> None:
        """Open ports that are not open yet: relay boards first, so that doors are right before any reader works."""
        boards_first = sorted(self._ports, key=lambda name: self._plans[name].settings.kind is not PortKind.MODBUS)
        for name in boards_first:
            if name not in self._started:
                self._started.add(name)
                self._ports[name].start()

    def revive(self) -> None:
        """Start anew every port whose thread has ended by a fault; the controller sends its devices all they need."""
        for name in self._started:
            port = self._ports[name]
            if isinstance(port, Watched) and not port.alive():
                _log.error("Port %s has failed and is started again.", name)
                self._emit(PortChanged(self._clock.moment(), name, up=False, why=_FAILED))
                self._ports[name] = self._make(self._plans[name], self._emit, self._clock)
                self._ports[name].start()

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        """Hand a command to its port; an output without one is reported as failed."""
        if isinstance(command, DriveOutput):
            name = self._routes.get((command.point.kind, command.point.device))
            if name is None:
                self._report(command.point, energised=command.energised)
        else:
            name = self._routes.get((DeviceKind.READER, command.reader))
        if name is not None:
            self._ports[name].submit(command)

    def _report(self, point: Point, *, energised: bool) -> None:
        why = "The device hangs on a port that the settings do not have."
        self._emit(OutputFailed(self._clock.moment(), point, energised, why))

    def stop(self) -> None:
        """Bring outputs to rest and close every port; readers first, so that no card is taken any more."""
        boards_last = sorted(self._ports, key=lambda name: self._plans[name].settings.kind is PortKind.MODBUS)
        for name in boards_last:
            if name in self._started:
                self._ports[name].stop()
        self._ports.clear()
        self._started.clear()


def _routes(policy: Policy, plans: Mapping[str, PortPlan]) -> dict[tuple[DeviceKind, int], str]:
    routes: dict[tuple[DeviceKind, int], str] = {}
    for name, plan in plans.items():
        routes |= {(DeviceKind.READER, setup.id): name for setup in plan.readers}
        routes |= {(DeviceKind.BOARD, board.id): name for board in plan.boards}
        if plan.settings.reader is not None and plan.settings.reader in policy.readers:
            routes[DeviceKind.READER, plan.settings.reader] = name
    return routes
