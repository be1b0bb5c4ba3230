"""Finds the command that was asked for and turns every expected failure into one sentence and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from types import ModuleType

from firmware_bridge.cli import acknowledge, apply, commission, init, lockdown, reset_fire, run, simulate, status
from firmware_bridge.cli.exit_codes import BAD_SETTINGS, FAILED
from firmware_bridge.config import ConfigError
from firmware_bridge.devices.commissioning import CommissioningError
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError
from firmware_bridge.runtime.bridge import StartError
from firmware_bridge.store.keys import KeyFileError
from firmware_bridge.store.memory import MemoryFullError
from firmware_bridge.store.state_lock import StateInUseError
from firmware_bridge.store.trust import TrustError

COMMANDS: tuple[ModuleType, ...] = (run, status, lockdown, apply, acknowledge, reset_fire, init, commission, simulate)
_EXPECTED = (
    BridgeRefusedError,
    BridgeUnreachableError,
    CommissioningError,
    KeyFileError,
    MemoryFullError,
    StartError,
    StateInUseError,
    TrustError,
)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; each command's module adds its own arguments."""
    parser = argparse.ArgumentParser(prog="firmware-bridge", description="The door controller of one building.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in COMMANDS:
        summary = (module.__doc__ or "").splitlines()[0]
        command = commands.add_parser(module.NAME, help=summary, description=summary)
        command.add_argument("--config", type=Path, default=Path("bridge.toml"), metavar="FILE", help="the settings")
        module.add_arguments(command)
        command.set_defaults(carry_out=module.carry_out)
    return parser


def command_line(arguments: list[str]) -> int:
    """Run one command; 0 is success, and docs/operations.md lists the other codes."""
    asked = build_parser().parse_args(arguments)
    try:
        code: int = asked.carry_out(asked)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return BAD_SETTINGS
    except _EXPECTED as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read our output went away
        return FAILED
    return code
