"""Giving a peripheral its own key, another key, or another address and speed: deliberate steps (docs/osdp.md).

This is the only place that ever uses the default key, KEYSET or COMSET. The first key travels inside a session with the
default key, every later one inside a session with the key before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.devices.bench import Bench, CommissioningError, NobodyThereError
from firmware_bridge.devices.serial_line import LineUnavailableError, open_line
from firmware_bridge.protocol.osdp.commands import SetCommunication, SetKey
from firmware_bridge.protocol.osdp.replies import Ack, Capabilities, Communication, Identity, parse_reply
from firmware_bridge.protocol.osdp.secure import SCBK_D, SecureSession

__all__ = ["Commissioned", "CommissioningError", "Moved", "Where", "commission", "key_of", "move", "rotate"]

KEYED: Final = (
    "The reader at address {address} already has a key. Reset it to its factory state before it gets a new one."
)
NOT_TAKEN: Final = "The reader at address {address} did not take the new key. Try again; its old state is unchanged."
NOT_PROVED: Final = (
    "The reader at address {address} was sent its key but does not prove it. Reset the reader and try again."
)
NOT_ROTATED: Final = (
    "The reader at address {address} was sent another key and proves neither yet. Both are kept; try again."
)
OTHER_KEY: Final = "The reader at address {address} does not have the key that this bridge keeps for it. Find out why."
NOT_MOVED: Final = "The reader at address {address} did not take the new address and speed. It is where it was."
NOT_THERE: Final = (
    "The reader said that it moves to address {address}, but nobody answers there. Take its power away for a moment, "
    "and look for it with `firmware-bridge scan`."
)
ANOTHER_THERE: Final = "Another device answers at address {address} already. Give the reader an address that is free."

_THERE_TRIES = 3


@dataclass(frozen=True, slots=True)
class Where:
    """A peripheral's place: the port's path, its speed, and the address."""

    path: str
    baud: int
    address: int


@dataclass(frozen=True, slots=True)
class Commissioned:
    """A peripheral that has proved its new key."""

    address: int
    identity: Identity
    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class Moved:
    """A peripheral that answers at its new place; ``proved`` says that it proved its key there."""

    address: int
    baud: int
    identity: Identity
    proved: bool


def commission(
    path: str,
    baud: int,
    address: int,
    new_key: bytes,
    *,
    clock: Clock,
    entropy: Callable[[int], bytes] = os.urandom,
) -> Commissioned:
    """Give the peripheral at ``address`` the 16 bytes of ``new_key`` and see it prove them. Takes about a second.

    Raises:
        CommissioningError: The port cannot be used, nobody answers, or it already has a key.
        ValueError: The key has not 16 bytes.
    """
    _check_key(new_key)
    with _bench(Where(path, baud, address), clock, entropy) as bench:
        identity = bench.identify()
        capabilities = bench.capabilities()
        session = bench.session(SCBK_D, own_key=False)
        if session is None:
            raise bench.error(KEYED)
        _set_key(bench, session, new_key, NOT_PROVED)
        return Commissioned(address, identity, capabilities)


def rotate(
    where: Where,
    old_key: bytes,
    new_key: bytes,
    *,
    clock: Clock,
    entropy: Callable[[int], bytes] = os.urandom,
) -> Commissioned:
    """Give a peripheral another key, inside a session with the one that it has, and see it prove that.

    Raises:
        CommissioningError: The port cannot be used, nobody answers, or it does not have ``old_key``. With
            ``key_may_be_set`` it may have either key.
        ValueError: The key has not 16 bytes.
    """
    _check_key(new_key)
    with _bench(where, clock, entropy) as bench:
        identity = bench.identify()
        capabilities = bench.capabilities()
        session = bench.session(old_key)
        if session is None:
            raise bench.error(OTHER_KEY)
        _set_key(bench, session, new_key, NOT_ROTATED)
        return Commissioned(where.address, identity, capabilities)


def key_of(
    where: Where, keys: Sequence[bytes], *, clock: Clock, entropy: Callable[[int], bytes] = os.urandom
) -> bytes | None:
    """The first of ``keys`` that the peripheral proves; ``None`` when it has none of them.

    Raises:
        CommissioningError: The port cannot be used, or nobody answers.
    """
    with _bench(where, clock, entropy) as bench:
        bench.identify()
        return next((key for key in keys if bench.session(key) is not None), None)


def move(
    where: Where,
    address: int,
    baud: int,
    key: bytes | None,
    *,
    clock: Clock,
    entropy: Callable[[int], bytes] = os.urandom,
) -> Moved:
    """Give the peripheral another address and speed (COMSET), and see that it answers there and proves its key.

    Without ``key`` it is told in a session with the default key if it has none of its own, or in the clear.

    Raises:
        CommissioningError: It does not have ``key``, would not move, or is not found at the new place.
    """
    with _bench(where, clock, entropy) as bench:
        identity = bench.identify()
        if address != where.address:
            _require_free(bench.at(address))
            bench.identify()
        session = bench.session(SCBK_D, own_key=False) if key is None else bench.session(key)
        if session is None and key is not None:
            raise bench.error(OTHER_KEY)
        command = SetCommunication(address, baud)
        answer = bench.in_clear(command) if session is None else bench.sealed(session, command)[0]
        reply = None if answer is None else parse_reply(answer.code, answer.data)
        if reply != Communication(address, baud):
            raise bench.error(NOT_MOVED, key_may_be_set=reply is None)
    return _look_there(Where(where.path, baud, address), identity, key, clock, entropy)


def _require_free(other: Bench) -> None:
    """Two devices at one address would answer at once for ever."""
    try:
        other.identify()
    except NobodyThereError:
        return
    raise other.error(ANOTHER_THERE)


def _look_there(
    where: Where, identity: Identity, key: bytes | None, clock: Clock, entropy: Callable[[int], bytes]
) -> Moved:
    for left in reversed(range(_THERE_TRIES)):
        with _bench(where, clock, entropy) as bench:
            try:
                there = bench.identify()
            except CommissioningError as problem:
                if left:
                    continue
                raise bench.error(NOT_THERE, key_may_be_set=True) from problem
            if there != identity:
                raise bench.error(ANOTHER_THERE, key_may_be_set=True)
            if key is not None and bench.session(key) is None:
                raise bench.error(OTHER_KEY, key_may_be_set=True)
            return Moved(where.address, where.baud, there, proved=key is not None)
    raise AssertionError("the last try returns or raises")


def _set_key(bench: Bench, session: SecureSession, new_key: bytes, not_proved: str) -> None:
    opened, answered = bench.sealed(session, SetKey(new_key))
    if not answered:
        raise bench.error(not_proved, key_may_be_set=True)
    if opened is None or opened.code != Ack.CODE:
        raise bench.error(NOT_TAKEN, key_may_be_set=opened is None)
    if bench.session(new_key, key_may_be_set=True) is None:
        raise bench.error(not_proved, key_may_be_set=True)


def _check_key(key: bytes) -> None:
    if len(key) != 16:
        raise ValueError(f"a reader's key has 16 bytes, not {len(key)}")


@contextmanager
def _bench(where: Where, clock: Clock, entropy: Callable[[int], bytes]) -> Iterator[Bench]:
    try:
        with open_line(where.path, where.baud) as line:
            yield Bench(line, where.baud, where.address, clock, entropy)
    except LineUnavailableError as problem:
        raise CommissioningError(str(problem)) from problem
