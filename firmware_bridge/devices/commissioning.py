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
from firmware_bridge.devices.bench import Bench, CommissioningError, NobodyThereError, UnprotectedError
from firmware_bridge.devices.describing import refused_because
from firmware_bridge.devices.serial_line import LineUnavailableError, open_line
from firmware_bridge.protocol.osdp.commands import SetCommunication, SetKey
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import (
    Ack,
    Capabilities,
    Communication,
    Identity,
    Nak,
    NakCode,
    parse_reply,
)
from firmware_bridge.protocol.osdp.secure import SCBK_D, SecureSession

__all__ = [
    "Commissioned",
    "CommissioningError",
    "Moved",
    "StayedError",
    "Where",
    "commission",
    "key_of",
    "move",
    "rotate",
]

KEYED: Final = (
    "The reader at address {address} already has a key. Reset it to its factory state before it gets a new one."
)
NOT_TAKEN: Final = (
    "The reader at address {address} did not take the new key{why}. Its old state is unchanged; try again."
)
NOT_SURE: Final = (
    "The reader at address {address} did not take the new key{why}, as far as it can be seen. Give the same command "
    "again."
)
NOT_PROVED: Final = (
    "The reader at address {address} was sent its key but does not prove it. Give the same command again; if it goes "
    "on, reset the reader."
)
NOT_ROTATED: Final = (
    "The reader at address {address} was sent another key and proves neither yet. Both are kept; try again."
)
OTHER_KEY: Final = "The reader at address {address} does not have the key that this bridge keeps for it. Find out why."
NOT_MOVED: Final = "The reader at address {address} did not take the new address and speed{why}. It is where it was."
NOWHERE: Final = (
    "The reader was told to move to address {address} with {baud} baud, and answers neither there nor where it was. "
    "Take its power away for a moment and give the same command again, or look for it with `firmware-bridge scan`."
)
ELSEWHERE: Final = (
    "The reader says that it moves to address {address} with {baud} baud, which it was not told to. Look for it with "
    "`firmware-bridge scan` and move it from there."
)
MOVED_BEFORE: Final = (
    "{nobody} But a device without a key of its own (serial number {serial}) answers at address {address} with {baud} "
    "baud. If it is this one, it has moved already and nothing is left to do with it."
)
ANOTHER_THERE: Final = "Another device answers at address {address} already. Give the reader an address that is free."

_THERE_TRIES = 3
_KEY_TRIES = 3
_WORTH_ANOTHER = tuple(
    bytes((code,)) for code in (NakCode.CHECK, NakCode.SEQUENCE, NakCode.SECURITY_NOT_MET, NakCode.UNABLE)
)
"""Refusals that are about the moment or the session, and not about the key."""


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
    """A peripheral that answers at its new place; ``proved`` says that it proved its key there.

    ``baud`` may be another speed than the one asked for, if it can only work at that.
    """

    address: int
    baud: int
    identity: Identity
    proved: bool


