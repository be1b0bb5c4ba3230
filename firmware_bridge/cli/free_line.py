"""Which serial port a command means, and that no running bridge works with it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.config import Config, PortKind, PortSettings, read_config
from firmware_bridge.devices.serial_line import SerialLine, open_line
from firmware_bridge.store.state_lock import NotOwnerError, StateInUseError, only_one


class LineChoiceError(Exception):
    """The port cannot be used by this command; the text is one plain sentence."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A serial port. ``name``, ``baud`` and ``kind`` are those of the settings, if it is in them."""

    path: str
    name: str | None = None
    baud: int | None = None
    kind: PortKind | None = None

    def open(self, baud: int) -> SerialLine:
        """Open it at a speed.

        Raises:
            LineUnavailableError: It cannot be opened, or another program has it.
        """
        return open_line(self.path, baud)


def add_line_arguments(parser: argparse.ArgumentParser) -> None:
    """``--port`` or ``--path``."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--port", metavar="NAME", help="the port's name in the settings")
    which.add_argument("--path", metavar="DEVICE", help="a serial port such as /dev/ttyUSB0; no settings are needed")


def choose(asked: argparse.Namespace, *kinds: PortKind) -> tuple[Choice, Config | None]:
    """The port that was asked for, and the settings if there are any.

    Raises:
        ConfigError: The settings are needed and cannot be used.
        LineChoiceError: The settings have no such port of one of these kinds.
    """
    if asked.port is None and not asked.config.exists():
        return Choice(asked.path), None
    config = read_config(asked.config)
    if asked.port is None:
        same = [port for port in config.ports.values() if Path(port.path).resolve() == Path(asked.path).resolve()]
        return (_choice(same[0]) if same else Choice(asked.path)), config
    found = config.ports.get(asked.port)
    if found is None or found.kind not in kinds:
        names = ", ".join(name for name, port in config.ports.items() if port.kind in kinds) or "there is none"
        wanted = " or ".join(kind.value for kind in kinds)
        raise LineChoiceError(f"--port must name a port of the kind {wanted} in {asked.config}: {names}.")
    return _choice(found), config


def _choice(port: PortSettings) -> Choice:
    return Choice(port.path, port.name, port.baud, port.kind)


@contextmanager
def free(choice: Choice, config: Config | None) -> Iterator[None]:
    """Keep a bridge of the same settings from running meanwhile, if the port is one of its own.

    Raises:
        LineChoiceError: It runs already, or its state directory is another user's.
    """
    with ExitStack() as held:
        if config is not None and choice.name is not None and config.state_dir.is_dir():
            try:
                held.enter_context(only_one(config.state_dir))
            except StateInUseError as error:
                raise LineChoiceError(
                    f"The bridge is running and serves port {choice.name}. Stop it first; its doors go to rest then."
                ) from error
            except NotOwnerError as error:
                raise LineChoiceError(str(error)) from error
        yield
