"""What the bridge does for people and programs at its control socket, on their threads and never on its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, Any, Final

import msgspec

from access_control.core.wire.errors import Refused
from access_control.core.wire.events import EventCode
from access_control.core.wire.neighbours import BUSY, HELD, UNKEPT
from access_control.core.wire.signing import Kind
from firmware_bridge.clock import Clock
from firmware_bridge.controller.commands import EndEmergency, RaiseDirective, RecordEvent
from firmware_bridge.controller.events import (
    AlarmAcknowledged,
    DirectiveHeard,
    DocumentRefused,
    EmergencyAsked,
    FireReset,
    OrdersAccepted,
    PolicyAccepted,
    ReleaseHeard,
    SelfTestAsked,
    UnlockAsked,
)
from firmware_bridge.devices.tap import Tap
from firmware_bridge.local.clock_words import NOT_ACCEPTED
from firmware_bridge.local.declared import declared_by, declared_shape
from firmware_bridge.local.monitoring import Monitoring, monitoring
from firmware_bridge.local.requests import (
    AcceptClock,
    AcknowledgeAlarm,
    Monitor,
    ReleaseHere,
    ResetFire,
    SelfTest,
    StartEmergency,
)
from firmware_bridge.local.server import Answer, ControlServer, encoded, refusal
from firmware_bridge.local.shapes import status_shape
from firmware_bridge.neighbours.judging import is_over, require_neighbourly
from firmware_bridge.neighbours.neighbourhood import Heard
from firmware_bridge.runtime.keeper import Keeper, Task, unkept
from firmware_bridge.runtime.loop import ClockAccepting, Told
from firmware_bridge.runtime.watch import Watch
from firmware_bridge.store.applied import Applied, NotStoredError
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.recorder import Recorder
from firmware_bridge.store.uuid7 import uuid7

if TYPE_CHECKING:
    from firmware_bridge.neighbours.neighbourhood import Neighbourhood
    from firmware_bridge.runtime.loop import Loop
    from firmware_bridge.runtime.releasing import Releasing
    from firmware_bridge.uplink.uplink import Uplink

RAISE_S: Final = 3.0
KEEP_S: Final = 5.0
STATUS_EVERY_S: Final = 0.25  # at most four status lines a second
_OVER: Final = "What it starts is over here: a bridge that missed its release tells it, or somebody plays it back."
_log = logging.getLogger(__name__)


class Desk:
    """Serves :class:`firmware_bridge.local.server.Control`."""

    loop: Loop
    server: ControlServer

    def __init__(self, documents: Documents, recorder: Recorder, keeper: Keeper, clock: Clock, watch: Watch) -> None:
        """``loop`` and ``server`` are set before the first request can come."""
        self._keeper = keeper
        self._documents = documents
        self._recorder = recorder
        self._clock = clock
        self._watch = watch
        self._raised: dict[str, Task] = {}
        self._awaited: set[str] = set()
        self._raising = threading.Condition()
        self.uplink: Uplink | None = None
        self.neighbours: Neighbourhood | None = None
        self.releasing: Releasing | None = None
        self._news = threading.Event()
        self._teller: threading.Thread | None = None
        self.taps: Mapping[str, Tap] = {}

    def status(self) -> Answer:
        """Everything the bridge knows, as plain values; nothing of it is read from the disk, which may hang."""
        found = self.loop.status()
        if found is None:
            return refusal("busy", "The bridge does not answer in time; its log has more.")
        trust = self._documents.trust
        about: dict[str, Any] = {"site": trust.site, "bridge": trust.bridge, "outbox": self._outbox()}
        about["service"] = None if self.uplink is None else self.uplink.shape()
        about["neighbours"] = None if self.neighbours is None else self.neighbours.shape()
        about["clock"] = msgspec.to_builtins(self._watch.standing(self._clock.moment()))
        about["release_codes_left"] = None if self.releasing is None else self.releasing.codes_left()
        return {"ok": True, "status": about | status_shape(found)}

    def _outbox(self) -> dict[str, Any]:
        recorder, outbox = self._recorder, self._recorder.outbox
        disk = {
            "trouble": recorder.trouble or outbox is None,
            "read_only": recorder.read_only,
            "waiting": recorder.waiting(),
            "unkept": unkept(self._keeper, recorder),
        }
        if outbox is None:
            return {"stream": None, "last_seq": 0, "acknowledged": 0} | disk
        return {"stream": outbox.stream, "last_seq": outbox.last_seq, "acknowledged": outbox.acknowledged} | disk

    def start_emergency(self, request: StartEmergency) -> Answer:
        """Raise a directive; answer with its id once it is in force, and say whether a restart would keep it."""
        if self._documents.policy is None:
            return refusal("no_policy", "This bridge has no Policy yet, so it knows no doors. Apply one first.")
        moment = self._clock.moment()
        identity = uuid7(moment.at)
        with self._raising:
            self._awaited.add(identity)
        self.loop.put(EmergencyAsked(moment, identity, request.action, request.scope, request.by, request.drill))
        with self._raising:
            heard = self._raising.wait_for(lambda: identity in self._raised, RAISE_S)
            self._awaited.discard(identity)
            if not heard:
                return refusal("busy", "The bridge does not answer in time. Lock the doors by hand; its log has more.")
            task = self._raised.pop(identity)
        task.done.wait(KEEP_S)
        return {"ok": True, "directive": identity, "kept": not task.outcome, "sentence": task.outcome}

    def kept(self, command: RaiseDirective, task: Task) -> None:
        """A directive of this bridge is in force; called by the loop."""
        with self._raising:
            if command.directive.id in self._awaited:
                self._raised[command.directive.id] = task
                self._raising.notify_all()
        if self.uplink is not None:
            self.uplink.raised()
        if self.neighbours is not None:
            self.neighbours.wake()

    def apply(self, document: bytes) -> Answer:
        """Take a sealed document, or say why not; either way it is an event."""
        moment = self._clock.moment()
        try:
            applied = self._documents.apply(
                document, moment.at, clock_trusted=self._watch.clock_trusted, announce=self._announce
            )
        except Refused as error:
            self._refuse(document, error.code.value, error.sentence)
            return refusal(error.code.value, error.sentence)
        except NotStoredError as error:
            self._refuse(document, "not_stored", str(error))
            return refusal("not_stored", str(error))
        sentence = f"{applied.sentence} {applied.unkept}".strip()
        return {"ok": True, "kind": applied.kind.value, "sentence": sentence, "kept": not applied.unkept}

    def hear(self, sealed: bytes) -> Heard:
        """Take a directive from a neighbour, or say why not; a refusal is for whoever listens to record."""
        moment = self._clock.moment()
        documents = self._documents
        try:
            require_neighbourly(sealed, documents.kept, documents.trust.bridge, documents.policy)
            applied = documents.apply(
                sealed, moment.at, clock_trusted=self._watch.clock_trusted, announce=self._announce
            )
        except Refused as error:
            return Heard(error.code.value, error.sentence)
        except NotStoredError:
            return Heard(BUSY)
        if applied.directive is not None and self.uplink is not None:
            self.uplink.raised()
        return Heard(UNKEPT if applied.unkept else HELD, _OVER if is_over(sealed, documents.kept) else "")

    def silent_s(self) -> float:
        """For how long the service has said nothing."""
        return inf if self.uplink is None else self.uplink.silent_s()

    def tell(self, code: EventCode, detail: Mapping[str, str | int]) -> None:
        """Record an event of the uplink or of a neighbour."""
        self.loop.put(Told(self._clock.moment(), RecordEvent(code, detail=detail)))

    def _refuse(self, document: bytes, code: str, sentence: str) -> None:
        kind = self._documents.kind_of(document).value
        self.loop.put(DocumentRefused(self._clock.moment(), kind, code, sentence))

    def _announce(self, applied: Applied) -> None:
        """Tell the controller what holds from now on."""
        moment = self._clock.moment()
        if applied.policy is not None:
            self.loop.put(PolicyAccepted(moment, applied.policy))
            if self.uplink is not None:
                self.uplink.recovery_changed()
        if applied.orders is not None:
            self.loop.put(OrdersAccepted(moment, applied.orders))
        if applied.directive is not None:
            self.loop.put(DirectiveHeard(moment, applied.directive))
        if applied.release is not None:
            self.loop.put(ReleaseHeard(moment, applied.release))
        if applied.action is not None and applied.action.target is not None:
            self.loop.put(UnlockAsked(moment, applied.action.id, applied.action.target, applied.action.by))
        if applied.kind is Kind.KEYS:
            self.loop.put(Told(moment, RecordEvent(EventCode.KEYS_APPLIED)))
        for error in applied.refused:
            self.loop.put(DocumentRefused(moment, "directive", error.code.value, error.sentence))
        if self.neighbours is not None:
            self.neighbours.wake()

    def acknowledge(self, request: AcknowledgeAlarm) -> Answer:
        """Note that a person saw a door's alarm."""
        return self._at_door(request.door, AlarmAcknowledged(self._clock.moment(), request.door, request.by))

    def reset_fire(self, request: ResetFire) -> Answer:
        """Note that a person reset a door whose fire release stays latched."""
        return self._at_door(request.door, FireReset(self._clock.moment(), request.door, request.by))

    def accept_clock(self, request: AcceptClock) -> Answer:
        """Believe the clock on a person's word, if the service does not say otherwise."""
        asked = ClockAccepting(request.by, request.confirmed)
        self.loop.put(asked)
        if not asked.answered.wait(RAISE_S):
            return refusal("busy", "The bridge does not answer in time. See what `firmware-bridge clock` says now.")
        if asked.refused is not None:
            return refusal(asked.refused.value, NOT_ACCEPTED[asked.refused.value])
        return {"ok": True, "kept": asked.kept is not None and asked.kept.done.wait(KEEP_S) and not asked.kept.outcome}

    def wiring(self) -> Answer:
        """What the Policy in force declares."""
        policy = self._documents.policy
        if policy is None:
            return refusal("no_policy", "This bridge has no Policy yet, so it knows no doors. Apply one first.")
        return {"ok": True, "wiring": declared_shape(declared_by(policy))}

    def monitor(self, request: Monitor) -> Answer | Monitoring:
        """Begin to watch a port."""
        if request.show_cards:
            _log.warning("Cards on port %s are shown to a monitor: %s", request.port, request.show_cards)
        return monitoring(self.taps, request, self._clock.moment().at)

    def self_test(self, request: SelfTest) -> Answer:
        """Have a door's lock tried; the outcome is recorded with the id that this answers."""
        moment = self._clock.moment()
        test = uuid7(moment.at)
        asked = SelfTestAsked(moment, test, request.door, request.by)
        return {**self._at_door(request.door, asked), "test": test}

    def release(self, request: ReleaseHere) -> Answer:
        """End what is in force at some doors of this bridge, if the code is good."""
        if self.releasing is None:
            return refusal("busy", "The bridge is still starting. Try again.")
        answer = self.releasing.release(request)
        if answer["ok"] and self.uplink is not None:
            self.uplink.raised()
        return answer

    def release_by_two(self, agreed: EndEmergency) -> None:
        """End what two people agreed on at a reader; what is refused is recorded where it is refused."""
        if self.releasing is not None and self.releasing.release_by_two(agreed)["ok"] and self.uplink is not None:
            self.uplink.raised()

    def _at_door(self, door: int, event: AlarmAcknowledged | FireReset | SelfTestAsked) -> Answer:
        # What a fire or an emergency holds is there, too, after a Policy has left it out; and one that has just come.
        policies = (self.loop.policy, self._documents.policy)
        if not any(policy is not None and door in policy.doors for policy in policies):
            return refusal(
                "no_such_door", f"There is no door {door} at this bridge; `firmware-bridge status` lists them."
            )
        self.loop.put(event)
        return {"ok": True}

    # What followers hear.

    def heard(self, record: bytes) -> None:
        """An event was stored; called by the recorder, on its own thread."""
        if self.uplink is not None:
            self.uplink.stored()
        server = getattr(self, "server", None)
        if server is not None and server.followed:
            server.tell(b'{"event":' + record + b"}")

    def changed(self) -> None:
        """Something may have changed; called by the loop after each event."""
        if self.uplink is not None:
            self.uplink.changed()
        if not self.server.followed:
            return
        if self._teller is None:
            self._teller = threading.Thread(target=self._telling, name="status-teller", daemon=True)
            self._teller.start()
        self._news.set()

    def _telling(self) -> None:
        pause = threading.Event()
        while True:
            self._news.wait()
            self._news.clear()
            if self.server.followed:
                found = self.status()
                if found["ok"]:
                    self.server.tell(encoded({"status": found["status"]}))
            pause.wait(STATUS_EVERY_S)
