"""The commands of ``access-control``, one module a family; :mod:`access_control.cli.commands` reads the line."""

from __future__ import annotations

from typing import Final

from access_control.cli import audit, bridges, database, demo, explain, operators, serve, site, tls

FAMILIES: Final = (
    demo.add_to,
    serve.add_to,
    database.add_to,
    operators.add_to,
    audit.add_to,
    tls.add_to,
    site.add_to,
    bridges.add_to,
    explain.add_to,
)
"""Each adds its commands to the parser, with ``set_defaults(run=FUNCTION)``: the parsed line in, the exit code out."""
