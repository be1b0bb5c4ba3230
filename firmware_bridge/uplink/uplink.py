"""The uplink as a whole: its threads, started and stopped together. Nothing here is ever waited for by a door."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.wire.uplink import DocumentName
from firmware_bridge.clock import Clock
from firmware_bridge.config import ServiceSettings
from firmware_bridge.controller.events import PolicyConfirmed, UplinkChanged
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.recorder import Recorder
from firmware_bridge.store.sealed_keys import SealedKeys
from firmware_bridge.uplink.activity import Activity, Apply, Bench
from firmware_bridge.uplink.client import Line
from firmware_bridge.uplink.fetching import Fetcher
from firmware_bridge.uplink.pinning import pins_of
from firmware_bridge.uplink.polling import Once, Poller
from firmware_bridge.uplink.raising import Raiser
from firmware_bridge.uplink.sealing import Sealer
from firmware_bridge.uplink.service_time import ServiceTime
from firmware_bridge.uplink.session import Session
from firmware_bridge.uplink.standing import Standing, Tell
from firmware_bridge.uplink.stream import Listener
from firmware_bridge.uplink.uploading import Uploader

STOP_S: Final = 1.0
NAMES: Final[tuple[DocumentName, ...]] = ("keys", "orders", "policy")


@dataclass(frozen=True, slots=True)
class Bonds:
    """What the uplink has to do with the rest of the bridge.

    Attributes:
        apply: The one way of taking a document.
        status: The bridge's Status, or why there is none.
        judge: Hands the loop the service's time, its word for the Policy and whether it is reached; never blocks.
        tell: Records an event; never blocks.
        key: The bridge's own key.
        boot: What names this boot of the machine.
        instance: As :func:`instance_of` makes it.
        sealed_keys: Copies of the devices' keys.
        listens: Where neighbours reach this bridge, as ``host:port``.
    """

    apply: Apply
    status: Callable[[], dict[str, Any]]
    judge: Callable[[ServiceTime | PolicyConfirmed | UplinkChanged], None]
    tell: Tell
    key: Ed25519PrivateKey
    boot: str
    instance: str
    sealed_keys: SealedKeys
    listens: str | None = None


def instance_of(boot: str, state_dir: Path) -> str:
    """What names the program that has this state directory in this boot of the machine, as a UUID.

    The same after a restart, so that a bridge which was killed is not taken for its own twin; another for a copy of
    the directory, here or on another machine, and once the machine was started anew: then the service lets it wait.

    Raises:
        OSError: There is no such directory.
    """
    place = state_dir.stat()
    return str(uuid.uuid5(uuid.UUID(int=0), f"{boot}/{place.st_dev}/{place.st_ino}")) if boot else str(uuid.uuid4())


class Uplink:
    """Eight activities, each with a thread and a connection."""

    def __init__(
        self, service: ServiceSettings, documents: Documents, recorder: Recorder, clock: Clock, bonds: Bonds
    ) -> None:
        """Nothing is opened before :meth:`start`."""
        self._standing = Standing(
            clock, service.url, bonds.tell, lambda reached: bonds.judge(UplinkChanged(clock.moment(), reached))
        )
        session = Session(documents.trust.bridge, bonds.key, bonds.instance, bonds.boot, clock)
        bench = Bench(
            line=lambda: Line(service, lambda: pins_of(documents.statement), clock),
            session=session,
            standing=self._standing,
            documents=documents,
            recorder=recorder,
            apply=bonds.apply,
            clock=clock,
            offered=self._offered,
        )
        once = Once()
        self._fetchers = {name: Fetcher(name, bench) for name in NAMES}
        self._uploader = Uploader(bench)
        self._raiser = Raiser(bench)
        self._sealer = Sealer(bench, bonds.sealed_keys)
        self._poller = Poller(bench, bonds.status, bonds.judge, self._uploader.want, once, self._sealer, bonds.listens)
        self._activities: tuple[Activity, ...] = (
            self._poller,
            Listener(bench, once),
            *self._fetchers.values(),
            self._raiser,
            self._uploader,
            self._sealer,
        )

    def start(self) -> None:
        """Start every thread."""
        for activity in self._activities:
            activity.start()

    def stop(self) -> None:
        """End every thread; one that does not end in time is left behind, so that nobody waits for a network."""
        for activity in self._activities:
            activity.stop()
        for activity in self._activities:
            activity.join(STOP_S)

    def changed(self) -> None:
        """Something at the bridge may have changed; never blocks."""
        self._poller.wake()

    def recovery_changed(self) -> None:
        """The Policy in force may name another recovery key; never blocks."""
        self._sealer.wake()

    def stored(self) -> None:
        """An event was stored; never blocks."""
        self._uploader.wake()

    def raised(self) -> None:
        """This bridge raised or ended an emergency; never blocks."""
        self._raiser.wake()

    def silent_s(self) -> float:
        """For how long the service has said nothing; endless if it never did."""
        return self._standing.silent_s()

    def shape(self) -> dict[str, Any]:
        """How it stands with the service, for ``firmware-bridge status``."""
        return self._standing.shape() | {"sealed_keys": self._sealer.trouble}

    def _offered(self, name: DocumentName, revision: str) -> None:
        self._fetchers[name].offer(revision)
