"""Says how the bridge is, every two seconds and at once when something changes, and hears what is new."""

from __future__ import annotations

import threading
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import msgspec

from access_control.core.wire.errors import Refused
from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.spelling import read_time
from access_control.core.wire.uplink import (
    POLL_S,
    DocumentName,
    InForce,
    StatusAnswer,
    StatusRequest,
    Want,
    read_revision,
    write_revision,
)
from firmware_bridge.controller.events import PolicyConfirmed
from firmware_bridge.uplink.activity import Activity, Bench
from firmware_bridge.uplink.clocks_apart import ClocksApart
from firmware_bridge.uplink.errors import NonsenseError, UplinkError
from firmware_bridge.uplink.sealing import Sealer
from firmware_bridge.uplink.service_time import ServiceTime

LEAST_S: Final = 0.1  # between two Statuses
_AGES: Final = frozenset(
    {"proof_age_s", "heard_age_s", "elapsed_s", "policy_age_s", "since_s", "at", "newest", "off_s"}
)
_COUNTS: Final = frozenset({"outbox", "service"})
MOST_REMEMBERED: Final = 1000


class Once:
    """Remembers what came already, so that an action which is pushed and listed is applied once."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        """The oldest are forgotten beyond ``most``; the bridge's own memory has them still."""
        self._most = most
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def first(self, document: bytes) -> bool:
        """Whether it comes for the first time."""
        key = sha256(document).digest()
        with self._lock:
            known = key in self._seen
            self._seen[key] = None
            while len(self._seen) > self._most:
                self._seen.popitem(last=False)
        return not known


class Poller(Activity):
    """Sends Status."""

    def __init__(
        self,
        bench: Bench,
        status: Callable[[], dict[str, Any]],
        judge: Callable[[ServiceTime | PolicyConfirmed], None],
        wanted: Callable[[Want, float], None],
        once: Once,
        sealer: Sealer,
        listens: str | None = None,
    ) -> None:
        """What it calls never blocks, but for ``status``, which waits for the bridge's loop.

        ``wanted`` hears which events the service asks for, and when the Status was sent that it answers.
        """
        super().__init__("status", bench)
        self._status = status
        self._judge = judge
        self._wanted = wanted
        self._once = once
        self._sealer = sealer
        self._listens = listens
        self._apart = ClocksApart()
        self._said = b""
        self._sent_s = self._looked_s = -1e9

    def work(self) -> float | None:
        """Send a Status if one is due."""
        # Many things may happen at once; the loop is not asked about each of them.
        self._stopping.wait(LEAST_S - (self._bench.clock.monotonic_s() - self._looked_s))
        self._looked_s = now_s = self._bench.clock.monotonic_s()
        answer = self._status()
        if not answer.get("ok"):
            return LEAST_S
        status = answer["status"]
        said = msgspec.json.encode(lasting(status))
        due_s = POLL_S - (now_s - self._sent_s)
        if said == self._said and due_s > 0:
            return due_s
        self._send(status)
        self._said = said
        return POLL_S

    def failed(self, error: UplinkError) -> None:
        """Say so, and send all of it again the next time."""
        self._said = b""
        self._bench.standing.failed(error)

    def _send(self, status: dict[str, Any]) -> None:
        outbox = status["outbox"]
        request = StatusRequest(
            status={key: value for key, value in status.items() if key != "service"}
            | {"clock_ahead_s": self._apart.ahead_s},
            in_force=self._in_force(),
            stream=outbox["stream"],
            acknowledged=outbox["acknowledged"],
            last_seq=outbox["last_seq"],
            listens=self._listens,
            sealed_keys=self._sealer.digest(),
        )
        before = self._bench.clock.moment()
        self._sent_s = before.mono_s
        answer = self._bench.session.tell(self._line, "status", request, StatusAnswer)
        after = self._bench.clock.moment()
        try:
            time = ServiceTime(before, after, read_time(answer.time))
        except Refused as error:
            raise NonsenseError(error.sentence) from error
        self._apart.note(time)
        # Before the time: a clock that is proved only now must not make old what is confirmed in the same breath.
        policy = read_revision(request.in_force.policy)
        if policy is not None and request.in_force.policy == answer.policy:
            self._judge(PolicyConfirmed(before, policy))
        self._judge(time)
        self._bench.standing.heard()
        self._take(answer)

    def _take(self, answer: StatusAnswer) -> None:
        offers: tuple[tuple[DocumentName, str | None], ...] = (
            ("keys", answer.keys),
            ("orders", answer.orders),
            ("policy", answer.policy),
        )
        for name, revision in offers:
            if revision is not None:
                self._bench.offered(name, revision)
        self._sealer.held(answer.sealed_keys)
        if answer.want is not None:
            self._wanted(answer.want, self._sent_s)
        if answer.duplicate:
            why = "The service heard a second program with this bridge's identity."
            self._bench.standing.alarm(EventCode.BRIDGE_DUPLICATED, why)
        for text in answer.actions:
            try:
                action = b64decode(text, validate=True)
            except ValueError as error:
                raise NonsenseError("The service sent an action that is no base64.") from error
            if self._once.first(action):
                self._bench.apply(action)

    def _in_force(self) -> InForce:
        documents = self._bench.documents
        return InForce(
            keys=write_revision(documents.statement.revision if documents.statement else None),
            policy=write_revision(documents.policy.revision if documents.policy else None),
            orders=write_revision(documents.kept.revision),
        )


def lasting(value: Any) -> Any:
    """A Status without its ages, times and counts: what is left changes only when something happens."""
    if isinstance(value, dict):
        return {key: lasting(item) for key, item in value.items() if key not in _AGES | _COUNTS}
    return [lasting(item) for item in value] if isinstance(value, list) else value
