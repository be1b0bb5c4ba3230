"""The ``access-control`` command."""

from __future__ import annotations

import sys

from access_control.cli.commands import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
