"""Sends events strictly in order until the service has each of them, and again when it asks.

An event leaves only once it survives a loss of power: else its number could come twice with two meanings. On a disk
that can only be read nothing ever will, and what is there leaves at once: that disk is going to be exchanged.
"""

from __future__ import annotations

import logging
from math import inf
from typing import Final

import msgspec

from access_control.core.wire.strict import write_record
from access_control.core.wire.uplink import MOST_EVENTS, PREFIX, EventsAnswer, EventsRequest, Want
from firmware_bridge.store.new_stream import NewStream
from firmware_bridge.store.outbox import Outbox, OutboxDamagedError, OutboxFullError, Stored
from firmware_bridge.uplink.activity import Activity, Bench
from firmware_bridge.uplink.client import Ask
from firmware_bridge.uplink.errors import NonsenseError, RefusedError
from firmware_bridge.uplink.session import answer_in

BATCH_BYTES: Final = 2 * 1024 * 1024
LOOK_S: Final = 5.0  # how often it looks without being woken
WITHIN_S: Final = 60.0
_log = logging.getLogger(__name__)


class Uploader(Activity):
    """Sends what the outbox holds."""

    def __init__(self, bench: Bench) -> None:
        """Where to go on is what the outbox says was acknowledged."""
        super().__init__("events", bench)
        self._stream = ""
        self._sent = 0
        self._taken_s = -inf  # when the service last took an upload
        self._want: tuple[Want, float] | None = None

    def want(self, want: Want, asked_s: float) -> None:
        """The service asks for events again, in its answer to a Status that was sent at ``asked_s``; never blocks."""
        self._want = (want, asked_s)
        self.wake()

    def work(self) -> float | None:
        """Send batches until nothing waits."""
        outbox = self._bench.recorder.outbox
        if outbox is None:
            return LOOK_S
        try:
            self._find_place(outbox)
            batch = self._batch(outbox)
            if not batch:
                return LOOK_S
            self._send(outbox, batch)
        except (OutboxFullError, OutboxDamagedError, OSError) as error:
            _log.debug("the outbox cannot be read just now (%s)", error)
            return LOOK_S
        return 0.0

    def _find_place(self, outbox: Outbox) -> None:
        asked, self._want = self._want, None
        if outbox.stream != self._stream:
            self._stream, self._sent = outbox.stream, outbox.acknowledged
        if asked is None:
            return
        want, asked_s = asked
        # What was taken since may be the very thing that it asks for; if not, the next Status says it again.
        if want.stream == self._stream and want.from_seq <= self._sent and asked_s > self._taken_s:
            _log.warning("The service asks for the events from number %d again.", want.from_seq)
            self._sent = max(want.from_seq - 1, 0)

    def _batch(self, outbox: Outbox) -> list[Stored]:
        """The next events that survive a loss of power, as many as one request may hold."""
        waiting = outbox.after(self._sent, MOST_EVENTS)
        if not waiting:
            return []
        durable = self._durable(outbox)
        size = 0
        batch: list[Stored] = []
        for event in waiting:
            size += len(event.body)
            if event.seq > durable or (batch and size > BATCH_BYTES):
                break
            batch.append(event)
        return batch

    def _durable(self, outbox: Outbox) -> int:
        try:
            return outbox.sync()
        except OSError:
            if not self._bench.recorder.read_only:
                raise
            return outbox.last_seq

    def _send(self, outbox: Outbox, batch: list[Stored]) -> None:
        raws = [msgspec.Raw(event.body) for event in batch]
        said = EventsRequest(self._stream, self._sent + 1, raws)
        ask = Ask("POST", PREFIX + "events", write_record(said), within_s=WITHIN_S)
        # A service that misses earlier ones refuses these, and asks for the others in its answer to a Status: by that
        # it knows that its database is an older copy. Were they sent before, nothing would tell it.
        reply = self._bench.session.ask(self._line, ask)
        try:
            answer = answer_in(reply, EventsAnswer)
        except RefusedError as refused:
            self._bench.standing.upload_refused(refused)
            if refused.code == "other_events":
                from_seq = refused.problem.fields.get("from_seq")
                known = from_seq - 1 if isinstance(from_seq, int) else self._sent
                self._begin_anew(min(max(known, self._sent), batch[-1].seq - 1))
            raise
        if answer.stream != self._stream:
            raise NonsenseError("The service acknowledged events of another stream.")
        self._acknowledged(outbox, answer.acknowledged, batch[-1].seq)

    def _acknowledged(self, outbox: Outbox, through: int, sent: int) -> None:
        """The service has events up to ``through``; up to ``sent`` they are surely these."""
        if through <= self._sent:
            raise NonsenseError("The service took none of the events that it was sent.")
        self._sent, self._taken_s = min(through, sent), self._bench.clock.monotonic_s()
        self._bench.standing.upload_taken()
        if through > outbox.last_seq:
            self._begin_anew(self._sent)
            return
        try:
            outbox.acknowledge(self._stream, self._sent)
        except (OutboxFullError, OutboxDamagedError) as error:
            _log.debug("the disk does not take that %d was acknowledged (%s)", self._sent, error)

    def _begin_anew(self, known: int) -> None:
        """The disk went back to an older state: what comes after number ``known`` is not at the service."""
        why = (
            f"This bridge's record of events went back: the service has others under the numbers from {known + 1} on. "
            "What it lacks comes in a new stream."
        )
        self._bench.recorder.begin_anew(NewStream(why, self._stream, known))
