"""Logs as JSON, a line each, on standard error; what is secret never gets into one."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from flask import Flask, Response, g, request

from access_control.clock import monotonic_s

SECRET: Final = frozenset(
    {"password", "token", "cookie", "cookies", "authorization", "pin", "code", "secret", "key", "csrf_token", "form"}
)
"""Values under these names are left out, wherever they come from."""

_QUIET: Final = ("/static/", "/live/", "/bridge/", "/health", "/metrics")


def hide_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave values with a secret's name out of a record."""
    for name in event:
        if name.lower() in SECRET:
            event[name] = "left out"
    return event


def configure(level: str) -> None:
    """Write the records of this program and of the libraries it uses as JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)


def install(app: Flask) -> None:
    """Log what was asked of an app and how it was answered: who and where, never what was in it."""
    log = structlog.get_logger("access_control.requests")

    def begin() -> None:
        g.began_s = monotonic_s()

    def end(response: Response) -> Response:
        actor = g.get("actor")
        quiet = request.path.startswith(_QUIET) or (request.method == "GET" and response.status_code < 400)
        (log.debug if quiet else log.info)(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round((monotonic_s() - g.get("began_s", monotonic_s())) * 1000, 1),
            operator=None if actor is None else actor.id,
        )
        return response

    app.before_request(begin)
    app.after_request(end)
