"""One exchange with a neighbour: call, tell, hear the signed answer, hang up; all within a few seconds."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Final

from access_control.core.wire.addresses import read_address
from access_control.core.wire.errors import Refused
from access_control.core.wire.neighbours import MOST_ANSWER, NONCE_BYTES, Tell, read_told, write_tell
from firmware_bridge.clock import Clock

WITHIN_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another bridge as the Policy in force describes it; ``address`` is ``host:port``."""

    bridge: str
    key: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a neighbour answered, and the address at which it was reached, without the port."""

    verdict: str
    reached: str


class NotToldError(Exception):
    """It did not work; the text is one plain sentence."""


def tell_neighbour(neighbour: Neighbour, sealed: bytes, site: str, clock: Clock) -> Told:
    """Tell one sealed directive, or ask whether anybody is there.

    Raises:
        NotToldError: Nobody answers there in time, or not the neighbour.
    """
    tell = Tell(os.urandom(NONCE_BYTES), sealed)
    until_s = clock.monotonic_s() + WITHIN_S
    try:
        with socket.create_connection(read_address(neighbour.address), timeout=WITHIN_S / 2) as line:
            reached = str(line.getpeername()[0])
            line.sendall(write_tell(tell))
            answer = _answer(line, until_s, clock)
    except TimeoutError as error:
        raise NotToldError(f"{neighbour.address} does not answer in time.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NotToldError(f"{neighbour.address} cannot be reached: {reason}.") from error
    try:
        return Told(read_told(answer, tell, site=site, bridge=neighbour.bridge, key=neighbour.key), reached)
    except Refused as error:
        raise NotToldError(f"{neighbour.address}: {error.sentence}") from error


def _answer(line: socket.socket, until_s: float, clock: Clock) -> bytes:
    answer = bytearray()
    while len(answer) <= MOST_ANSWER and not answer.endswith(b"\n"):
        left_s = until_s - clock.monotonic_s()
        if left_s <= 0:
            raise TimeoutError
        line.settimeout(left_s)
        data = line.recv(MOST_ANSWER + 1)
        if not data:
            break
        answer += data
    if not answer:
        raise OSError("it hung up")
    return bytes(answer)
