"""Captures of a line as a file: JSON lines, first a head, then one line for each packet. docs/commissioning.md has it.

``{"capture": "osdp", "version": 1, "port": "A", "baud": 9600, "at": "...", "cards": "masked"}``, then
``{"t": 12.5, "dir": "out", "hex": "53..."}``: ``out`` is what the panel says, ``in`` what a device answers, ``t`` are
monotonic seconds. ``{"t": ..., "noise": 3}`` are bytes of no packet, ``{"t": ..., "lost": 7}`` pieces not seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from firmware_bridge.devices.tracing import Traced
from firmware_bridge.protocol.osdp.frames import BadFrameError, Packet

VERSION: Final = 1
MASKED: Final = "masked"


class CaptureError(Exception):
    """This is no capture; the text is one plain sentence."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a capture is of; ``cards`` says *masked*, or for which reason they are shown."""

    port: str
    baud: int
    at: str
    cards: str = MASKED


def head_shape(head: Head) -> dict[str, Any]:
    """The first line."""
    about = {"port": head.port, "baud": head.baud, "at": head.at, "cards": head.cards}
    return {"capture": "osdp", "version": VERSION, **about}


def traced_shape(traced: Traced) -> dict[str, Any]:
    """Every other line."""
    shape: dict[str, Any] = {"t": traced.mono_s}
    if traced.packet is not None:
        shape |= {"dir": "in" if traced.packet.reply else "out", "hex": traced.packet.to_bytes().hex()}
    if traced.noise:
        shape["noise"] = traced.noise
    if traced.lost:
        shape["lost"] = traced.lost
    return shape


def read_head(shape: Any) -> Head:
    """The inverse of :func:`head_shape`.

    Raises:
        CaptureError: It is none, or of a newer version.
    """
    if not isinstance(shape, dict) or shape.get("capture") != "osdp":
        raise CaptureError("This is not a capture of an OSDP line.")
    if shape.get("version") != VERSION:
        raise CaptureError(f"This capture has version {shape.get('version')}, and this program reads {VERSION}.")
    try:
        return Head(str(shape["port"]), int(shape["baud"]), str(shape["at"]), str(shape["cards"]))
    except (KeyError, TypeError, ValueError) as error:
        raise CaptureError("The head of this capture is damaged.") from error


def read_traced(shape: Any) -> Traced:
    """The inverse of :func:`traced_shape`.

    Raises:
        CaptureError: It is not such a line.
    """
    try:
        packet = Packet.from_bytes(bytes.fromhex(shape["hex"])) if "hex" in shape else None
        traced = Traced(float(shape["t"]), packet, int(shape.get("noise", 0)), int(shape.get("lost", 0)))
        if packet is not None and packet.reply is not (shape["dir"] == "in"):
            raise CaptureError("A packet of this capture goes the other way than its line says.")
    except (KeyError, TypeError, ValueError, AttributeError, BadFrameError) as error:
        raise CaptureError("A line of this capture is damaged.") from error
    return traced


def read_capture(lines: Iterable[str]) -> tuple[Head, Iterator[Traced]]:
    """A whole capture; its lines are read as they are asked for.

    Raises:
        CaptureError: It is none. A damaged line raises it when it is reached.
    """
    rows = (_row(line) for line in lines if line.strip())
    head = read_head(next(rows, None))
    return head, (read_traced(row) for row in rows)


def _row(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CaptureError("This is not a capture of an OSDP line.") from error
