"""The faces of a device with several heads: each shows what the reader that it is was told to."""

from __future__ import annotations

from collections.abc import Iterator

from firmware_bridge.controller.commands import ShowAtReader
from firmware_bridge.protocol.osdp.commands import Command
from firmware_bridge.protocol.osdp.indications import Display
from firmware_bridge.protocol.osdp.setup import ReaderSetup


class Displays:
    """One :class:`Display` a head; a device without heads of their own has one for every wish."""

    def __init__(self, setup: ReaderSetup) -> None:
        """Nothing is shown until somebody asks."""
        self._heads = {reader: Display(head) for head, reader in setup.heads} or {setup.id: Display()}
        self._only = next(iter(self._heads.values())) if len(self._heads) == 1 else None

    def show(self, wish: ShowAtReader) -> None:
        """Take a new wish for one of the heads."""
        display = self._only or self._heads.get(wish.reader)
        if display is not None:
            display.show(wish)

    def learn(self, *, writes: bool, keeps_field: bool) -> None:
        """What the device can do."""
        for display in self._heads.values():
            display.writes, display.keeps_field = writes, keeps_field

    def new_session(self) -> None:
        """The device may have restarted: show every resting state again."""
        for display in self._heads.values():
            display.new_session()

    def waiting(self) -> bool:
        """Whether anything is to be sent. The line asks this of each of its devices before every question."""
        if self._only is not None:
            return self._only.waiting()
        return any(display.waiting() for display in self._heads.values())

    def answers(self) -> bool:
        """Whether somebody who did something at the reader waits for its light; asked as often as :meth:`waiting`."""
        if self._only is not None:
            return self._only.answers()
        return any(display.answers() for display in self._heads.values())

    def take(self) -> Iterator[Command]:
        """What to send now; each is taken as it is handed out."""
        for display in self._heads.values():
            yield from display.take()
