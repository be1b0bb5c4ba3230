"""Relay boards on USB ports of their own, in the languages of LCUS and Numato: peers of a line without threads."""

from __future__ import annotations

from collections.abc import Sequence

from firmware_bridge.protocol.lcus import FRAME_BYTES, STATUS, VARIANTS, command, parse_frame
from firmware_bridge.simulator.board import Board
from firmware_bridge.simulator.config import Tells
from firmware_bridge.simulator.wire import Heard, Transmission

_NUMATO_CHANNELS = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_LONGEST_COMMAND = 64


class _UsbLine:
    """One board as a peer of :class:`firmware_bridge.simulator.line.Line`."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._held = bytearray()

    def receive(self, heard: Heard) -> Sequence[Transmission]:
        """Carry out what has come and answer, or not."""
        if self.board.dead:
            self._held.clear()
            return ()
        self._held += heard.data
        answer = self.board.said(self._answer())
        return (Transmission(answer, heard.ended_s + self.board.slow_s),) if answer else ()

    def _answer(self) -> bytes:
        raise NotImplementedError

    def _channel(self, index: int) -> int:
        """The channel that an answer is about."""
        return (index + 1) % max(1, len(self.board.coils)) if self.board.foreign else index


class LcusLine(_UsbLine):
    """Four bytes a command. A board that tells nothing counts to four and never loses patience, as the simplest do."""

    def _answer(self) -> bytes:
        out = b""
        simple = self.board.config.tells is Tells.NOTHING
        while self._held:
            if self._held[0] == STATUS[0] and not simple:
                del self._held[0]
                out += self._status()
                continue
            if len(self._held) < FRAME_BYTES and (simple or self._held[0] == command(1, 0)[0]):
                break
            whole = bytes(self._held[:FRAME_BYTES])
            try:
                found = parse_frame(whole)
            except ValueError:
                found = None
            del self._held[: FRAME_BYTES if simple or found else 1]
            if found and 0 < found[0] <= len(self.board.coils):
                out += self._obey(found[0] - 1, found[1])
        return out

    def _status(self) -> bytes:
        coils = self.board.read_coils()
        if self.board.config.tells is Tells.BYTES:
            return bytes(coils[self._channel(i)] for i in range(len(coils)))
        if self.board.config.tells is Tells.LINES:
            words = (f"CH{i + 1}:{'ON' if coils[self._channel(i)] else 'OFF'}\r\n" for i in range(len(coils)))
            return "".join(words).encode()
        return b""

    def _obey(self, index: int, operation: int) -> bytes:
        replying = VARIANTS["replying"]
        wanted = {0: False, 1: True, replying.off: False, replying.on: True}.get(operation)
        if wanted is not None and not self.board.refuses:
            self.board.write(index, [wanted])
        if self.board.config.tells is not Tells.FRAMES or operation not in (2, 3, replying.query):
            return b""
        return command(self._channel(index) + 1, int(self.board.read_coils()[index]))


class NumatoLine(_UsbLine):
    """A command line: an echo, an answer, a prompt."""

    def _answer(self) -> bytes:
        out = b""
        while (end := self._held.find(b"\r")) >= 0:
            asked = self._held[:end].decode("ascii", "replace").strip()
            del self._held[: end + 1]
            value = "unknown command" if self.board.refuses and asked else self._value(asked.split())
            echo = asked.replace("relay", "gpio") if self.board.foreign else asked
            out += f"{echo}\n\r{value + chr(10) + chr(13) if value else ''}>".encode()
        if len(self._held) > _LONGEST_COMMAND:
            self._held.clear()
        return out

    def _value(self, words: list[str]) -> str:
        match words:
            case ["relay", "readall"]:
                bits = sum(1 << i for i, on in enumerate(self.board.read_coils()) if on)
                return f"{bits:0{max(2, (len(self.board.coils) + 3) // 4)}x}"
            case ["relay", ("on" | "off") as state, name] if self._index(name) < len(self.board.coils):
                self.board.write(self._index(name), [state == "on"])
            case ["gpio", "read", name] if self._index(name) < self.board.config.inputs:
                return "1" if self.board.read_inputs()[self._index(name)] else "0"
        return ""

    @staticmethod
    def _index(name: str) -> int:
        return _NUMATO_CHANNELS.find(name) if len(name) == 1 and name in _NUMATO_CHANNELS else len(_NUMATO_CHANNELS)
