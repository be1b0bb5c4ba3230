"""Look for OSDP readers on a line: every speed and address, and what each can do.

Only the questions "who are you?" and "what can you do?" go out, in the clear; never a key. On a line of Modbus boards
outputs and inputs are read; nothing is switched. The bridge must not be running on this port.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from firmware_bridge.cli.exit_codes import DONE, FAILED
from firmware_bridge.cli.free_line import Choice, LineChoiceError, add_line_arguments, choose, free
from firmware_bridge.cli.scan_boards import board_page, board_shape, met_board
from firmware_bridge.cli.scan_progress import NOBODY, NOISY, UNREADABLE, Result, announcement, followed
from firmware_bridge.cli.status import table
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import BAUD_RATES, PortKind
from firmware_bridge.devices.board_scanning import BOARD_ADDRESSES, BoardSearch, scan_boards
from firmware_bridge.devices.describing import (
    PROTECTION_WORDS,
    abilities,
    firmware,
    maker,
    protection_of,
    refused_because,
)
from firmware_bridge.devices.scanning import ADDRESSES, QUICK_REPLY_S, REPLY_S, Found, Search, scan
from firmware_bridge.devices.serial_line import LineUnavailableError

EXPECTED = (LineChoiceError, LineUnavailableError)


def _addresses(text: str) -> tuple[int, ...]:
    """``0-126`` or ``3`` or ``0-7,40``."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            raise argparse.ArgumentTypeError(f"{text!r} are no addresses; write such as 0-126, or 0-7,40.")
        found += range(int(first), min(int(last or first), 255) + 1)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} names no address; write the smaller one first.")
    return tuple(dict.fromkeys(found))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to look."""
    add_line_arguments(parser)
    parser.add_argument(
        "--modbus", action="store_true", help="look for Modbus boards; so does --port with a port of that kind"
    )
    parser.add_argument(
        "--baud", type=int, choices=BAUD_RATES, nargs="+", default=BAUD_RATES, metavar="B", help="only these speeds"
    )
    parser.add_argument(
        "--addresses", type=_addresses, metavar="0-126", help="only these addresses; of boards there are 1 to 247"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="wait 50 ms for each answer and not 200: four times faster, misses slow ones",
    )
    parser.add_argument("--json", action="store_true", help="what was found as one JSON object; keep it for `wiring`")


def carry_out(asked: argparse.Namespace) -> int:
    """Search, show how far it is, and print what was found; also what was found before Ctrl-C."""
    choice, config = choose(asked, PortKind.OSDP, PortKind.MODBUS)
    modbus = asked.modbus or choice.kind is PortKind.MODBUS
    there_are = BOARD_ADDRESSES if modbus else ADDRESSES
    addresses = asked.addresses or there_are
    if not set(addresses) <= set(there_are):
        raise LineChoiceError(f"--addresses: there are {there_are[0]} to {there_are[-1]} on such a line.")
    reply_s = QUICK_REPLY_S if asked.quick else REPLY_S
    # A shell that starts a program in the background has it ignore Ctrl-C; whoever sends it all the same means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with free(choice, config):
        if modbus:
            shown = _boards(choice, BoardSearch(asked.baud, addresses, reply_s))
        else:
            shown = _readers(choice, Search(asked.baud, addresses, reply_s))
    kind = PortKind.MODBUS if modbus else PortKind.OSDP
    shape = {"kind": kind.value, "port": choice.name, "path": choice.path, **shown.shape}
    print(json.dumps(shape, indent=1) if asked.json else "\n".join(shown.lines))
    return DONE if shown.shape["complete"] else FAILED


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was found, for people and for programs."""

    lines: list[str]
    shape: dict[str, Any]


def _readers(choice: Choice, search: Search) -> _Shown:
    print(announcement(choice.path, search), file=sys.stderr, flush=True)
    result = followed(scan(choice.open, search, clock=SystemClock()), _met)
    return _Shown(list(page(result.found, result.noisy)), _shape(result, [_found_shape(one) for one in result.found]))


def _boards(choice: Choice, search: BoardSearch) -> _Shown:
    print(announcement(choice.path, search), file=sys.stderr, flush=True)
    result = followed(scan_boards(choice.open, search, clock=SystemClock()), met_board)
    found = [board_shape(one) for one in result.found]
    return _Shown(list(board_page(result.found, result.noisy)), _shape(result, found))


def _shape(result: Result[Any], found: list[dict[str, Any]]) -> dict[str, Any]:
    ordered = sorted(found, key=lambda one: (one["baud"], one["address"]))
    return {"complete": result.whole, "noisy": sorted(result.noisy), "found": ordered}


def _met(found: Found) -> str:
    return f"{found.baud} baud, address {found.address}: {_who(found)}."


def _who(found: Found) -> str:
    if not found.readable:
        return UNREADABLE.format(whom="readers")
    if found.identity is not None:
        return f"{maker(found.identity)}, model {found.identity.model}, serial number {found.identity.serial}"
    why = "" if found.refusal is None else f" ({refused_because(found.refusal)})"
    return f"somebody who does not say who it is{why}"


def page(found: Sequence[Found], noisy: Sequence[int]) -> Iterator[str]:
    """What was found as people read it."""
    ordered = sorted(found, key=lambda one: (one.baud, one.address))
    known = [one for one in ordered if one.identity is not None]
    if known:
        head = ("BAUD", "ADDRESS", "MAKER", "MODEL", "SERIAL", "FIRMWARE", "PROTECTION", "CHECK", "CAN")
        yield from table(head, [_row(one) for one in known])
    yield from (f"{one.baud} baud, address {one.address}: {_who(one)}." for one in ordered if one.identity is None)
    yield from (NOISY.format(baud=baud) for baud in noisy)
    if not found and not noisy:
        yield NOBODY


def _row(found: Found) -> tuple[object, ...]:
    identity = found.identity
    assert identity is not None
    can = ", ".join(abilities(found.capabilities)) if found.capabilities else ""
    return (
        found.baud,
        found.address,
        maker(identity),
        f"{identity.model} v{identity.version}",
        identity.serial,
        firmware(identity),
        PROTECTION_WORDS[protection_of(found.capabilities)],
        "both" if found.crc and found.checksum else "CRC" if found.crc else "checksum",
        can or "not said",
    )


def _found_shape(found: Found) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "baud": found.baud,
        "address": found.address,
        "readable": found.readable,
        "crc": found.crc,
        "checksum": found.checksum,
        "protection": protection_of(found.capabilities).value,
        "can": abilities(found.capabilities) if found.capabilities else [],
        "why": "" if found.readable and found.identity else _who(found),
    }
    if found.identity is not None:
        shape |= {
            "maker": maker(found.identity),
            "model": found.identity.model,
            "version": found.identity.version,
            "serial": found.identity.serial,
            "firmware": firmware(found.identity),
        }
    return shape
