"""How Modbus boards that were found are shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from firmware_bridge.cli.scan_progress import NOBODY, NOISY, UNREADABLE
from firmware_bridge.cli.status import table
from firmware_bridge.devices.board_scanning import FoundBoard


def met_board(found: FoundBoard) -> str:
    """One board, as soon as it is found."""
    return f"{found.baud} baud, address {found.address}: {_what(found)}."


def _what(found: FoundBoard) -> str:
    if not found.readable:
        return UNREADABLE.format(whom="boards")
    return f"a Modbus board, {found.outputs} outputs or more and {found.inputs} inputs or more can be read"


def board_page(found: Sequence[FoundBoard], noisy: Sequence[int]) -> Iterator[str]:
    """What was found as people read it."""
    ordered = sorted(found, key=lambda one: (one.baud, one.address))
    known = [(one.baud, one.address, one.outputs, one.inputs) for one in ordered if one.readable]
    if known:
        yield from table(("BAUD", "ADDRESS", "OUTPUTS", "INPUTS"), known)
    yield from (met_board(one) for one in ordered if not one.readable)
    yield from (NOISY.format(baud=baud) for baud in noisy)
    if not found and not noisy:
        yield NOBODY


def board_shape(found: FoundBoard) -> dict[str, Any]:
    """The same for programs."""
    return {
        "baud": found.baud,
        "address": found.address,
        "readable": found.readable,
        "outputs": found.outputs,
        "inputs": found.inputs,
        "why": _what(found),
    }
