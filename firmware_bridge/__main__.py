"""``firmware-bridge``: the command line of the bridge."""

from __future__ import annotations

import sys

from firmware_bridge.cli.parser import command_line


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code of the process."""
    return command_line(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
