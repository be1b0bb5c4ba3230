"""A reader that is not ours: libosdp's peripheral on a pty, as a program of its own, so that its faults stay there.

Run as ``python foreign_reader.py '{"address": 1, "key": "00..."}'``. It prints one JSON object a line: first the path
of its line, then every command that it executed. It takes JSON objects on its standard input: ``card``, ``keys``,
``inputs``, ``tamper``. Nothing of this project is imported here: the bytes on the line are libosdp's own.
"""

import contextlib
import ctypes
import json
import os
import select
import sys
import tty
from collections import deque
from typing import Any

import osdp
from osdp.constants import Capability, LibFlag, LogLevel

_START = 0x53
_SHORTEST = 7
_LONGEST = 1440


class WholeFrames(osdp.Channel):  # type: ignore[misc]  # libosdp publishes no types
    """The line as this libosdp needs it: whole frames, and only those for its own address (it loses split ones)."""

    def __init__(self, fd: int, address: int) -> None:
        super().__init__()
        self._fd = fd
        self._address = address
        self._held = b""
        self._frames: deque[bytes] = deque()

    def listen(self) -> bool:
        """Read what is there; whether a frame is waiting."""
        with contextlib.suppress(BlockingIOError):
            self._held += os.read(self._fd, 4096)
        while (frame := self._cut()) is not None:
            if frame[1] == self._address:
                self._frames.append(frame)
        return bool(self._frames)

    def _cut(self) -> bytes | None:
        start = self._held.find(_START)
        self._held = self._held[start:] if start >= 0 else b""
        if len(self._held) < 4:
            return None
        length = self._held[2] | self._held[3] << 8
        if not _SHORTEST <= length <= _LONGEST:
            self._held = self._held[1:]
            return self._cut()
        if len(self._held) < length:
            return None
        frame, self._held = self._held[:length], self._held[length:]
        return frame

    def read(self, max_bytes: int) -> bytes:  # noqa: ARG002 - libosdp's signature
        return self._frames.popleft() if self._frames else b""

    def write(self, buf: bytes) -> int:
        return os.write(self._fd, buf)

    def flush(self) -> None:
        return None


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def executed(command: dict[str, Any]) -> tuple[int, None]:
    # On Python 3.11 libosdp takes one reference to None too many for each command, and aborts after some thousands.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(None))
    plain = {key: value.hex() if isinstance(value, bytes) else value for key, value in command.items()}
    say(executed=plain)
    return 0, None


def event_of(asked: dict[str, Any]) -> dict[str, object]:
    if "card" in asked:
        data = bytes.fromhex(asked["card"])
        return {"event": 1, "reader_no": 0, "format": 1, "direction": 0, "length": asked["bits"], "data": data}
    if "keys" in asked:
        return {"event": 2, "reader_no": 0, "data": bytes.fromhex(asked["keys"])}
    if "inputs" in asked:
        return {"event": 4, "type": 0, "report": bytes.fromhex(asked["inputs"])}
    return {"event": 4, "type": 2, "report": bytes((1 if asked["tamper"] else 0, 0))}


def capabilities() -> osdp.PDCapabilities:
    return osdp.PDCapabilities(
        [
            (Capability.OutputControl, 4, 2),
            (Capability.LEDControl, 4, 1),
            (Capability.AudibleControl, 2, 1),
            (Capability.TextOutput, 1, 1),
            (Capability.ContactStatusMonitoring, 1, 2),
            (Capability.CommunicationSecurity, 1, 1),
            (Capability.CheckCharacter, 1, 1),
        ]
    )


def main(settings: dict[str, Any]) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    channel = WholeFrames(master, settings["address"])
    key = bytes.fromhex(settings["key"]) if settings.get("key") else None
    flags = [LibFlag.EnforceSecure] if key else [LibFlag.InstallMode]
    info = osdp.PDInfo(settings["address"], channel, scbk=key, flags=flags)
    reader = osdp.PeripheralDevice(info, capabilities(), log_level=LogLevel.Emergency, command_handler=executed)
    say(line=os.ttyname(slave))
    secure, asked = False, b""
    while True:
        ready = select.select([master, sys.stdin.fileno()], [], [], 0.02)[0]
        if sys.stdin.fileno() in ready:
            arrived = os.read(sys.stdin.fileno(), 4096)
            if not arrived:
                return
            *whole, asked = (asked + arrived).split(b"\n")
            for line in whole:
                reader.ctx.submit_event(event_of(json.loads(line)))
        reader.ctx.refresh()
        while channel.listen():
            reader.ctx.refresh()
        if reader.ctx.is_sc_active() != secure:
            secure = not secure
            say(secure=secure)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
