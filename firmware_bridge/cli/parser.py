"""Finds the command that was asked for and turns every expected failure into one sentence and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

from firmware_bridge.cli.exit_codes import BAD_SETTINGS, FAILED
from firmware_bridge.config import ConfigError

COMMANDS = {
    "enroll": "Enrol this machine at the school's service with a one-time code.",
    "run": "Run the bridge until it is told to stop.",
    "status": "Show what the running bridge knows of its doors and readers.",
    "scan": "Look for OSDP readers on a line: every speed and address, and what each can do.",
    "monitor": "Show what happens on an OSDP line, decoded and live; keep it in a file, or show such a file again.",
    "selftest": "Try a door's lock: a short pulse with the door closed, and what was seen.",
    "wiring": "Show what is declared against what answers, or print a commissioning sheet for a door.",
    "lockdown": "Start an emergency at this bridge and see each door confirm; one that moves no door here says so.",
    "release": "End the emergency at this bridge's own doors with one of its single-use codes.",
    "apply": "Hand a signed document to the running bridge.",
    "acknowledge": "Say that a person saw a door's alarm.",
    "reset-fire": "Reset a door whose fire release stays latched, once the fire input is normal again.",
    "clock": "Show what the bridge believes of its clock and why, or have it believe the clock as it is.",
    "doctor": "Look at everything this bridge needs and say what to do; changes nothing.",
    "init": "Set up a bridge by hand: its keys, and whom it belongs to.",
    "commission": "Give readers and boards their keys, or another key, address or speed, while the bridge is stopped.",
    "simulate": "Simulate a building's readers, relay boards and doors on pseudo-terminals.",
}
"""Each command and what it does; its module is imported only when it is the one that was asked for."""


class CommandModule(Protocol):
    """What the module of a command offers. The text of an ``EXPECTED`` error is one plain sentence."""

    EXPECTED: tuple[type[Exception], ...]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments."""
        ...

    def carry_out(self, asked: argparse.Namespace) -> int:
        """Do it; the exit code."""
        ...


def module_of(command: str) -> CommandModule:
    """The module that carries a command out."""
    return cast("CommandModule", importlib.import_module(f"firmware_bridge.cli.{command.replace('-', '_')}"))


def build_parser(wanted: Sequence[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The command line, with the arguments of the ``wanted`` commands."""
    parser = argparse.ArgumentParser(prog="firmware-bridge", description="The door controller of one building.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument("--config", type=Path, default=Path("bridge.toml"), metavar="FILE", help="the settings")
        if name in wanted:
            module = module_of(name)
            module.add_arguments(command)
            command.set_defaults(carry_out=module.carry_out, expected=module.EXPECTED)
    return parser


def command_line(arguments: list[str]) -> int:
    """Run one command; 0 is success, and docs/operations.md lists the other codes."""
    asked = build_parser(arguments[:1]).parse_args(arguments)
    try:
        code: int = asked.carry_out(asked)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return BAD_SETTINGS
    except asked.expected as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read our output went away
        return FAILED
    return code
