"""Serial ports as settings and Policy want them, and the way of each command to its port."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from access_control.core.decision.building import READER_POINTS
from access_control.core.decision.model import Board, DeviceKind, Point, Policy, Reader
from firmware_bridge.clock import Clock
from firmware_bridge.config import BOARD_KINDS, LISTENING_KINDS, SINGLE_BOARD_KINDS, Config, PortKind, PortSettings
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import OutputFailed, PortChanged
from firmware_bridge.devices.board_port import BoardPort
from firmware_bridge.devices.em4100_port import Em4100Port
from firmware_bridge.devices.lcus_port import LcusPort
from firmware_bridge.devices.modbus_port import ModbusPort
from firmware_bridge.devices.numato_port import NumatoPort
from firmware_bridge.devices.osdp_port import OsdpPort, ReaderSetup
from firmware_bridge.devices.scanner_port import ScannerPort
from firmware_bridge.devices.tap import Tap
from firmware_bridge.ports import HANGS_AFTER_S, Emit, Port, Watched
from firmware_bridge.protocol.em4100 import Checksum
from firmware_bridge.protocol.osdp.setup import LAST_ADDRESS
from firmware_bridge.store.keys import KeyFileError, KeyStore

_log = logging.getLogger(__name__)
_WITH_BOARDS: Final = BOARD_KINDS | {PortKind.OSDP}
_FAILED: Final = "The port's program failed and was started again. Please report this with the log."


@dataclass(frozen=True, slots=True)
class PortPlan:
    """What one port has to serve. ``modules`` are the boards of an OSDP port, ``boards`` those of any other."""

    settings: PortSettings
    readers: tuple[ReaderSetup, ...] = ()
    boards: tuple[Board, ...] = ()
    modules: tuple[ReaderSetup, ...] = ()

    @property
    def peripherals(self) -> tuple[ReaderSetup, ...]:
        """Everything on an OSDP port."""
        return self.readers + self.modules

    @property
    def moves_locks(self) -> bool:
        """Whether boards hang on it, so that it is opened first and closed last."""
        return self.settings.kind in BOARD_KINDS or bool(self.modules)


MakePort = Callable[[PortPlan, Emit, Clock], Port]


def make_port(plan: PortPlan, emit: Emit, clock: Clock) -> Port:
    """A port of the kind that the settings say."""
    settings = plan.settings
    place = settings.name, settings.path, settings.baud
    match settings.kind:
        case PortKind.OSDP:
            return OsdpPort(*place, plan.peripherals, emit=emit, clock=clock)
        case PortKind.MODBUS:
            return ModbusPort(*place, plan.boards, emit=emit, clock=clock)
        case PortKind.LCUS:
            return LcusPort(*place, plan.boards, settings.variant, emit=emit, clock=clock)
        case PortKind.NUMATO:
            return NumatoPort(*place, plan.boards, emit=emit, clock=clock)
        case PortKind.SCANNER:
            assert settings.reader is not None
            return ScannerPort(*place, settings.reader, emit=emit, clock=clock)
        case PortKind.EM4100:
            assert settings.reader is not None
            return Em4100Port(*place, settings.reader, Checksum(settings.checksum), emit=emit, clock=clock)


def plan_ports(config: Config, policy: Policy, keys: KeyStore) -> tuple[dict[str, PortPlan], tuple[str, ...]]:
    """What each port has to serve, and a sentence for everything in Policy that no port of the settings can."""
    doubts = _unserved(config, policy)
    plans: dict[str, PortPlan] = {}
    for name, settings in config.ports.items():
        if settings.kind is PortKind.OSDP:
            readers = _setups(name, DeviceKind.READER, policy.readers.values(), keys, doubts)
            modules = _setups(name, DeviceKind.BOARD, (b for b in policy.boards.values() if b.osdp), keys, doubts)
            plans[name] = PortPlan(settings, readers=readers, modules=modules)
        elif settings.kind in BOARD_KINDS:
            boards, more = _boards_on(settings, policy)
            doubts += more
            plans[name] = PortPlan(settings, boards=boards)
        else:
            plans[name] = PortPlan(settings)
    return plans, tuple(doubts)


def _setups(
    port: str, kind: DeviceKind, devices: Iterable[Reader | Board], keys: KeyStore, doubts: list[str]
) -> tuple[ReaderSetup, ...]:
    """The OSDP peripherals of one kind on a port, each with the key that belongs to its address."""
    setups = []
    here = [device for device in devices if device.port == port and device.address <= LAST_ADDRESS]
    for address in dict.fromkeys(device.address for device in here):
        device, heads = _one_of([device for device in here if device.address == address])
        scbk = spare = None
        try:
            scbk = keys.reader_key(port, device.address)
            spare = keys.next_reader_key(port, device.address)
        except KeyFileError as error:
            doubts.append(str(error))
        if spare is not None:
            doubts.append(
                f"Port {port}, address {device.address}: the exchange of its key was broken off; both keys are tried. "
                f"`firmware-bridge commission --rotate --port {port} --address {device.address}` finishes it."
            )
        inputs = device.inputs if isinstance(device, Board) else READER_POINTS
        setups.append(ReaderSetup(device.id, device.address, scbk, kind=kind, spare=spare, inputs=inputs, heads=heads))
    return tuple(setups)


def _one_of(sharing: Sequence[Reader | Board]) -> tuple[Reader | Board, tuple[tuple[int, int], ...]]:
    """The device at an address, named after its first head, and its heads where they are told apart."""
    heads = sorted((device.head, device.id) for device in sharing if isinstance(device, Reader))
    told_apart = any(head for head, _ in heads)
    first = next(device for device in sharing if not heads or device.id == heads[0][1])
    return first, tuple(heads) if told_apart else ()


def _boards_on(settings: PortSettings, policy: Policy) -> tuple[tuple[Board, ...], list[str]]:
    """The boards of a port; a USB board has its port for itself, and an LCUS board has no inputs."""
    here = (board for board in policy.boards.values() if board.port == settings.name and not board.osdp)
    boards = sorted(here, key=lambda board: board.address)
    doubts = []
    if settings.kind in SINGLE_BOARD_KINDS:
        doubts = [
            f"Board {board.id} ({board.name}) shares port {settings.name}, which is one {settings.kind} board's own, "
            "so it is not served."
            for board in boards[1:]
        ]
        boards = boards[:1]
    if settings.kind is PortKind.LCUS:
        doubts += [
            f"Board {board.id} ({board.name}) is an LCUS board, which has no inputs; set their number to 0."
            for board in boards
            if board.inputs
        ]
    return tuple(boards), doubts


def _unserved(config: Config, policy: Policy) -> list[str]:
    doubts = []
    for reader in policy.readers.values():
        found = config.ports.get(reader.port)
        if found is None or found.kind in BOARD_KINDS:
            doubts.append(_absent(f"Reader {reader.id} ({reader.name})", reader.port, "readers"))
    for board in policy.boards.values():
        found = config.ports.get(board.port)
        if found is None or found.kind not in _WITH_BOARDS:
            doubts.append(_absent(f"Board {board.id} ({board.name})", board.port, "boards"))
        elif (found.kind is PortKind.OSDP) is not board.osdp:
            doubts.append(_misnamed(board, found))
    doubts += [
        f"ports.{name}.reader: Policy has no reader {settings.reader}, so what it reads opens nothing."
        for name, settings in config.ports.items()
        if settings.kind in LISTENING_KINDS and settings.reader not in policy.readers
    ]
    return doubts


def _absent(device: str, port: str, what: str) -> str:
    return f"{device} hangs on port {port}, but the settings have no port of that name for {what}."


def _misnamed(board: Board, port: PortSettings) -> str:
    """A board whose settings in the console and whose port do not agree on what it speaks."""
    is_one = "is an OSDP module" if board.osdp else "is no OSDP module"
    who = f"Board {board.id} ({board.name}) {is_one} by the school's settings"
    return f"{who}, but port {port.name} is of kind {port.kind}, so it is not served. Correct one of the two."


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
        self.taps = {p.name: Tap(p.name, p.baud) for p in config.ports.values() if p.kind is PortKind.OSDP}

    def connect(self, policy: Policy) -> None:
        """Make the ports that Policy needs and change those that it changes; :meth:`start` opens new ones."""
        plans, self.doubts = plan_ports(self._config, policy, self._keys)
        for doubt in self.doubts:
            _log.warning("%s", doubt)
        for name, plan in plans.items():
            if name in self._ports and self._plans[name] != plan:
                self._change(name, plan)
            if name not in self._ports:
                self._ports[name] = self._made(plan)
        self._plans = plans
        self._routes = _routes(policy, plans)

    def _made(self, plan: PortPlan) -> Port:
        port = self._make(plan, self._emit, self._clock)
        if isinstance(port, OsdpPort):
            port.tap = self.taps[port.name]
        return port

    def _change(self, name: str, plan: PortPlan) -> None:
        port = self._ports[name]
        if isinstance(port, OsdpPort):
            port.reconfigure(plan.peripherals)
            return
        if isinstance(port, BoardPort):
            port.reconfigure(plan.boards)
            return
        port.stop()
        self._started.discard(name)
        del self._ports[name]

    def start(self) -> None:
        """Open ports that are not open yet: relay boards first, so that doors are right before any reader works."""
        boards_first = sorted(self._ports, key=lambda name: not self._plans[name].moves_locks)
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
                self._ports[name] = self._made(self._plans[name])
                self._ports[name].start()

    def all_alive(self) -> bool:
        """Whether the thread of every port that was started runs."""
        ports = [self._ports[name] for name in self._started]
        return all(port.alive() for port in ports if isinstance(port, Watched))

    def hanging(self) -> tuple[str, ...]:
        """The ports whose threads run and were not seen to work for too long."""
        ports = {name: self._ports[name] for name in self._started}
        return tuple(
            sorted(n for n, port in ports.items() if isinstance(port, Watched) and port.silent_s() > HANGS_AFTER_S)
        )

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
        boards_last = sorted(self._ports, key=lambda name: self._plans[name].moves_locks)
        for name in boards_last:
            if name in self._started:
                self._ports[name].stop()
        self._ports.clear()
        self._started.clear()


def _routes(policy: Policy, plans: Mapping[str, PortPlan]) -> dict[tuple[DeviceKind, int], str]:
    routes: dict[tuple[DeviceKind, int], str] = {}
    for name, plan in plans.items():
        routes |= {(setup.kind, number): name for setup in plan.peripherals for number in setup.ids}
        routes |= {(DeviceKind.BOARD, board.id): name for board in plan.boards}
        if plan.settings.reader is not None and plan.settings.reader in policy.readers:
            routes[DeviceKind.READER, plan.settings.reader] = name
    return routes
