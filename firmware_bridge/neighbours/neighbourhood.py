"""The neighbours as a whole: the port, a courier for each of them, and a thread that keeps both up to date.

Nothing here is ever waited for by a door, and a bridge without any neighbour works the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

from access_control.core.wire.addresses import read_address
from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.kept import Kept
from access_control.core.wire.neighbours import HELD, HERE, UNKEPT, Tell, write_told
from access_control.core.wire.signing import SigningKey
from firmware_bridge.clock import Clock
from firmware_bridge.config import NeighbourSettings
from firmware_bridge.neighbours.calling import Neighbour
from firmware_bridge.neighbours.complaints import Complaints
from firmware_bridge.neighbours.complaints import Tell as TellEvent
from firmware_bridge.neighbours.courier import Courier
from firmware_bridge.neighbours.limits import Doorkeeper
from firmware_bridge.neighbours.listening import Listener
from firmware_bridge.neighbours.passing_on import PassingOn, neighbours_in
from firmware_bridge.store.documents import Documents

LOOK_S: Final = 0.5
ALONE_S: Final = 5.0
"""A service that answered nothing for so long does not hand out directives either. It is asked every two seconds."""
STOP_S: Final = 1.0
OVER: Final = "over"
"""Recorded of a directive that is acknowledged and begins nothing, because it is released everywhere."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a directive that a neighbour told: a verdict for it, and a sentence where it begins nothing."""

    verdict: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Bonds:
    """What the neighbours have to do with the rest of the bridge.

    Attributes:
        hear: Takes a sealed directive from a neighbour.
        silent_s: For how long the service has said nothing.
        tell: Records an event; never blocks.
        key: The bridge's own key.
    """

    hear: Callable[[bytes], Heard]
    silent_s: Callable[[], float]
    tell: TellEvent
    key: SigningKey


class Neighbourhood:
    """Started and stopped with the bridge."""

    def __init__(self, settings: NeighbourSettings | None, documents: Documents, clock: Clock, bonds: Bonds) -> None:
        """Nothing is opened before :meth:`start`; without ``settings`` nothing listens."""
        self._settings = settings
        self._documents = documents
        self._clock = clock
        self._bonds = bonds
        self._couriers: dict[Neighbour, Courier] = {}
        self._passing_on = PassingOn(documents.trust.bridge)
        self._complaints = Complaints(clock, bonds.tell)
        self._hosts: frozenset[str] = frozenset()
        self._seen: tuple[Kept | None, bool, Mapping[str, bytes]] = (None, False, {})
        self._news = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._running, name="neighbours", daemon=True)
        self.listener: Listener | None = None
        if settings is not None:
            keeper = Doorkeeper(lambda: self._hosts, clock.monotonic_s())
            self.listener = Listener(settings.listen, self._heard, keeper, self._complaints, clock)

    def start(self) -> None:
        """Start every thread."""
        self._thread.start()
        if self.listener is not None:
            self.listener.start()

    def stop(self) -> None:
        """End every thread; one that does not end in time is left behind, so that nobody waits for a network."""
        self._stopping = True
        self._news.set()
        self._thread.join(STOP_S)
        if self.listener is not None:
            self.listener.stop()
        for courier in self._couriers.values():
            courier.stop()
        until_s = self._clock.monotonic_s() + STOP_S
        for courier in self._couriers.values():
            courier.join(max(0.0, until_s - self._clock.monotonic_s()))

    def wake(self) -> None:
        """A directive or a Policy may be new; never blocks."""
        self._news.set()

    def shape(self) -> dict[str, Any]:
        """For ``firmware-bridge status``."""
        listener, settings = self.listener, self._settings
        host = "" if settings is None else settings.listen[0]
        listening = listener is not None and listener.port and not listener.trouble
        couriers = sorted(self._couriers.values(), key=lambda courier: courier.neighbour.bridge)
        return {
            "listening": f"{host}:{listener.port}" if listener is not None and listening else None,
            "trouble": "" if listener is None else listener.trouble,
            "bridges": [courier.shape() for courier in couriers],
        }

    def _running(self) -> None:
        while not self._stopping:
            try:
                self._look()
            except Exception:  # noqa: BLE001 - a fault of ours must not end the telling
                _log.exception("Telling neighbours met a fault of its own and goes on.")
            self._news.wait(LOOK_S)
            self._news.clear()

    def _look(self) -> None:
        self._agree_with(neighbours_in(self._documents.policy))
        kept, alone = self._documents.kept, self._bonds.silent_s() > ALONE_S
        if kept is not self._seen[0] or alone is not self._seen[1]:  # ids are kept for ever: not all of them each time
            self._seen = kept, alone, self._passing_on.directives(kept, alone=alone)
        for courier in self._couriers.values():
            courier.give(self._seen[2], kept.sealed_directives)

    def _agree_with(self, neighbours: Mapping[str, Neighbour]) -> None:
        """A courier for each neighbour of the Policy in force, and for nobody else."""
        wanted = set(neighbours.values())
        before = self._couriers
        site = self._documents.trust.site
        self._couriers = {one: before.get(one) or Courier(one, site, self._clock) for one in wanted}
        for gone in before.keys() - wanted:
            before[gone].stop()
        for new in wanted - before.keys():
            self._couriers[new].start()
        hosts = {courier.reached for courier in self._couriers.values()} | set(map(_literal, wanted))
        self._hosts = frozenset(hosts - {""})

    def _heard(self, tell: Tell, address: str) -> bytes:
        site = self._documents.trust.site
        if not tell.sealed:
            return write_told(tell, HERE, self._bonds.key, site=site)
        heard = self._bonds.hear(tell.sealed)
        if heard.refusal:
            why = f"It came from {address}. {heard.refusal}"
            code = OVER if heard.verdict in {HELD, UNKEPT} else heard.verdict
            self._complaints.note(EventCode.DIRECTIVE_REFUSED, why, address, code)
        return write_told(tell, heard.verdict, self._bonds.key, site=site)


def _literal(neighbour: Neighbour) -> str:
    """The host of an address that is written in numbers."""
    host, _ = read_address(neighbour.address)
    try:
        return str(ip_address(host))
    except ValueError:
        return ""