class StayedError(CommissioningError):
    """The peripheral was told to move, was looked for, and is where it was."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What came of COMSET: who was told, and its word if it can be believed."""

    identity: Identity
    reply: Communication | None
    why: str = ""


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
        _set_key(bench, lambda: bench.session(SCBK_D, own_key=False), new_key, _Said(KEYED, NOT_PROVED))
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
        _set_key(bench, lambda: bench.session(old_key), new_key, _Said(OTHER_KEY, NOT_ROTATED))
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

    Without ``key`` it is told in a session with the default key if it has none of its own, or in the clear. Whatever it
    answers, it is looked for. One that has moved already, and proves ``key``, is found as well.

    Raises:
        StayedError: It would not move, or did not hear of it.
        CommissioningError: It does not have ``key``, or is not found at the new place.
    """
    to = Where(where.path, baud, address)
    try:
        told = _tell_to_move(where, to, key, clock, entropy)
    except NobodyThereError as nobody:
        if to == where:
            raise
        return _moved_before(to, key, nobody, clock, entropy)
    said = told.reply
    if said is not None and said.address != address:
        raise CommissioningError(ELSEWHERE.format(address=said.address, baud=said.baud), key_may_be_set=True)
    there = to if said is None else Where(where.path, said.baud, address)
    return _settle(where, there, told, key, clock, entropy)


def _tell_to_move(where: Where, to: Where, key: bytes | None, clock: Clock, entropy: Callable[[int], bytes]) -> _Told:
    with _bench(where, clock, entropy) as bench:
        identity = bench.identify()
        if to.address != where.address:
            _require_free(bench.at(to.address))
            bench.identify()
        session = _session_for_moving(bench, key)
        command = SetCommunication(to.address, to.baud)
        bench.unsettled = True
        if session is None:
            packet, proved = bench.in_clear(command), True
        else:
            packet, proved = bench.sealed(session, command)
        reply = None if packet is None else parse_reply(packet.code, packet.data)
        believed = reply if proved and isinstance(reply, Communication) else None
        return _Told(identity, believed, _because(packet))


def _session_for_moving(bench: Bench, key: bytes | None) -> SecureSession | None:
    if key is None:
        try:
            return bench.session(SCBK_D, own_key=False)
        except UnprotectedError:
            return None
    session = bench.session(key)
    if session is None:
        raise bench.error(OTHER_KEY)
    return session


def _moved_before(
    to: Where, key: bytes | None, nobody: NobodyThereError, clock: Clock, entropy: Callable[[int], bytes]
) -> Moved:
    """A move that was broken off may have happened: then it proves itself at its new place."""
    with _bench(to, clock, entropy) as bench:
        try:
            identity = bench.identify()
        except CommissioningError as problem:
            raise nobody from problem
        if key is None and bench.session(SCBK_D, own_key=False) is not None:
            sentence = MOVED_BEFORE.format(nobody=nobody, serial=identity.serial, address=to.address, baud=to.baud)
            raise CommissioningError(sentence)
        if key is None or bench.session(key) is None:
            raise nobody
        return Moved(to.address, to.baud, identity, proved=True)


def _require_free(other: Bench) -> None:
    """Two devices at one address would answer at once for ever."""
    try:
        other.identify()
    except NobodyThereError:
        return
    raise other.error(ANOTHER_THERE)


def _settle(
    where: Where, to: Where, told: _Told, key: bytes | None, clock: Clock, entropy: Callable[[int], bytes]
) -> Moved:
    """See where it is: at its new place, or at the old one. One that said that it goes may need a moment for it."""
    for left in reversed(range(_THERE_TRIES)):
        if _answers_at(to, told.identity, key, clock, entropy):
            return Moved(to.address, to.baud, told.identity, proved=key is not None)
        if (told.reply is None or not left) and _answers_at(where, told.identity, key, clock, entropy):
            raise StayedError(NOT_MOVED.format(address=where.address, why=told.why))
    raise CommissioningError(NOWHERE.format(address=to.address, baud=to.baud), key_may_be_set=True)


def _answers_at(
    where: Where, identity: Identity, key: bytes | None, clock: Clock, entropy: Callable[[int], bytes]
) -> bool:
    with _bench(where, clock, entropy) as bench:
        bench.unsettled = True
        try:
            there = bench.identify()
        except CommissioningError:
            return False
        if there != identity:
            raise bench.error(ANOTHER_THERE)
        if key is not None and bench.session(key) is None:
            raise bench.error(OTHER_KEY)
        return True


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of a peripheral that does not have the key before, and of one that proves no new one."""

    other_key: str
    not_proved: str


def _set_key(bench: Bench, begin: Callable[[], SecureSession | None], new_key: bytes, said: _Said) -> None:
    """Send the key and see it proved, whatever was answered: some readers drop the session before they answer."""
    packet, inside = None, False
    for _ in range(_KEY_TRIES):
        session = begin()
        if session is None:
            raise bench.error(said.not_proved if bench.unsettled else said.other_key)
        bench.unsettled = True
        packet, inside = bench.sealed(session, SetKey(new_key))
        if bench.session(new_key) is not None:
            return
        if packet is not None and packet.code == Ack.CODE:
            raise bench.error(said.not_proved)
        if inside and packet is not None and packet.data[:1] not in _WORTH_ANOTHER:
            break
        bench.pause()
    # Only its own word inside the session and the proof of the key before say that nothing has changed.
    bench.unsettled = not inside or begin() is None
    raise bench.error(NOT_SURE if bench.unsettled else NOT_TAKEN, why=_because(packet))


def _because(packet: Packet | None) -> str:
    reply = None if packet is None else parse_reply(packet.code, packet.data)
    return f": {refused_because(reply)}" if isinstance(reply, Nak) else ""


def _check_key(key: bytes) -> None:
    if len(key) != 16:
        raise ValueError(f"a reader's key has 16 bytes, not {len(key)}")


@contextmanager
def _bench(where: Where, clock: Clock, entropy: Callable[[int], bytes]) -> Iterator[Bench]:
    bench: Bench | None = None
    try:
        with open_line(where.path, where.baud) as line:
            bench = Bench(line, where.baud, where.address, clock, entropy)
            yield bench
    except LineUnavailableError as problem:
        raise CommissioningError(str(problem), key_may_be_set=bench is not None and bench.unsettled) from problem
