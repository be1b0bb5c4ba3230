"""One lock's output: what it was told, the lease on that, and the proof that it happened."""

from __future__ import annotations

from access_control.core.decision.model import DeviceKind, Lock, Point, UnlockWhen
from access_control.core.decision.slots import Effect
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import OutputProved, Proof
from firmware_bridge.controller.status import PROOF_LIMIT_S

LEASE_S = 30.0
"""How long an energised output stays so without this bridge."""
RENEW_S = 10.0
"""How often a lease is renewed; two renewals may be lost."""
GRANT_DELIVERY_S = 2.0
"""A momentary unlock that could not be delivered for so long is dropped: whoever asked has moved on."""
IN_FLIGHT_S = 1.0
"""A contrary proof so soon after a command was probably taken before it."""
RETRY_S = 2.0
"""A command that failed is tried again after so long, or at once when its device comes back or something more urgent
wants the same."""
STRONG = (Proof.READ_BACK, Proof.ACKNOWLEDGED)


class LockDrive:
    """Sends a lock's effect to its relay, keeps the lease alive, and judges proofs."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        self.proof = Proof.NONE
        self.proved_at: float | None = None
        self.faulty = False
        self._sent: bool | None = None
        self.sent_at = 0.0
        self._leased_until = 0.0
        self._urgency = Urgency.ROUTINE
        self._retry: tuple[bool, float] | None = None
        self._fleeting = False
        self._contradicted = False

    @property
    def point(self) -> Point:
        """The output that moves the lock."""
        return self.lock.output

    @property
    def untold(self) -> bool:
        """Whether the relay was never told where to be, or may have forgotten."""
        return self._sent is None

    def energised(self, effect: Effect) -> bool:
        """Which relay state brings ``effect`` about with this wiring."""
        if effect is Effect.RELAY_OFF:
            return False
        return (effect is Effect.UNLOCK) is (self.lock.unlock_when is UnlockWhen.RELAY_ON)

    def releases(self, effect: Effect) -> bool:
        """Whether the door can be opened from outside under ``effect``."""
        return self.energised(effect) is (self.lock.unlock_when is UnlockWhen.RELAY_ON)

    def bring(
        self, effect: Effect, answer: Answer, urgency: Urgency, *, until: float | None = None, again: bool = False
    ) -> None:
        """Send ``effect`` if the relay is not there yet, its lease runs out, or ``again`` asks for a new proof.

        Args:
            effect: What the slots say.
            answer: Where the command goes.
            urgency: Who gets the line first.
            until: The monotonic second at which a momentary unlock ends by itself; ``None`` renews for ever.
            again: Send even what is already so.
        """
        on, now = self.energised(effect), answer.now
        if not again and on is self._sent and not self._short(now, until, on=on):
            return
        if not again and self._must_wait(now, urgency, on=on):
            return
        self._retry, self._urgency = None, urgency
        momentary = until is not None and effect is Effect.UNLOCK
        if again or on is not self._sent:
            self._forget_proof(now)
        self._sent = on
        self._fleeting = momentary
        self._leased_until = now + LEASE_S if until is None else until
        lease_s = self._leased_until - now
        answer.drive(
            DriveOutput(self.point, on, lease_s, urgency, now + min(GRANT_DELIVERY_S, lease_s) if momentary else None)
        )

    def _must_wait(self, now: float, urgency: Urgency, *, on: bool) -> bool:
        """Whether this failed just now. Whoever leaves does not wait for what a grant has failed at."""
        waits = self._retry is not None and self._retry[0] is on and now < self._retry[1]
        return waits and urgency >= self._urgency

    def _short(self, now: float, until: float | None, *, on: bool) -> bool:
        """Whether what was sent does not last: its lease ends, or it may be dropped as a late grant is."""
        return (on and self._lease_short(now, until)) or (self._fleeting and until is None)

    def _lease_short(self, now: float, until: float | None) -> bool:
        if until is None:
            return self._leased_until <= now + LEASE_S - RENEW_S
        return self._leased_until < until

    def _forget_proof(self, now: float) -> None:
        self.proof, self.proved_at, self.sent_at = Proof.NONE, None, now

    def lost(self) -> None:
        """The device is away or came back: whatever it was told must be told again."""
        self._sent, self._retry = None, None
        self.proof, self.proved_at = Proof.NONE, None

    def failed(self, *, energised: bool, now: float) -> bool:
        """A command did not arrive; try again in a while. ``False``: an old one, which matters no more."""
        if self._sent is not energised:
            return False
        self.lost()
        self._retry = energised, now + RETRY_S
        return True

    def proved(self, event: OutputProved) -> bool:
        """Take a proof; ``False`` says that the output is not where it was sent and must be sent again."""
        if self._sent is None or event.moment.mono_s < self.sent_at:
            return True
        if event.energised is self._sent:
            self.proof, self._fleeting = event.proof, False
            self.proved_at = event.moment.mono_s if self._believes(event.proof) else None
            self.faulty = self.faulty and self.proved_at is None
            return True
        if self.proved_at is None and event.moment.mono_s < self.sent_at + IN_FLIGHT_S:
            return True
        self._contradicted = self._contradicted or event.proof is Proof.READ_BACK
        self.lost()
        return False

    def _believes(self, proof: Proof) -> bool:
        """A device that was found elsewhere than it had acknowledged is believed again once it is read back."""
        self._contradicted = self._contradicted and proof is not Proof.READ_BACK
        return proof in STRONG and not self._contradicted

    def fresh(self, now: float) -> bool:
        """Whether the last proof still counts.

        An acknowledgement by a reader counts while its session lasts, because :meth:`lost` ends it; everything else
        counts for :data:`PROOF_LIMIT_S`.
        """
        if self.proved_at is None:
            return False
        lasting = self.proof is Proof.ACKNOWLEDGED and self.point.kind is DeviceKind.READER
        return lasting or now - self.proved_at <= PROOF_LIMIT_S

    def deadline(self, *, momentary: bool) -> float | None:
        """When a lease must be renewed or a command tried again."""
        if self._retry is not None:
            return self._retry[1]
        if not self._sent or momentary:
            return None
        return self._leased_until - (LEASE_S - RENEW_S)
