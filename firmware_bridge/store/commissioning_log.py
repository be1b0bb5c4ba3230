"""Who gave which device a key, an address or a speed: events in the outbox, like everything else that happens.

It is written by a command while no bridge runs: whoever opens it holds the lock of the state directory
(:mod:`firmware_bridge.store.state_lock`), so one program at a time gives out sequence numbers. The bridge sends the
events to the service when it runs again. They never hold any of a key.
"""

from __future__ import annotations

import logging
import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from access_control.core.decision.model import Board, Policy, Reader
from access_control.core.wire.events import EventCode
from firmware_bridge.clock import Clock
from firmware_bridge.store import outbox
from firmware_bridge.store.entries import Entry
from firmware_bridge.store.outbox import OutboxDamagedError, OutboxFullError, open_outbox
from firmware_bridge.store.records import writing_for

_log = logging.getLogger(__name__)


class NoRecordError(Exception):
    """Events cannot be stored, so nothing may be done that must be recorded; the text is one plain sentence."""


class CommissioningLog:
    """Use it as a context manager, under the lock of the state directory."""

    def __init__(self, state_dir: Path, bridge: str, clock: Clock, policy: Policy | None, by: str) -> None:
        """``policy`` names the devices, where there is one; ``by`` who does it, if they said so."""
        self._path = state_dir / outbox.NAME
        self._writing = writing_for(bridge)
        self._clock = clock
        self._devices: dict[tuple[str, int], Reader | Board] = {}
        if policy is not None:
            devices: list[Reader | Board] = [*policy.readers.values(), *policy.boards.values()]
            self._devices = {(device.port, device.address): device for device in devices}
        self._by = by
        self.unrecorded = 0

    def __enter__(self) -> Self:
        """Open the outbox.

        Raises:
            NoRecordError: It takes nothing.
        """
        try:
            self._outbox, found = open_outbox(self._path, self._clock.moment().at)
        except (OutboxFullError, OSError) as error:
            text = f"{self._path} takes no events ({error}), and nothing is done that is not recorded."
            raise NoRecordError(f"{text} Mend the disk first.") from error
        # The mark of an orderly stop is the bridge's: it is left as it was found.
        self._clean = not found.unclean
        if found.set_aside is not None:
            what = {"set_aside": found.set_aside.name}
            self._append(Entry(EventCode.OUTBOX_DAMAGED, self._clock.moment().at, detail=what))
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it to the bridge."""
        self._outbox.close(clean=self._clean)

    def record(self, code: EventCode, port: str, address: int, facts: Mapping[str, str | int]) -> None:
        """Store a step, so that it survives the loss of power. What cannot be stored is counted and logged.

        Args:
            code: What was done.
            port: The name of the port, and ``address`` the device's place on it.
            address: As above.
            facts: What else is known.
        """
        device = self._devices.get((port, address))
        detail: dict[str, str | int] = {
            "port": port,
            "address": address,
            "by": self._by or user(),
            "user": user(),
            **facts,
        }
        door = reader = None
        if isinstance(device, Reader):
            door, reader = device.door, device.id
        elif device is not None:
            detail |= {"board": device.id, "name": device.name}
        moment = self._clock.moment()
        self._append(Entry(code, moment.at, door=door, reader=reader, detail=detail, mono_s=moment.mono_s))

    def _append(self, entry: Entry) -> None:
        try:
            self._outbox.append(self._writing.row(entry))
            self._outbox.sync()
        except (OutboxFullError, OutboxDamagedError, OSError) as error:
            self.unrecorded += 1
            _log.error("%s was done and could not be recorded (%s): %s", entry.code, error, dict(entry.detail))


def user() -> str:
    """The name of whoever runs this, or their number where they have none."""
    try:
        return f"local:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"local:{os.getuid()}"
