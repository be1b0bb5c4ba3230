"""A door's slots: each source writes its own, the highest that is set wins, clearing one reveals the one below.

The idea is BACnet's commandable priority array; docs/decisions.md, Slots, has the order and the reasons for it. A stack
says what a door's lock should do now. It holds no timers, so whoever sets a momentary slot also clears it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Slot(IntEnum):
    """Who may command a door's lock, highest first: the lowest number wins."""

    EGRESS = 0
    FIRE = 1
    HARDWARE = 2
    PERMITTED_GRANT = 3
    LOCKDOWN = 4
    ROOM_LOCK = 5
    EVACUATE = 6
    SECURE = 7
    BLOCKED = 8
    INTERLOCK = 9
    MANUAL_LOCK = 10
    MANUAL_UNLOCK = 11
    GRANT = 12
    FIRST_CARD = 13
    SCHEDULE = 14
    DEFAULT = 15


class Effect(StrEnum):
    """What a slot does to the lock. ``RELAY_OFF`` cuts its power, whatever the wiring makes of that."""

    LOCK = "lock"
    UNLOCK = "unlock"
    RELAY_OFF = "relay_off"


_LOCK, _UNLOCK, _OFF = (frozenset({effect}) for effect in Effect)

ALLOWED = {
    Slot.EGRESS: _UNLOCK,
    Slot.FIRE: _UNLOCK | _OFF,
    Slot.HARDWARE: _OFF,
    Slot.PERMITTED_GRANT: _UNLOCK,
    Slot.LOCKDOWN: _LOCK,
    Slot.ROOM_LOCK: _LOCK,
    Slot.EVACUATE: _UNLOCK,
    Slot.SECURE: _LOCK,
    Slot.BLOCKED: _LOCK,
    Slot.INTERLOCK: _LOCK,
    Slot.MANUAL_LOCK: _LOCK,
    Slot.MANUAL_UNLOCK: _UNLOCK,
    Slot.GRANT: _UNLOCK,
    Slot.FIRST_CARD: _UNLOCK,
    Slot.SCHEDULE: _UNLOCK,
    Slot.DEFAULT: _LOCK,
}
"""What each slot can do. Nothing below ``EGRESS`` can stop an exit, because that slot only ever unlocks."""


@dataclass(frozen=True, slots=True)
class SlotStack:
    """What every source wants of one door's lock, as a value.

    An empty stack is a locked door: ``DEFAULT`` is always there. ``held`` is sorted, so equal stacks compare equal.
    """

    held: tuple[tuple[Slot, Effect], ...] = ()

    def set(self, slot: Slot, effect: Effect) -> SlotStack:
        """The stack with ``slot`` at ``effect``.

        A momentary grant that a higher slot rules out is dropped, never queued: neither does it wait here, nor does one
        that was running when the lock came survive it.

        Raises:
            ValueError: This slot never has that effect.
        """
        if effect not in ALLOWED[slot]:
            raise ValueError(f"slot {slot.name} cannot {effect}")
        kept = {**dict(self.held), slot: effect}
        kept.pop(Slot.DEFAULT, None)
        raised = SlotStack(tuple(sorted(kept.items())))
        dropped = {Slot.PERMITTED_GRANT: raised.cuts_power(), Slot.GRANT: raised.locks_out_grants()}
        return SlotStack(tuple(entry for entry in raised.held if not dropped.get(entry[0], False)))

    def clear(self, slot: Slot) -> SlotStack:
        """The stack without ``slot``; what is below shows again. Clearing a slot that is not set changes nothing."""
        return SlotStack(tuple(entry for entry in self.held if entry[0] is not slot))

    def without_manual_unlocks(self) -> SlotStack:
        """The stack after a Lockdown or a Secure: manual unlocks and first-card unlocks are cancelled for good."""
        return self.clear(Slot.MANUAL_UNLOCK).clear(Slot.FIRST_CARD)

    def top(self) -> tuple[Slot, Effect]:
        """The slot that wins and what it does."""
        return self.held[0] if self.held else (Slot.DEFAULT, Effect.LOCK)

    def get(self, slot: Slot) -> Effect | None:
        """What ``slot`` wants, or ``None`` while it is not set."""
        return dict(self.held).get(slot)

    def locks_out_grants(self) -> bool:
        """Whether an ordinary grant is dropped now: slots 4 to 10 lock the door, or its power is cut."""
        return self.cuts_power() or any(
            effect is Effect.LOCK and Slot.LOCKDOWN <= slot <= Slot.MANUAL_LOCK for slot, effect in self.held
        )

    def cuts_power(self) -> bool:
        """Whether fire or a hardware fault keeps the relay off, so that not even a permitted grant (slot 3) works."""
        return any(effect is Effect.RELAY_OFF for _, effect in self.held)
