"""Serving: what is looked at before the port is opened, the worker processes, and how they end."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Final

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from sqlalchemy import func, select

from access_control.clock import utc_now
from access_control.config import Config
from access_control.database.engine import Database, open_database
from access_control.database.schema import require_current
from access_control.readers.keys import KeyFileError, SchoolKeys, load_keys, make_keys
from access_control.readers.models import Bridge, BridgeState, Site
from access_control.web import logs
from access_control.web.app import make_app
from access_control.web.budget import BudgetError, ThreadBudget
from access_control.web.named_keys import name_tls_keys
from access_control.web.secret_files import private_folder
from access_control.web.services import Services
from access_control.web.tls import TlsError, TlsFiles, names_of, usable
from access_control.web.work import start_work

KEYS: Final = "keys"
KILL_S: Final = 2
"""Streams end when their page goes; what is still open so long after the stop is cut."""
_LOOK_S: Final = 0.5


class ServeError(Exception):
    """The service cannot start; the text says why and what to do."""


def serve(config: Config, *, demo_panel: str | None = None) -> None:
    """Serve until told to stop by SIGINT or SIGTERM.

    Args:
        config: The settings.
        demo_panel: For the demo only: the address of its panel. It serves databases with a demo mark and no other,
            and without this it serves every other and none of those.

    Raises:
        ServeError: It cannot start.
        DatabaseError: The database cannot be used, or is of another version.
    """
    logs.configure(config.log_level)
    files = look_before(config, demo=demo_panel is not None)
    server = Server(
        "access_control.web.serving:application",
        address=config.listen_host.strip("[]"),
        port=config.listen_port,
        interface=Interfaces.WSGI,
        workers=config.workers,
        blocking_threads=config.threads,
        workers_kill_timeout=KILL_S,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_enabled=False,
        ssl_cert=None if files is None else files.certificate,
        ssl_key=None if files is None else files.key,
        websockets=False,
        process_name=None,
    )
    logging.getLogger(__name__).info("serving at %s", config.public_url)
    server.serve(target_loader=partial(application, config, demo_panel, os.getpid()), wrap_loader=False)


def application(config: Config, demo_panel: str | None, parent: int) -> Flask:
    """The app of one worker, with its jobs; called in the worker's process."""
    logs.configure(config.log_level)
    threading.Thread(target=_end_with, args=(parent, os.getppid), name="end with the parent", daemon=True).start()
    services = make_services(config, demo_panel=demo_panel)
    name_tls_keys(services)
    start_work(services)
    return make_app(services)


def make_services(config: Config, *, demo_panel: str | None = None) -> Services:
    """What the pages work with.

    Raises:
        DatabaseError: The database cannot be used.
        BudgetError: There are too few threads.
    """
    database = open_database(config.database_url)
    keys = load_keys(config.state_dir / KEYS)
    return Services(
        config=config,
        database=database,
        keys=keys,
        session_secret=keys.derive("signing sessions"),
        budget=ThreadBudget(config.threads, enrolled_bridges(database)),
        demo_panel=demo_panel or "",
    )


def look_before(config: Config, *, demo: bool) -> TlsFiles | None:
    """See that the service can start; the certificate to use, if it speaks https.

    Raises:
        ServeError: It cannot.
        DatabaseError: The database cannot be used, or is of another version.
    """
    if config.workers > 1 and config.database_url.startswith("sqlite"):
        raise ServeError("SQLite serves one worker. Set workers to 1, or use PostgreSQL.")
    try:
        private_folder(config.state_dir)
    except OSError as error:
        raise ServeError(f"{config.state_dir} cannot be used: {error.strerror}. Check its owner.") from error
    with closing(open_database(config.database_url)) as database:
        require_current(database)
        _check_mark(database, demo=demo)
        try:
            school_keys(config, database)
            ThreadBudget(config.threads, enrolled_bridges(database))
        except (BudgetError, KeyFileError) as error:
            raise ServeError(str(error)) from error
    _check_port(config)
    if not config.tls:
        return None
    try:
        return usable(config.state_dir, names_of(config), utc_now())
    except TlsError as error:
        raise ServeError(str(error)) from error


def school_keys(config: Config, database: Database) -> SchoolKeys:
    """The school's keys; made at the first start, never later: bridges would not know new ones.

    Raises:
        KeyFileError: They are missing or cannot be used.
    """
    folder = config.state_dir / KEYS
    with database.reading() as session:
        used = session.scalar(select(func.count()).select_from(Bridge)) or 0
    return load_keys(folder) if used or folder.exists() else make_keys(folder)


def enrolled_bridges(database: Database) -> int:
    """How many bridges there are that may open a stream."""
    with database.reading() as session:
        counted = select(func.count()).where(Bridge.state.in_({BridgeState.ENROLLED, BridgeState.CONFIRMED}))
        return session.scalar(counted) or 0


def _check_mark(database: Database, *, demo: bool) -> None:
    with database.reading() as session:
        marked = session.scalar(select(Site.demo).order_by(Site.id).limit(1))
    if marked is None and demo:
        raise ServeError("This database has no school yet, so it is not the demo's.")
    if marked and not demo:
        raise ServeError(
            "This database belongs to the demo: its people are made up, and its passwords were printed. "
            "Use another database for a real school."
        )
    if marked is False and demo:
        raise ServeError("This database has no demo mark: the demo leaves a real school alone.")


def _check_port(config: Config) -> None:
    host = config.listen_host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, config.listen_port))
    except OSError as error:
        where = f"port {config.listen_port} on {host}"
        if isinstance(error, PermissionError):
            raise ServeError(
                f"This account may not use {where}. Choose a port from 1024 up, or give the right."
            ) from error
        raise ServeError(
            f"{where.capitalize()} cannot be used ({error.strerror}). End the program that has it, "
            "or set listen_port to another."
        ) from error


def _end_with(parent: int, now: Callable[[], int]) -> None:
    """End this worker when the process that started it is gone, however that ended: nobody would stop it later."""
    waiting = threading.Event()
    while now() == parent:
        waiting.wait(_LOOK_S)
    os._exit(0)
