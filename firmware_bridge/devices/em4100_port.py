"""A reader for 125 kHz tags on a serial cable. It sends tags unasked; such tags can be copied by anybody."""

from __future__ import annotations

from typing import Final

from access_control.core.credentials.bits import Bits
from firmware_bridge.clock import Clock
from firmware_bridge.controller.events import CardPresented, Event, LinkAlarm, Moment, ReaderAlarmed
from firmware_bridge.devices.listening_port import ListeningPort
from firmware_bridge.ports import Emit
from firmware_bridge.protocol.em4100 import TAG_BITS, Checksum, Repeats, TagFrames

ALARM_EVERY_S: Final = 10.0
_MUCH_STRAY: Final = 256
"""Bytes outside any frame since the last tag; a few come with a tag that is taken away, so many do not."""
_WRONG: Final = "A tag's bytes do not add up. If every tag does so, set the other checksum; else check the cable."
_STRAY: Final = "Bytes come that are no tag. Check the speed in the settings, the cable and what is on it."


class Em4100Port(ListeningPort):
    """One serial port with one such reader; ``reader`` is its number in Policy."""

    def __init__(
        self, name: str, path: str, baud: int, reader: int, checksum: Checksum, *, emit: Emit, clock: Clock
    ) -> None:
        super().__init__(name, path, baud, reader, TagEar(reader, checksum), emit=emit, clock=clock)


class TagEar:
    """Makes cards of bytes: one for each presentation, and one alarm for much nonsense."""

    def __init__(self, reader: int, checksum: Checksum) -> None:
        self._reader = reader
        self._checksum = checksum
        self._repeats = Repeats()
        self._next_alarm_s = 0.0
        self.begin()

    def begin(self) -> None:
        """Forget half a frame; a tag that is held there stays known."""
        self._frames = TagFrames(self._checksum)
        self._stray = self._rejected = 0

    def hear(self, data: bytes, moment: Moment) -> list[Event]:
        """Take bytes."""
        tags = self._frames.feed(data, moment.mono_s)
        events: list[Event] = [
            CardPresented(moment, self._reader, Bits(int.from_bytes(tag), TAG_BITS))
            for tag in tags
            if self._repeats.fresh(tag, moment.mono_s)
        ]
        if tags:
            self._stray = self._frames.stray
        return events + self._alarms(moment)

    def _alarms(self, moment: Moment) -> list[Event]:
        wrong, stray = self._frames.rejected > self._rejected, self._frames.stray - self._stray > _MUCH_STRAY
        self._rejected = self._frames.rejected
        if not (wrong or stray) or moment.mono_s < self._next_alarm_s:
            return []
        self._next_alarm_s = moment.mono_s + ALARM_EVERY_S
        self._stray = self._frames.stray
        return [ReaderAlarmed(moment, self._reader, LinkAlarm.GARBAGE, _WRONG if wrong else _STRAY)]

    def silent_at_s(self) -> float | None:
        """A silence ends nothing."""
        return None
