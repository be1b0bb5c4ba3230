"""Several OSDP readers on one line. They share an ear, since all hear the same; each answers for its own address."""

from __future__ import annotations

from collections.abc import Sequence

from firmware_bridge.protocol.osdp.frames import FrameDecoder, Packet
from firmware_bridge.simulator.peripheral import Peripheral
from firmware_bridge.simulator.wire import BITS_PER_BYTE, Heard, Transmission
from firmware_bridge.simulator.world import World

_LONGEST_GAP_S = 0.02


class PeripheralLine:
    """The readers of one line as a peer of :class:`firmware_bridge.simulator.line.Line`."""

    def __init__(self, peripherals: Sequence[Peripheral], world: World) -> None:
        self.peripherals = tuple(peripherals)
        self.gap_chars: dict[str, float] = {p.head.name: p.head.config.reply_gap_chars for p in peripherals}
        self._world = world
        # Silences are judged here, from the end of one piece to the beginning of the next.
        self._decoder = FrameDecoder(gap_s=float("inf"))
        self._ended_s = 0.0

    def receive(self, heard: Heard) -> Sequence[Transmission]:
        """Let every reader hear it. Bytes that are no packet are met with silence."""
        if heard.begun_s - self._ended_s > _LONGEST_GAP_S:
            self._decoder.clear()
        self._ended_s = heard.ended_s
        out = []
        for packet in self._decoder.feed(heard.data, heard.ended_s):
            if isinstance(packet, Packet):
                out += self._answers(packet, heard)
        return out

    def _answers(self, packet: Packet, heard: Heard) -> list[Transmission]:
        out = []
        with self._world.lock:
            for peripheral in self.peripherals:
                if peripheral.baud != heard.baud:
                    continue
                answer = peripheral.receive(packet, heard.ended_s)
                if answer is not None:
                    gap_s = self.gap_chars[peripheral.head.name] * BITS_PER_BYTE / heard.baud
                    out.append(Transmission(answer, heard.ended_s + gap_s + peripheral.faults.slow_s))
        return out
