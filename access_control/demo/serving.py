"""The service as the demo runs it: the same pages and jobs as ``access-control serve``, on a database with a demo mark.

The demo starts this as a process of its own: ``python -m access_control.demo.serving --config FILE --panel URL``.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from access_control.config import ConfigError, read_config
from access_control.database.errors import DatabaseError
from access_control.web.serving import ServeError, serve


def main() -> int:
    """Serve until told to stop.

    Returns:
        0 when it was told, 1 when it could not begin; a sentence on standard error says why.
    """
    line = argparse.ArgumentParser(prog="access-control demo, service")
    line.add_argument("--config", type=Path, required=True)
    line.add_argument("--panel", default="")
    asked = line.parse_args()
    try:
        serve(read_config(asked.config, os.environ), demo_panel=asked.panel)
    except (ConfigError, DatabaseError, ServeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
