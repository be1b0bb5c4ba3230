"""A key, address or speed for a device, step by step so that a crash at any instant loses no key that is in use.

A new key is on the disk before it is sent. While a key is being exchanged both are kept; the bridge tries either.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from access_control.core.wire.events import EventCode
from firmware_bridge.clock import Clock
from firmware_bridge.config import Config
from firmware_bridge.devices.commissioning import (
    CommissioningError,
    StayedError,
    Where,
    commission,
    key_of,
    move,
    rotate,
)
from firmware_bridge.store.keys import SCBK_BYTES, KeyStore

NO_KEY = "This bridge has no key for it, so there is none to exchange. Commission it without --rotate."
NEITHER = "It has neither the key that this bridge keeps for it nor the one it was being given. Find out why."
FINISHED = "the exchange that was broken off is finished: the device has its new key and proved it."
KEY_ELSEWHERE = "This bridge keeps a key for another device at address {address}. Choose an address that is free."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device hangs."""

    port: str
    address: int


Record = Callable[[EventCode, str, int, Mapping[str, str | int]], None]
"""Records a step: what, the port, the address, and what else is known."""


class KeySteps:
    """What can be done to one device after the other while the bridge is stopped."""

    def __init__(self, config: Config, keys: KeyStore, clock: Clock, record: Record) -> None:
        """``keys`` is changed, and each step recorded with how it ended."""
        self._config = config
        self._keys = keys
        self._clock = clock
        self._tell = record

    def commission(self, place: Place) -> str:
        """Give a new device its first key; the sentence about it.

        Raises:
            CommissioningError: It has no new key that works.
        """
        try:
            before = self._keys.reader_key(place.port, place.address)
            return self._finish(place, exchanged=True) or self._give(place, before, first=True)
        except CommissioningError as error:
            self._failed(place, "commission", error)
            raise

    def rotate(self, place: Place) -> str:
        """Give a device that has a key another one, or finish an exchange that was broken off.

        Raises:
            CommissioningError: It did not prove another key.
        """
        try:
            return self._finish(place) or self._give(place, self._current(place), first=False)
        except CommissioningError as error:
            self._failed(place, "rotate", error)
            raise

    def _current(self, place: Place) -> bytes:
        current = self._keys.reader_key(place.port, place.address)
        if current is None:
            raise CommissioningError(NO_KEY)
        return current

    def _finish(self, place: Place, *, exchanged: bool = False) -> str:
        """Find out what became of a key that was being given; a sentence if the device has it, else empty.

        ``exchanged`` says that it may be another device, which has neither; then everything stays as it is.
        """
        keys = self._keys
        begun, before = keys.next_reader_key(place.port, place.address), keys.reader_key(place.port, place.address)
        if begun is None:
            return ""
        found = key_of(self._where(place), [begun] if before is None else [begun, before], clock=self._clock)
        if found is None and exchanged:
            return ""
        if found is None:
            raise CommissioningError(NEITHER, key_may_be_set=True)
        keys.settle_reader_key(place.port, place.address, found)
        self._record(EventCode.DEVICE_KEY_SETTLED, place, key="new" if found == begun else "old")
        return FINISHED if found == begun else ""

    def _give(self, place: Place, before: bytes | None, *, first: bool) -> str:
        """Kept before it is sent, because a key that only the device knows is lost, and beside the one before."""
        keys, where, fresh = self._keys, self._where(place), os.urandom(SCBK_BYTES)
        begun = keys.next_reader_key(place.port, place.address)
        keys.keep_next_reader_key(place.port, place.address, fresh)
        try:
            if first or before is None:
                done = commission(where.path, where.baud, where.address, fresh, clock=self._clock)
            else:
                done = rotate(where, before, fresh, clock=self._clock)
        except CommissioningError as error:
            if begun is not None and not error.key_may_be_set:
                keys.keep_next_reader_key(place.port, place.address, begun)
            elif not error.key_may_be_set:
                keys.settle_reader_key(place.port, place.address, before)
            raise
        keys.settle_reader_key(place.port, place.address, fresh)
        self._record(
            EventCode.DEVICE_KEY_SET if first else EventCode.DEVICE_KEY_ROTATED, place, serial=done.identity.serial
        )
        its = "its key" if first else "another key"
        return f"the device (serial number {done.identity.serial}) has {its} and proved it."

    def move(self, place: Place, address: int | None, baud: int | None) -> str:
        """Give a device another address, speed, or both; its key goes with it.

        Raises:
            CommissioningError: It is not found at the new place.
        """
        where = self._where(place)
        to = Place(place.port, place.address if address is None else address)
        speed = where.baud if baud is None else baud
        key = self._keys.reader_key(place.port, place.address)
        moves = to != place
        kept_there = self._keys.reader_key(to.port, to.address) if moves else None
        if kept_there not in (None, key):  # the same one is there after a move that was broken off
            raise CommissioningError(KEY_ELSEWHERE.format(address=to.address))
        if key is not None and moves:
            self._keys.keep_reader_key(to.port, to.address, key)
        try:
            moved = move(where, to.address, speed, key, clock=self._clock)
        except CommissioningError as error:
            unsure = error.key_may_be_set or kept_there is not None
            if moves and (isinstance(error, StayedError) or not unsure):
                self._keys.restore_reader_key(to.port, to.address, None)
            self._failed(place, "move", error)
            raise
        if moves:
            self._keys.restore_reader_key(place.port, place.address, None)
        speed = moved.baud
        self._record(EventCode.DEVICE_MOVED, place, to_address=to.address, to_baud=speed, serial=moved.identity.serial)
        proof = "proved its key there" if moved.proved else "has no key yet"
        advice = f" Write baud = {speed} for this port in bridge.toml." if speed != where.baud else ""
        advice += " Give it this address in the wiring on the console, too." if moves else ""
        return f"the device answers at address {to.address} with {speed} baud and {proof}.{advice}"

    def _where(self, place: Place) -> Where:
        settings = self._config.ports[place.port]
        return Where(settings.path, settings.baud, place.address)

    def _failed(self, place: Place, step: str, error: CommissioningError) -> None:
        self._record(EventCode.COMMISSIONING_FAILED, place, step=step, why=str(error))

    def _record(self, code: EventCode, place: Place, **facts: str | int) -> None:
        self._tell(code, place.port, place.address, facts)
