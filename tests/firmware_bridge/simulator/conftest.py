"""A tiny building, and a panel just clever enough to talk to one reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from access_control.core.decision.model import DeviceKind, LockKind, Point
from firmware_bridge.clock import SystemClock
from firmware_bridge.protocol.osdp.commands import Challenge, Command, ServerCryptogram
from firmware_bridge.protocol.osdp.fields import Malformed
from firmware_bridge.protocol.osdp.frames import FrameDecoder, Packet
from firmware_bridge.protocol.osdp.replies import (
    ClientCryptogram,
    InitialMac,
    Reply,
    UnknownReply,
    parse_reply,
)
from firmware_bridge.protocol.osdp.secure import CHALLENGE, SCBK_D, SERVER_PROOF, SecureSession
from firmware_bridge.simulator.config import (
    BoardConfig,
    BuildingConfig,
    DoorConfig,
    LineConfig,
    LineKind,
    ReaderConfig,
    ScannerConfig,
)
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.world import World

KEY = bytes(range(16))
BOARD = DeviceKind.BOARD


class TestPanel:
    """Asks one reader one thing at a time, over anything that carries bytes to it and back."""

    __test__ = False

    def __init__(self, carry: Callable[[bytes], bytes | None], address: int = 0) -> None:
        self._carry = carry
        self._address = address
        self._next = 0
        self._session: SecureSession | None = None
        self.last_frame = b""
        self.last_answer: bytes | None = None

    def ask(self, command: Command, *, security: bytes = b"") -> Reply | UnknownReply | Malformed | None:
        """Send a command with the next sequence number; the reply, or None for silence."""
        packet = Packet(self._address, self._next, command.CODE, command.to_bytes(), security=security)
        if self._session:
            packet = self._session.seal(packet)
        self.last_frame = packet.to_bytes()
        self.last_answer = answer = self._carry(self.last_frame)
        if answer is None:
            return None
        self._next = self._next % 3 + 1
        reply = Packet.from_bytes(answer)
        assert reply.reply
        if self._session and reply.security:
            opened = self._session.open(reply)
            assert opened is not None
            reply = opened
        return parse_reply(reply.code, reply.data)

    def again(self) -> bytes | None:
        """Send the very same frame once more."""
        return self._carry(self.last_frame)

    def restart(self) -> None:
        """Begin with sequence 0, in clear."""
        self._next, self._session = 0, None

    def secure(self, key: bytes = KEY) -> bool:
        """Start anew and open Secure Channel."""
        self.restart()
        which = bytes((key != SCBK_D,))
        proof = self.ask(Challenge(b"panelrnd"), security=bytes((CHALLENGE,)) + which)
        if not isinstance(proof, ClientCryptogram):
            return False
        session = SecureSession(key, b"panelrnd", proof.random)
        if not session.client_proved(proof.cryptogram):
            return False
        begun = self.ask(ServerCryptogram(session.server_cryptogram), security=bytes((SERVER_PROOF,)))
        assert isinstance(begun, InitialMac)
        assert session.session_proved(begun.mac)
        self._session = session
        return True


@pytest.fixture
def make_panel() -> Callable[..., TestPanel]:
    return TestPanel


@pytest.fixture
def panel_on() -> Callable[[serial.Serial, int], TestPanel]:
    """A panel behind an open serial port."""

    def make(port: serial.Serial, address: int = 0) -> TestPanel:
        port.timeout = 0.01

        def carry(frame: bytes) -> bytes | None:
            decoder = FrameDecoder()
            port.write(frame)
            for i in range(100):
                for packet in decoder.feed(port.read(256), i * 0.001):
                    if isinstance(packet, Packet):
                        return packet.to_bytes()
            return None

        return TestPanel(carry, address)

    return make


@pytest.fixture
def world() -> World:
    """A building without doors, in which no time passes by itself."""
    return World((), SystemClock(), RelayLog(None))


@pytest.fixture
def school(tmp_path: Path) -> BuildingConfig:
    """Front door and Room 12 with readers on line A, a board on line B, a scanner at the front door."""
    return BuildingConfig(
        lines=(
            LineConfig("A", LineKind.OSDP, tmp_path / "A", 115200),
            LineConfig("B", LineKind.MODBUS, tmp_path / "B", 115200),
            LineConfig("S", LineKind.SCANNER, tmp_path / "S", 115200),
        ),
        readers=(ReaderConfig(1, "A", 0, KEY), ReaderConfig(2, "A", 1, None)),
        boards=(BoardConfig(1, "B", 1),),
        scanners=(ScannerConfig(3, "S"),),
        doors=(
            DoorConfig(
                1,
                "Front door",
                LockKind.STRIKE,
                Point(BOARD, 1, 0),
                contact=Point(BOARD, 1, 0),
                rex=Point(BOARD, 1, 1),
                readers=(1, 3),
            ),
            DoorConfig(2, "Room 12", LockKind.STRIKE, Point(DeviceKind.READER, 2, 0), readers=(2,)),
        ),
        control=tmp_path / "control",
        relay_log=tmp_path / "relays.jsonl",
        memory=tmp_path / "memory.json",
    )
