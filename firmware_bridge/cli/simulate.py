"""Simulate a building's readers, relay boards and doors on pseudo-terminals."""

from __future__ import annotations

import argparse
from pathlib import Path

from firmware_bridge.simulator.process import main

EXPECTED: tuple[type[Exception], ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The building."""
    parser.add_argument(
        "building", type=Path, metavar="BUILDING", help="the building's file; docs/simulator.md has one"
    )


def carry_out(asked: argparse.Namespace) -> int:
    """Simulate until it is told to stop."""
    return main(asked.building)
