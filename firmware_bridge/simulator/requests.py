"""What can be asked of a running building, one JSON object a line. docs/simulator.md lists them with examples."""

from __future__ import annotations

from typing import Literal

import msgspec

from access_control.core.credentials.bits import Bits


class _Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """Every request has a field ``do``."""


class _WithCard(_Request, frozen=True, kw_only=True):
    """A card as ``bits`` ("0101...") or as right-aligned ``hex`` with its ``length``."""

    bits: str | None = None
    hex: str | None = None
    length: int | None = None

    def card(self) -> Bits | None:
        """The card, if there is one.

        Raises:
            ValueError: It is written in a way that means no bits.
        """
        if self.bits is not None:
            return Bits(int(self.bits, 2), len(self.bits))
        if self.hex is None:
            return None
        if self.length is None:
            raise ValueError("A card in hexadecimal needs its length in bits.")
        return Bits(int(self.hex, 16), self.length)


class Present(_WithCard, frozen=True, kw_only=True, tag="present"):
    """Hold a card to a reader, or (``text``) a printed code to a scanner."""

    reader: int
    text: str | None = None


class Keys(_Request, frozen=True, tag="keys"):
    """Type on a keypad: digits, ``*`` and ``#``."""

    reader: int
    digits: str


class Walk(_WithCard, frozen=True, kw_only=True, tag="walk"):
    """A person presents a card if there is one, waits for the lock, passes and lets the door close."""

    door: int
    reader: int | None = None
    text: str | None = None
    out: bool = False
    patience_s: float = 8.0
    wait: bool = False


class AtDoor(_Request, frozen=True, tag="door"):
    """Do one thing at a door by hand. ``open`` pulls from outside, ``exit`` leaves by the lever."""

    door: int
    action: Literal["open", "close", "exit", "force", "press_rex", "release_rex"]


class Input(_Request, frozen=True, tag="input"):
    """Move a contact that belongs to no door: a fire panel, a panic button."""

    point: str
    active: bool


class Cut(_Request, frozen=True, tag="cut"):
    """Cut the cable of an input: its circuit is open from now on, whatever the contact does; or mend it."""

    point: str
    cut: bool = True


class Short(_Request, frozen=True, tag="short"):
    """Let the wires of an input touch each other: its circuit is closed, whatever the contact does; or part them."""

    point: str
    short: bool = True


class FaultLine(_Request, frozen=True, kw_only=True, tag="fault_line"):
    """What is wrong with a line from now on; what is not said is good."""

    line: str
    cut: bool = False
    garble: float = 0.0
    drop: float = 0.0
    duplicate: float = 0.0
    noise_every_s: float | None = None
    echo: bool = False
    byte_wise: bool = False
    jabber: bool = False
    jabber_as: int | None = None


class FaultReader(_Request, frozen=True, kw_only=True, tag="fault_reader"):
    """What is wrong with a reader from now on; what is not said is good."""

    reader: int
    dead: bool = False
    slow_s: float = 0.0
    busy: int = 0
    nak: int | None = None
    deaf_to: int | None = None
    gap_chars: float | None = None
    tampered: bool = False
    power_failed: bool = False


class FaultBoard(_Request, frozen=True, kw_only=True, tag="fault_board"):
    """What is wrong with a board from now on; what is not said is good."""

    board: int
    dead: bool = False
    slow_s: float = 0.0
    garbage: bool = False
    partial: bool = False
    foreign: bool = False
    refuses: bool = False
    busy: int = 0


class FaultDoor(_Request, frozen=True, kw_only=True, tag="fault_door"):
    """What is wrong with a door from now on; what is not said is good. ``lock_stuck`` true is stuck released."""

    door: int
    jammed_open: bool = False
    contact_stuck: bool | None = None
    latch_stuck: bool = False
    lock_stuck: bool | None = None


class FaultRelay(_Request, frozen=True, tag="fault_relay"):
    """Weld a relay at a position whatever it is told (and acknowledges), or free it with ``null``."""

    point: str
    stuck: bool | None


class Restart(_Request, frozen=True, kw_only=True, tag="restart"):
    """Take the power of a reader or a board away for a moment."""

    reader: int | None = None
    board: int | None = None


class Clear(_Request, frozen=True, tag="clear"):
    """Make everything good again."""


class State(_Request, frozen=True, tag="state"):
    """Everything at once."""


class Watch(_Request, frozen=True, tag="watch"):
    """From now on this connection receives every happening, a line each."""


class Stop(_Request, frozen=True, tag="stop"):
    """End the simulation."""


Request = (
    Present
    | Keys
    | Walk
    | AtDoor
    | Input
    | Cut
    | Short
    | FaultLine
    | FaultReader
    | FaultBoard
    | FaultDoor
    | FaultRelay
    | Restart
    | Clear
    | State
    | Watch
    | Stop
)

_DECODER: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


def decode_request(line: bytes) -> Request:
    """Take one line.

    Raises:
        ValueError: It is no request; the message says what is wrong with it.
    """
    return _DECODER.decode(line)
